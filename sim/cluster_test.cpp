// Thousands of histories of a whole cluster, each from one seed (docs/design/simulation.md).
//
// TORGO_SIM_SEEDS=N runs N seeds instead of those of every day; TORGO_SIM_SEED=S replays one and
// prints its trace.
#include "sim/cluster/scenario.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <cstdlib>
#include <iostream>

namespace torgo::sim {

namespace {

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string text_of(const Outcome& outcome) {
    std::string out = "TORGO_SIM_SEED=" + std::to_string(outcome.seed) + ":";
    for (const auto& violation : outcome.violations)
        out += "\n  " + violation;
    return out;
}

TEST(Cluster, keeps_its_promises_over_many_seeds) {
    const auto one = number_in("TORGO_SIM_SEED", 0);
    const auto first = one == 0 ? 1 : one;
    const auto count = one == 0 ? number_in("TORGO_SIM_SEEDS", 100) : 1;
    (void)run_scenario(1); // makes the foundings
    (void)run_scenario(2);
    const auto begun = std::clock();
    std::size_t failed = 0;
    Outcome all;
    for (auto seed = first; seed < first + count; ++seed) {
        const auto outcome = run_scenario(seed, {.readable = one != 0});
        for (const auto& line : outcome.trace)
            std::cout << line << '\n';
        if (!outcome.violations.empty() && ++failed <= 10) ADD_FAILURE() << text_of(outcome);
        all.acknowledged += outcome.acknowledged;
        all.owed += outcome.owed;
        all.steps_done += outcome.steps_done;
        all.steps_failed += outcome.steps_failed;
        all.virtual_ns += outcome.virtual_ns;
    }
    std::cout << count << " seeds, " << failed << " failed; " << all.steps_done
              << " steps of clients succeeded and " << all.steps_failed << " did not; "
              << all.acknowledged << " snapshots, " << all.owed << " owed; "
              << all.virtual_ns / 3'600'000'000'000 << " virtual hours; "
              << (std::clock() - begun) * 1000 / CLOCKS_PER_SEC / static_cast<std::int64_t>(count)
              << " ms of CPU each\n";
}

} // namespace

} // namespace torgo::sim
