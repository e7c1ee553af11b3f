// What `from tor_db import TorStorage` serves: the repository as a store of named files.
#include "cli/workflow_host.hpp"
#include "workflow/storage_uri.hpp"

#include <algorithm>

namespace torgo::cli {

namespace {

using gospel::Value;
using maml::Operation;
using workflow::text_field;

constexpr std::string_view storage_tag = "workflow";

/// What this run's repository is called: its profile, or its descriptor file.
std::string network_of(const Globals& globals) {
    if (!globals.profile.empty()) return globals.profile;
    const auto name = globals.repo.substr(globals.repo.rfind('/') + 1);
    return name.substr(0, name.rfind('.'));
}

/// [RUN-51] The URI's network is this run's repository.
Result<Value> open(const WorkflowHost& host, const Value& given, const std::stop_token& /*stop*/) {
    TRY(const auto uri, workflow::read_storage_uri(text_field(given, "uri")));
    const auto here = network_of(host.context().globals);
    TRY(const auto socks, parse_loopback(uri.socks));
    if (here == uri.network) {
        host.context().heads.suggest_tor(socks);
        return Value{};
    }
    return fail(Errc::permission,
                "the workflow's network is \"" + uri.network + "\", and this run's repository " +
                    (here.empty() ? "has no name" : "is \"" + here + "\"") + ": give --profile " +
                    uri.network + ", or --repo …/" + uri.network + ".torgo");
}

Result<std::int64_t> sealing_mode(const WorkflowHost& host, const std::stop_token& stop) {
    TRY(const auto objects, host.run({"stats"}, stop));
    if (objects.empty()) return fail(Errc::io, "the repository's mode is not known");
    return whole_field(objects.back(), "mode", 0);
}

Result<Value> store(const WorkflowHost& host, const Value& given, const std::stop_token& stop) {
    CHECK_OK(open(host, given, stop));
    TRY(const auto path, host.path_of(text_field(given, "data")));
    TRY(const auto wanted, workflow::mode_of(text_field(given, "encrypt")));
    TRY(const auto mode, sealing_mode(host, stop));
    if (mode < wanted)
        return fail(Errc::permission, "the repository seals with mode " + std::to_string(mode) +
                                          ", and " + std::to_string(wanted) + " is asked for");
    TRY(const auto objects,
        host.run({"backup", "--tag", host.tag(), "--tag", std::string(storage_tag), "--", path},
                 stop));
    if (objects.empty()) return fail(Errc::io, "the backup said nothing");
    const auto& summary = objects.back();
    return Value::record({"snapshot", "bytes", "mode"},
                         {Value::text(text_field(summary, "snapshot_id")),
                          Value::integer(whole_field(summary, "total_bytes_processed", 0)),
                          Value::integer(mode)});
}

Result<Value> fetch(const WorkflowHost& host, const Value& given, const std::stop_token& stop) {
    CHECK_OK(open(host, given, stop));
    return host.dump(given, "data", stop);
}

Result<Value> names(const WorkflowHost& host, const Value& given, const std::stop_token& stop) {
    CHECK_OK(open(host, given, stop));
    Value::List out;
    TRY(const auto all, host.run({"snapshots", "--tag", std::string(storage_tag)}, stop));
    for (const auto& snapshot : all) {
        for (const auto& path : texts_of(snapshot, "paths")) {
            const auto name = Value::text(path.substr(path.rfind('/') + 1));
            if (!std::ranges::contains(out, name)) out.push_back(name);
        }
    }
    return Value::list(std::move(out));
}

Result<Value> history(const WorkflowHost& host, const Value& given, const std::stop_token& stop) {
    CHECK_OK(open(host, given, stop));
    TRY(const auto path, host.stored_path_of(text_field(given, "data")));
    TRY(const auto all, host.run({"snapshots", "--tag", std::string(storage_tag)}, stop));
    Value::List out;
    for (const auto& snapshot : all) {
        if (!std::ranges::contains(texts_of(snapshot, "paths"), path)) continue;
        out.push_back(
            Value::record({"snapshot", "time"}, {Value::text(text_field(snapshot, "id")),
                                                 Value::text(text_field(snapshot, "time"))}));
    }
    return Value::list(std::move(out));
}

} // namespace

std::vector<ServedFunction> tor_db_functions() {
    const Parameter uri{.name = "uri"};
    const Parameter data{.name = "data"};
    return {{"tor_db.open", Operation::list, {uri}, open},
            {"tor_db.store", Operation::append, {uri, data, {.name = "encrypt"}}, store},
            {"tor_db.fetch", Operation::fetch, {uri, data, {.name = "snapshot"}}, fetch},
            {"tor_db.list", Operation::list, {uri}, names},
            {"tor_db.history", Operation::list, {uri, data}, history}};
}

} // namespace torgo::cli
