// A whole run whose workers say and print what an input holds. Oracle: it ends with a report; what
// is kept can be read again, ticket, trace and values; it is completed only where nothing is wrong.
#include "crypto/sign.hpp"
#include "env/file_system.hpp"
#include "scripted_worker.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"
#include "workflow/run.hpp"
#include "workflow/ticket.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;
using namespace torgo::workflow;

constexpr std::size_t file_max = 64U << 20U;
constexpr std::string_view folder = "/runs/1";

constexpr std::string_view file = R"(---
maml_version: "2.0.0"
type: workflow
permissions:
  execute: ["gateway://local"]
  write: ["agent://*"]
verification:
  method: "ortac-runtime"
  spec_files: ["a.mli"]
  level: "warn"
---
## Intent
x
## Context
limit: 3
## Code_Blocks
```python
a = 1
```
```sql
SELECT 1
```
## Output_Schema
{"type": "object", "properties": {"a": {"type": "integer", "maximum": 9}, "status": {}, "b": {}}}
)";

constexpr std::string_view specification = R"(exception ValueError of string
val block_1 : limit:int -> int
(*@ a = block_1 ~limit
    requires limit > 0
    ensures  a <> 5
    raises   ValueError s -> s <> "" *)
val whole : limit:int -> string
(*@ status = whole ~limit
    ensures status = "completed" *)
)";

/// The same for every run: made once, since signing takes most of the time.
const maml::Document& document() {
    static const auto out = maml::read(file, maml::Level::lenient).document.value();
    return out;
}

const crypto::SigningKey& key() {
    static const auto out =
        crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_65,
                                      crypto::SecretBytes::copy_of(Bytes(32, 1)))
            .value();
    return out;
}

Bytes bytes_of(std::string_view text) {
    const auto bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

Order order() {
    return {.document = document(),
            .name = "a.maml.md",
            .folder = "/here",
            .specs = {{.name = "a.mli", .bytes = bytes_of(specification)}},
            .file_hash = {},
            .given = {},
            .caller = {.principal = "agent://a",
                       .may_read = true,
                       .may_write = true,
                       .may_execute = true},
            .policy = {.node = "gateway://local",
                       .callers = {.read = {"agent://*"},
                                   .write = {"agent://*"},
                                   .execute = {"agent://*"}}},
            .shots = {.count = 16, .memory_free = 1U << 20U},
            .run_folder = std::string(folder),
            .run_id = std::string(32, 'a')};
}

std::string text_of(sim::FileSystem& files, const std::string& name) {
    const auto bytes = env::read_file(files, std::string(folder) + "/" + name, file_max);
    ENSURE(bytes.has_value());
    return std::string(as_text(*bytes));
}

void check_kept(sim::FileSystem& files, const Report& report) {
    const auto ticket = read_ticket(text_of(files, "ticket"), key().public_key());
    ENSURE(ticket && ticket->blocks == 2 && ticket->id == order().run_id);
    ENSURE(text_of(files, "record").contains("status " + std::string(name(report.state)) + "\n"));
    for (std::size_t i = 1; i <= report.blocks_run; ++i)
        ENSURE(values_of(text_of(files, "values-" + std::to_string(i) + ".json")).has_value());
    const auto trace = text_of(files, "trace.jsonl");
    ENSURE(is_utf8(trace) && trace.ends_with('\n'));
    for (std::size_t at = 0; at < trace.size(); at = trace.find('\n', at) + 1)
        ENSURE(gospel::value_of_json(std::string_view(trace).substr(at, trace.find('\n', at) - at))
                   .has_value());
}

void check(const Report& report) {
    using State = Report::State;
    ENSURE(report.state != State::cancelled);
    ENSURE((report.state == State::completed) == report.wrong.empty());
    if (report.state == State::completed) ENSURE(report.blocks_run == 2);
    for (const auto& one : report.wrong)
        ENSURE(!one.empty() && is_utf8(one));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto scripts = scripts_of(as_text(ByteView(data, size)));
    sim::Clock clock;
    sim::FileSystem files;
    std::size_t heard = 0;
    std::size_t served = 0;
    ENSURE(files.make_directory("/here").has_value());
    env::World world;
    world.clock = &clock;
    world.files = &files;
    const auto open = [&](const WorkerNeeds&) -> Result<std::unique_ptr<Channel>> {
        Script script;
        if (!scripts.empty()) {
            script = std::move(scripts.front());
            scripts.pop_front();
        }
        return std::make_unique<ScriptedWorker>(std::move(script), heard);
    };
    const Surroundings around{.world = world,
                              .open = open,
                              .key = key(),
                              .machine = {},
                              .tell = [](const Event&) {},
                              .now = [] { return "2026-11-22T08:00:00Z"; },
                              .stop = {}};
    const auto asked = order();
    auto prepared = Prepared::make(asked, around);
    ENSURE(prepared.has_value() && prepared->report().warnings.empty());
    const auto give_back = [&](const gospel::Value& arguments,
                               const std::stop_token&) -> Result<gospel::Value> {
        ++served;
        return arguments;
    };
    const auto report = prepared->run(
        {{"a", maml::Operation::append, give_back}, {"b", maml::Operation::fetch, give_back}});
    ENSURE(report.has_value() && served <= calls_max);
    check(*report);
    check_kept(files, *report);
    return 0;
}
