#include "cli/commands/mesh.hpp"

#include "cli/commands/commands.hpp"
#include "cli/progress_display.hpp"
#include "cli/toml_value.hpp"
#include "env/file_system.hpp"

#include <atomic>
#include <thread>

namespace torgo::cli {

Result<radio::Value> read_mesh_file(const Context& context, const std::string& path) {
    TRY(const auto absolute, context.environment.absolute(path));
    TRY(const auto bytes, env::read_file(*context.world.files, absolute, scenario_file_max));
    return read_toml_value(as_text(bytes), path);
}

Error in_file(const std::string& path, const Error& error) {
    return Error(error.code(), path + ":" + error.detail());
}

Result<> write_mesh_file(const Context& context, const std::string& path, std::string_view text) {
    TRY(const auto absolute, context.environment.absolute(path));
    return env::write_file_atomically(*context.world.files, absolute, as_bytes(text));
}

unsigned threads_of(std::uint32_t wanted) {
    return wanted == 0 ? std::max(1U, std::thread::hardware_concurrency()) : wanted;
}

Result<radio::Report> simulate(const Context& context, radio::Scenario scenario, unsigned threads,
                               const std::string& what) {
    std::atomic<std::uint64_t> now{0};
    std::atomic<std::uint64_t> messages{0};
    std::atomic<std::uint64_t> arrived{0};
    const auto duration = scenario.run.duration;
    const auto read = [&] {
        Counts counts;
        counts.items_done = now / radio::second;
        counts.items_total = duration / radio::second;
        counts.note = what + ": " + std::to_string(messages) + " messages, " +
                      std::to_string(arrived) + " arrived";
        return counts;
    };
    const ProgressDisplay display(context, "virtual_seconds", read);
    return radio::run_scenario(
        std::move(scenario), threads,
        [&](const radio::Progress& progress) {
            now = progress.now;
            messages = progress.messages;
            arrived = progress.arrived;
            return !context.stop.stop_requested();
        },
        meshsim::make_devices);
}

Command mesh_command() {
    Command command;
    command.name = "mesh";
    command.summary = "Bluetooth Mesh networks of sensors: plan, simulate, collect readings";
    command.description =
        "Sensors that are too small for a backup of their own tell their readings by Bluetooth "
        "Mesh to edge nodes, which keep them. These commands say beforehand whether that will "
        "work (simulate, plan), are the edge node (gateway, enrol), prove that no reading is lost "
        "(relay), and use the machine's own mesh daemon (provision, join, send, listen).";
    command.children.push_back(mesh_simulate_command());
    command.children.push_back(mesh_plan_command());
    command.children.push_back(mesh_provision_command());
    command.children.push_back(mesh_join_command());
    command.children.push_back(mesh_send_command());
    command.children.push_back(mesh_listen_command());
    command.children.push_back(mesh_gateway_command());
    command.children.push_back(mesh_enrol_command());
    command.children.push_back(mesh_relay_command());
    return command;
}

} // namespace torgo::cli
