#include "workflow/circuits.hpp"

#include "quantum/qasm.hpp"
#include "quantum/runner.hpp"

namespace torgo::workflow {

Result<gospel::Value> counts_of(std::string_view qasm, const Shots& shots,
                                const std::stop_token& stop) {
    TRY(auto circuit, quantum::read_qasm(qasm));
    (void)quantum::measure_all_if_none(circuit);
    TRY(const auto outcome, quantum::run(circuit, {.shots = shots.count,
                                                   .seed = shots.seed,
                                                   .threads = shots.threads,
                                                   .memory_free = shots.memory_free,
                                                   .noise = {},
                                                   .stop = stop}));
    gospel::Value::Names names;
    gospel::Value::List items;
    for (const auto& [bits, count] : outcome.counts) {
        names.push_back(quantum::bits_text(circuit, bits));
        items.push_back(gospel::Value::integer(static_cast<std::int64_t>(count)));
    }
    return gospel::Value::record(std::move(names), std::move(items));
}

} // namespace torgo::workflow
