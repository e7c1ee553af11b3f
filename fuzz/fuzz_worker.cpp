// What the process of a block says to the host, frame after frame (docs/spec/workflow.md 5).
// Oracle: it is refused with words, or is what a block may leave; the host answers once for each
// call, and only what a worker can read.
#include "scripted_worker.hpp"
#include "workflow/worker.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;
using namespace torgo::workflow;

void check(const Error& error) {
    ENSURE(!error.detail().empty() && is_utf8(error.detail()));
}

void check(const BlockResult& result) {
    ENSURE(result.circuits.size() <= circuits_max);
    if (result.fault) {
        ENSURE(result.values.empty() && result.circuits.empty());
        ENSURE(!result.fault->exception.empty());
    }
    const auto json = json_of(result.values);
    const auto again = values_of(json);
    ENSURE(again && json_of(*again) == json);
    for (const auto& [name, value] : result.values)
        ENSURE(is_value_name(name));
}

/// Gives back what it is given, or refuses with the worker's own words.
Result<gospel::Value> serve(const std::string& service, const gospel::Value& arguments) {
    if (service.size() % 2 == 0) return arguments;
    return fail(service.size() % 3 == 0 ? Errc::cancelled : Errc::invalid_argument, service);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto script = scripts_of(as_text(ByteView(data, size))).front();
    const auto frames = script.size();
    std::size_t heard = 0;
    std::size_t runs = 0;
    auto worker = Worker::start(
        [&](const WorkerNeeds&) -> Result<std::unique_ptr<Channel>> {
            return std::make_unique<ScriptedWorker>(script, heard);
        },
        "/usr/bin/python3", "python", "import numpy\n", {}, 1, 0);
    ENSURE(worker && heard == 1);
    const auto ready = worker->wait_until_ready(0, {});
    if (!ready) return check(ready.error()), 0;
    const BlockOrder order{
        .language = "python", .name = "block 1", .source = "a = 1", .values = {}};
    for (bool more = true; more;) {
        const auto result = worker->run(order, serve, 0, {});
        ++runs;
        more = result || result.error().code() != Errc::unavailable;
        if (result)
            check(*result);
        else
            check(result.error());
    }
    ENSURE(heard <= 1 + runs + frames && runs <= frames + 1);
    return 0;
}
