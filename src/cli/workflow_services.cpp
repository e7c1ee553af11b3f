#include "cli/workflow_services.hpp"

#include "cli/inner.hpp"
#include "env/file_system.hpp"
#include "peer/base64url.hpp"
#include "workflow/mesh_field.hpp"
#include "workflow/storage_uri.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string_view>

namespace torgo::cli {

namespace {

using gospel::Value;
using maml::Operation;
using Words = std::vector<std::string>;

constexpr std::size_t fetch_size_max = 512U << 10U;
constexpr std::int64_t mesh_nodes_max = 100'000;
constexpr std::int64_t mesh_seed_max = 1'000'000'000;
constexpr std::string_view storage_tag = "workflow";

std::int64_t whole_field(const Value& record, std::string_view name, std::int64_t otherwise) {
    const auto* field = record.field(name);
    return field != nullptr && field->is(Value::Kind::integer) ? field->as_integer() : otherwise;
}

double real_field(const Value& record, std::string_view name) {
    const auto* field = record.field(name);
    if (field == nullptr) return 0;
    return field->is(Value::Kind::real) ? field->as_real()
                                        : static_cast<double>(field->as_integer());
}

Words text_items(const Value& record, std::string_view name) {
    Words out;
    const auto* field = record.field(name);
    if (field == nullptr) return out;
    for (const auto& item : field->items())
        out.emplace_back(item.as_text());
    return out;
}

/// The objects that a command printed with --json, without those that tell of progress.
Result<Value::List> objects_of(const std::string& output) {
    Value::List out;
    std::size_t begin = 0;
    while (begin < output.size()) {
        const auto end = std::min(output.find('\n', begin), output.size());
        const auto line = std::string_view(output).substr(begin, end - begin);
        begin = end + 1;
        if (line.empty()) continue;
        TRY(auto object, gospel::value_of_json(line));
        // The array of a command that prints one is its objects.
        if (object.is(Value::Kind::list)) return object.items();
        if (workflow::text_field(object, "message_type") != "status")
            out.push_back(std::move(object));
    }
    return out;
}

/// The last sentence that a command said of why it failed.
std::string complaint_of(const Inner& inner) {
    auto objects = objects_of(inner.errors);
    if (!objects || objects->empty()) return "exit code " + std::to_string(int(inner.code));
    return workflow::text_field(objects->back(), "message");
}

class Services {
public:
    Services(const Context& context, std::string folder, Words files, std::string tag)
        : m_context(context),
          m_folder(std::move(folder)),
          m_files(std::move(files)),
          m_tag(std::move(tag)) {}

    Result<Value::List> run(const Words& words, const std::stop_token& stop) const {
        TRY(const auto inner, run_inner(m_context, words, true, stop));
        if (inner.code != ExitCode::ok)
            return fail(Errc::io, "torgo " + words.front() + ": " + complaint_of(inner));
        return objects_of(inner.output);
    }

    Result<Value> list(const Words& words, const std::stop_token& stop) const {
        TRY(auto objects, run(words, stop));
        return Value::list(std::move(objects));
    }

    /// The absolute path of a file that blocks may name. [RUN-22]
    Result<std::string> path_of(std::string_view name) const {
        if (std::ranges::contains(m_files, name)) return m_folder + "/" + std::string(name);
        return fail(Errc::permission, "\"" + std::string(name) +
                                          "\" is no file beside the workflow that its inputs name");
    }

    Result<Value> backup(const Value& arguments, const std::stop_token& stop) const {
        Words words{"backup", "--tag", m_tag};
        for (const auto& tag : text_items(arguments, "tags"))
            words.insert(words.end(), {"--tag", tag});
        words.emplace_back("--");
        for (const auto& name : text_items(arguments, "files")) {
            TRY(words.emplace_back(), path_of(name));
        }
        return list(words, stop);
    }

    Result<Value> snapshots(const Value& arguments, const std::stop_token& stop) const {
        Words words{"snapshots"};
        for (const auto& tag : text_items(arguments, "tags"))
            words.insert(words.end(), {"--tag", tag});
        return list(words, stop);
    }

    Result<Value> ls(const Value& arguments, const std::stop_token& stop) const {
        return list({"ls", "--", workflow::text_field(arguments, "snapshot")}, stop);
    }

    Result<Value> find(const Value& arguments, const std::stop_token& stop) const {
        return list({"find", "--", workflow::text_field(arguments, "pattern")}, stop);
    }

    // tor_db -------------------------------------------------------------------------------------

