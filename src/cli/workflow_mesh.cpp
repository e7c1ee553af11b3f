// What `from bluetooth_mesh import MeshNetwork` serves. [RUN-52]
#include "cli/workflow_host.hpp"
#include "cli/workflow_services.hpp"
#include "env/file_system.hpp"
#include "workflow/mesh_field.hpp"

#include <cstdint>

namespace torgo::cli {

namespace {

using gospel::Value;
using workflow::text_field;

constexpr std::int64_t nodes_max = 100'000;
constexpr std::int64_t seed_max = 1'000'000'000;
constexpr double milliseconds = 1000; ///< of a second

struct Latencies {
    double p50_ms = 0;
    double p99_ms = 0;
};

/// A field of sensors, one for 7.5 m², with an edge node every 12 m: as in a habitat or a ward.
Result<Value> simulate(const WorkflowHost& host, std::int64_t nodes, std::int64_t seed,
                       const std::stop_token& stop) {
    const auto& context = host.context();
    const auto path = context.environment.temporary_folder() + "/torgo-workflow-" +
                      host.tag().substr(run_tag_prefix.size()) + ".toml";
    const auto text = workflow::mesh_scenario(static_cast<std::uint32_t>(nodes),
                                              static_cast<std::uint32_t>(seed));
    auto& files = *context.world.files;
    CHECK_OK(env::write_file_atomically(files, path, as_bytes(text), true));
    auto objects = host.run({"mesh", "simulate", path}, stop);
    (void)files.remove(path);
    if (!objects) return std::unexpected(std::move(objects).error());
    if (objects->empty()) return fail(Errc::io, "the simulation said nothing");
    return objects->back();
}

/// Of the whole network, simulated; of a real one what the rows themselves took.
Result<Latencies> latencies(const WorkflowHost& host, const Value& proof, const Value& given,
                            const std::stop_token& stop) {
    if (text_field(proof, "via") != "simulated")
        return Latencies{.p50_ms = real_field(proof, "acknowledged_p50_ms"),
                         .p99_ms = real_field(proof, "acknowledged_p99_ms")};
    TRY(const auto network,
        simulate(host, whole_field(given, "nodes", 0), whole_field(given, "seed", 1), stop));
    return Latencies{.p50_ms = real_field(network, "median_ms"),
                     .p99_ms = real_field(network, "p99_ms")};
}

/// The file row by row, which is proved, and the whole network for its latency.
Result<Value> relay(const WorkflowHost& host, const Value& given, const std::stop_token& stop) {
    TRY(const auto path, host.path_of(text_field(given, "data")));
    const auto seed = std::to_string(whole_field(given, "seed", 1));
    TRY(const auto rows, host.run({"mesh", "relay", "--seed", seed, "--", path}, stop));
    if (rows.empty()) return fail(Errc::io, "the relay said nothing");
    const auto& proof = rows.back();
    if (proof.field("lost") == nullptr)
        return fail(Errc::unsupported,
                    "nothing was read back from the gateway, so nothing is proved: let "
                    "mesh.relay.store in torgo.toml name the gateway's readings");
    TRY(const auto times, latencies(host, proof, given, stop));
    const double target = real_field(given, "latency_target");
    return Value::record(
        {"via", "nodes", "rows", "lost", "doubled", "changed", "p50_ms", "p99_ms", "in_target"},
        {Value::text(text_field(proof, "via")), Value::integer(whole_field(given, "nodes", 0)),
         Value::integer(whole_field(proof, "rows", 0)),
         Value::integer(whole_field(proof, "lost", 0)),
         Value::integer(whole_field(proof, "doubled", 0)),
         Value::integer(whole_field(proof, "changed", 0)), Value::real(times.p50_ms),
         Value::real(times.p99_ms), Value::boolean(times.p99_ms <= target * milliseconds)});
}

} // namespace

std::vector<ServedFunction> bluetooth_mesh_functions() {
    using Kind = Parameter::Kind;
    return {{"bluetooth_mesh.relay_data",
             maml::Operation::append,
             {{.name = "data"},
              {.name = "nodes",
               .kind = Kind::number,
               .least = workflow::mesh_nodes_min,
               .most = nodes_max},
              {.name = "latency_target", .kind = Kind::real},
              {.name = "seed", .kind = Kind::number, .most = seed_max}},
             relay}};
}

} // namespace torgo::cli
