// What `import torgo` serves. A function of the first table is a command; the others take something
// that the command line takes otherwise, or give less than it would.
#include "cli/commands/mesh.hpp"
#include "cli/commands/quantum.hpp"
#include "cli/descriptor_file.hpp"
#include "cli/open.hpp"
#include "cli/workflow_host.hpp"
#include "cli/workflow_services.hpp"
#include "workflow/circuits.hpp"

#include <algorithm>
#include <limits>

namespace torgo::cli {

namespace {

using gospel::Value;
using maml::Operation;
using Kind = Parameter::Kind;
using Words = WorkflowHost::Words;
using workflow::text_field;

constexpr std::int64_t newest_max = 1000; ///< more would not fit an answer
constexpr std::int64_t receipt_max = 1'000'000'000;
constexpr std::int64_t seed_max = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t shots_max = 100'000; ///< each may give a result of its own
constexpr std::int64_t circuit_max = 1 << 20;

struct Plain {
    std::string name;
    Operation operation;
    Words words;
    Parameters takes = {};
    Answer answer = Answer::only_when_good;
};

Parameter newest(std::string_view option) {
    return {.name = "newest",
            .kind = Kind::number,
            .least = 1,
            .most = newest_max,
            .optional = true,
            .option = option};
}

Parameter tags() {
    return {.name = "tags", .kind = Kind::texts, .optional = true, .option = "--tag"};
}

std::vector<Plain> commands() {
    using enum Operation;
    constexpr auto always = Answer::also_when_not;
    const Parameter file{.name = "file", .kind = Kind::file};
    const Parameter seed{.name = "seed",
                         .kind = Kind::number,
                         .most = seed_max - 1,
                         .optional = true,
                         .option = "--seed"};
    return {
        {"snapshots", list, {"snapshots"}, {tags(), newest("--latest")}},
        {"ls", list, {"ls"}, {{.name = "snapshot"}, {.name = "folder", .optional = true}}},
        {"find", list, {"find"}, {{.name = "pattern"}}},
        {"diff", list, {"diff"}, {{.name = "before"}, {.name = "after"}}},
        {"stats", list, {"stats"}},
        {"status", list, {"status"}, {}, always},
        {"check", list, {"check"}},
        {"keys", list, {"key", "list"}},
        {"locks", list, {"lock", "list"}},
        {"grants", list, {"grant", "list"}},
        {"repairs", list, {"repair", "list"}},
        {"receipts", list, {"receipt", "list", "--here"}, {newest("--newest")}},
        {"verify_receipts", list, {"receipt", "verify"}},
        {"transfers", list, {"receipt", "transfers"}},
        {"validate", list, {"maml", "validate"}, {file}, always},
        {"mesh_simulate", list, {"mesh", "simulate"}, {file, seed}},
        {"mesh_plan", list, {"mesh", "plan"}, {file}, always},
        {"heal", replace, {"heal"}},
        {"sync", append, {"sync"}, {}, always},
        {"reconcile", append, {"receipt", "reconcile"}},
    };
}

ServedFunction plain(const Plain& one) {
    return {.name = "torgo." + one.name,
            .operation = one.operation,
            .takes = one.takes,
            .run = [one](const WorkflowHost& host, const Value& given,
                         const std::stop_token& stop) -> Result<Value> {
                TRY(const auto words, host.words_of(one.words, one.takes, given));
                TRY(auto objects, host.run(words, stop, one.answer));
                return Value::list(std::move(objects));
            }};
}

Parameters backup_takes() {
    return {tags(), {.name = "files", .kind = Kind::files}};
}

/// Whose snapshot it is, is said by the host and by nobody else.
Result<Value> backup(const WorkflowHost& host, const Value& given, const std::stop_token& stop) {
    for (const auto& tag : texts_of(given, "tags")) {
        if (tag.starts_with(run_tag_prefix))
            return fail(Errc::permission, "tags that begin with \"run:\" are given by the run");
    }
    TRY(const auto words, host.words_of({"backup", "--tag=" + host.tag()}, backup_takes(), given));
    TRY(auto objects, host.run(words, stop));
    return Value::list(std::move(objects));
}

Result<Value> dump(const WorkflowHost& host, const Value& given, const std::stop_token& stop) {
    return host.dump(given, "file", stop);
}

/// [RUN-55] What this user has done with other repositories is not the workflow's business.
Result<Value> receipt(const WorkflowHost& host, const Value& given, const std::stop_token& stop) {
    const auto number = std::to_string(whole_field(given, "number", 0));
    TRY(const auto objects, host.run({"receipt", "show", "--", number}, stop));
    TRY(const auto path, descriptor_path(host.context()));
    TRY(const auto place, load_descriptor(*host.context().world.files, path));
    if (!objects.empty() && text_field(objects.front(), "repository") == place.id.hex())
        return objects.front();
    return fail(Errc::permission, "receipt " + number + " is not about this repository");
}

Result<Value> quantum(const WorkflowHost& host, const Value& given, const std::stop_token& stop) {
    return workflow::counts_of(text_field(given, "circuit"),
                               {.count = static_cast<std::uint64_t>(whole_field(given, "shots", 0)),
                                .seed = static_cast<std::uint64_t>(whole_field(given, "seed", 0)),
                                .threads = threads_of(0),
                                .memory_free = memory_for_states(host.context())},
                               stop);
}

} // namespace

std::vector<ServedFunction> torgo_functions() {
    std::vector<ServedFunction> out;
    for (const auto& one : commands())
        out.push_back(plain(one));
    out.push_back({"torgo.backup", Operation::append, backup_takes(), backup});
    out.push_back({"torgo.dump", Operation::fetch, {{.name = "file"}, {.name = "snapshot"}}, dump});
    out.push_back({"torgo.receipt",
                   Operation::list,
                   {{.name = "number", .kind = Kind::number, .most = receipt_max}},
                   receipt});
    out.push_back({"torgo.quantum",
                   Operation::list,
                   {{.name = "circuit", .kind = Kind::lines, .most = circuit_max},
                    {.name = "shots", .kind = Kind::number, .least = 1, .most = shots_max},
                    {.name = "seed", .kind = Kind::number, .most = seed_max}},
                   quantum});
    return out;
}

} // namespace torgo::cli