    /// [RUN-51] The URI's network is this run's repository.
    Result<Value> open(const Value& arguments, const std::stop_token& /*stop*/) const {
        TRY(const auto uri, workflow::read_storage_uri(workflow::text_field(arguments, "uri")));
        const auto& globals = m_context.globals;
        auto here = globals.profile;
        if (here.empty()) {
            here = globals.repo.substr(globals.repo.rfind('/') + 1);
            here = here.substr(0, here.rfind('.'));
        }
        TRY(const auto socks, parse_loopback(uri.socks));
        if (here == uri.network) {
            m_context.heads.suggest_tor(socks);
            return Value{};
        }
        return fail(Errc::permission, "the workflow's network is \"" + uri.network +
                                          "\", and this run's repository " +
                                          (here.empty() ? "has no name" : "is \"" + here + "\"") +
                                          ": give --profile " + uri.network + ", or --repo …/" +
                                          uri.network + ".torgo");
    }

    Result<Value> store(const Value& arguments, const std::stop_token& stop) const {
        CHECK_OK(open(arguments, stop));
        const auto name = workflow::text_field(arguments, "data");
        TRY(const auto path, path_of(name));
        TRY(const auto wanted, workflow::mode_of(workflow::text_field(arguments, "encrypt")));
        TRY(const auto mode, sealing_mode(stop));
        if (mode < wanted)
            return fail(Errc::permission, "the repository seals with mode " + std::to_string(mode) +
                                              ", and " + std::to_string(wanted) + " is asked for");
        TRY(const auto objects,
            run({"backup", "--tag", m_tag, "--tag", std::string(storage_tag), "--", path}, stop));
        if (objects.empty()) return fail(Errc::io, "the backup said nothing");
        const auto& summary = objects.back();
        return Value::record({"snapshot", "bytes", "mode"},
                             {Value::text(workflow::text_field(summary, "snapshot_id")),
                              Value::integer(whole_field(summary, "total_bytes_processed", 0)),
                              Value::integer(mode)});
    }

    Result<Value> fetch(const Value& arguments, const std::stop_token& stop) const {
        CHECK_OK(open(arguments, stop));
        TRY(const auto path, path_of(workflow::text_field(arguments, "data")));
        TRY(const auto inner,
            run_inner(m_context, {"dump", "--", workflow::text_field(arguments, "snapshot"), path},
                      false, stop));
        if (inner.code != ExitCode::ok) return fail(Errc::io, "torgo dump: " + inner.errors);
        if (inner.output.size() > fetch_size_max)
            return fail(Errc::limit_exceeded,
                        "more than 512 KiB: restore it with the command line");
        return Value::text(peer::to_base64url(as_bytes(inner.output)));
    }

    Result<Value> stored(const Value& arguments, const std::stop_token& stop) const {
        CHECK_OK(open(arguments, stop));
        Value::List out;
        TRY(const auto all, run({"snapshots", "--tag", std::string(storage_tag)}, stop));
        for (const auto& snapshot : all) {
            for (const auto& path : text_items(snapshot, "paths")) {
                const auto name = Value::text(path.substr(path.rfind('/') + 1));
                if (!std::ranges::contains(out, name)) out.push_back(name);
            }
        }
        return Value::list(std::move(out));
    }

    Result<Value> history(const Value& arguments, const std::stop_token& stop) const {
        CHECK_OK(open(arguments, stop));
        TRY(const auto path, path_of(workflow::text_field(arguments, "data")));
        TRY(const auto all, run({"snapshots", "--tag", std::string(storage_tag)}, stop));
        Value::List out;
        for (const auto& snapshot : all) {
            if (!std::ranges::contains(text_items(snapshot, "paths"), path)) continue;
            out.push_back(Value::record({"snapshot", "time"},
                                        {Value::text(workflow::text_field(snapshot, "id")),
                                         Value::text(workflow::text_field(snapshot, "time"))}));
        }
        return Value::list(std::move(out));
    }

    // bluetooth_mesh -----------------------------------------------------------------------------

    /// [RUN-52] The file row by row, which is proved, and the whole network for its latency.
    Result<Value> relay(const Value& arguments, const std::stop_token& stop) const;

private:
    Result<std::int64_t> sealing_mode(const std::stop_token& stop) const {
        TRY(const auto objects, run({"stats"}, stop));
        if (objects.empty()) return fail(Errc::io, "the repository's mode is not known");
        return whole_field(objects.back(), "mode", 0);
    }

    struct Latencies {
        double p50_ms = 0;
        double p99_ms = 0;
    };

    Result<Value> simulate(std::int64_t nodes, std::int64_t seed,
                           const std::stop_token& stop) const;
    Result<Latencies> latencies(const Value& proof, std::int64_t nodes, std::int64_t seed,
                                const std::stop_token& stop) const;

