#pragma once

#include "cli/context.hpp"
#include "meshsim/stack_devices.hpp"

#include <string>

// What the commands about simulated meshes share.
namespace torgo::cli {

/// Reads a TOML file. Errors: those of reading, and `invalid_argument` "FILE:LINE:COLUMN: …".
Result<radio::Value> read_mesh_file(const Context& context, const std::string& path);

/// Puts the name of the file before a reader's "LINE:COLUMN: …".
Error in_file(const std::string& path, const Error& error);

/// A path from the command line made absolute, and the file written whole or not at all.
Result<> write_mesh_file(const Context& context, const std::string& path, std::string_view text);

/// Runs a scenario and shows how it goes on; `what` is a word for the progress line.
///
/// errors  `cancelled` when the user stops it
Result<radio::Report> simulate(const Context& context, radio::Scenario scenario, unsigned threads,
                               const std::string& what);

/// 0: as many as there are cores.
unsigned threads_of(std::uint32_t wanted);

Command mesh_simulate_command();
Command mesh_plan_command();
Command mesh_provision_command();
Command mesh_join_command();
Command mesh_send_command();
Command mesh_listen_command();
Command mesh_gateway_command();
Command mesh_enrol_command();
Command mesh_relay_command();

} // namespace torgo::cli