    const Context& m_context;
    std::string m_folder;
    Words m_files;
    std::string m_tag;
};

/// A field of sensors, one for 7.5 m², with an edge node every 12 m: as in a habitat or a ward.
Result<Value> Services::simulate(std::int64_t nodes, std::int64_t seed,
                                 const std::stop_token& stop) const {
    const auto path =
        m_context.environment.temporary_folder() + "/torgo-workflow-" + m_tag.substr(4) + ".toml";
    const auto text = workflow::mesh_scenario(static_cast<std::uint32_t>(nodes),
                                              static_cast<std::uint32_t>(seed));
    auto& files = *m_context.world.files;
    CHECK_OK(env::write_file_atomically(files, path, as_bytes(text), true));
    auto objects = run({"mesh", "simulate", path}, stop);
    (void)files.remove(path);
    if (!objects) return std::unexpected(std::move(objects).error());
    if (objects->empty()) return fail(Errc::io, "the simulation said nothing");
    return objects->back();
}

/// Of the whole network, simulated; of a real one what the rows themselves took.
Result<Services::Latencies> Services::latencies(const Value& proof, std::int64_t nodes,
                                                std::int64_t seed,
                                                const std::stop_token& stop) const {
    if (workflow::text_field(proof, "via") != "simulated")
        return Latencies{.p50_ms = real_field(proof, "acknowledged_p50_ms"),
                         .p99_ms = real_field(proof, "acknowledged_p99_ms")};
    TRY(const auto network, simulate(nodes, seed, stop));
    return Latencies{.p50_ms = real_field(network, "median_ms"),
                     .p99_ms = real_field(network, "p99_ms")};
}

Result<Value> Services::relay(const Value& arguments, const std::stop_token& stop) const {
    TRY(const auto path, path_of(workflow::text_field(arguments, "data")));
    const auto nodes = whole_field(arguments, "nodes", 0);
    const auto seed = whole_field(arguments, "seed", 1);
    if (nodes < workflow::mesh_nodes_min || nodes > mesh_nodes_max || seed < 0 ||
        seed > mesh_seed_max)
        return fail(Errc::invalid_argument,
                    "a mesh has 2 to 100000 nodes, and a seed of 0 to 10^9");
    TRY(const auto rows, run({"mesh", "relay", "--seed", std::to_string(seed), "--", path}, stop));
    if (rows.empty()) return fail(Errc::io, "the relay said nothing");
    const auto& proof = rows.back();
    if (proof.field("lost") == nullptr)
        return fail(Errc::unsupported,
                    "nothing was read back from the gateway, so nothing is proved: let "
                    "mesh.relay.store in torgo.toml name the gateway's readings");
    TRY(const auto times, latencies(proof, nodes, seed, stop));
    const double target = real_field(arguments, "latency_target");
    constexpr double milliseconds = 1000;
    return Value::record(
        {"via", "nodes", "rows", "lost", "doubled", "changed", "p50_ms", "p99_ms", "in_target"},
        {Value::text(workflow::text_field(proof, "via")), Value::integer(nodes),
         Value::integer(whole_field(proof, "rows", 0)),
         Value::integer(whole_field(proof, "lost", 0)),
         Value::integer(whole_field(proof, "doubled", 0)),
         Value::integer(whole_field(proof, "changed", 0)), Value::real(times.p50_ms),
         Value::real(times.p99_ms), Value::boolean(times.p99_ms <= target * milliseconds)});
}

} // namespace

std::vector<workflow::Service> workflow_services(const Context& context, const std::string& folder,
                                                 const std::vector<std::string>& files,
                                                 const std::string& tag) {
    const auto all = std::make_shared<Services>(context, folder, files, tag);
    const auto plain = [all](std::string name, Operation operation, Words words) {
        return workflow::Service{std::move(name), operation,
                                 [all, words](const Value&, const std::stop_token& stop) {
                                     return all->list(words, stop);
                                 }};
    };
    const auto method = [all](std::string name, Operation operation,
                              Result<Value> (Services::*run)(const Value&, const std::stop_token&)
                                  const) {
        return workflow::Service{std::move(name), operation,
                                 [all, run](const Value& arguments, const std::stop_token& stop) {
                                     return ((*all).*run)(arguments, stop);
                                 }};
    };
    return {plain("torgo.stats", Operation::list, {"stats"}),
            plain("torgo.check", Operation::list, {"check"}),
            plain("torgo.status", Operation::list, {"status"}),
            plain("torgo.heal", Operation::replace, {"heal"}),
            plain("torgo.verify_receipts", Operation::list, {"receipt", "verify"}),
            method("torgo.backup", Operation::append, &Services::backup),
            method("torgo.snapshots", Operation::list, &Services::snapshots),
            method("torgo.ls", Operation::list, &Services::ls),
            method("torgo.find", Operation::list, &Services::find),
            method("tor_db.open", Operation::list, &Services::open),
            method("tor_db.store", Operation::append, &Services::store),
            method("tor_db.fetch", Operation::fetch, &Services::fetch),
            method("tor_db.list", Operation::list, &Services::stored),
            method("tor_db.history", Operation::list, &Services::history),
            method("bluetooth_mesh.relay_data", Operation::append, &Services::relay)};
}

} // namespace torgo::cli
