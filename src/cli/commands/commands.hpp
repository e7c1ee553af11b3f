#pragma once

#include "base/error.hpp"
#include "cli/command.hpp"

#include <string>

/// One command is one file of this folder: its arguments, its options, and what it does.
namespace torgo::cli {

struct Globals;
struct Context;

Command backup_command();
Command bench_command();
Command cat_command();
Command check_command();
Command completion_command();
Command config_command();
Command diff_command();
Command doctor_command();
Command dump_command();
Command find_command();
Command grant_command();
Command heal_command();
Command help_command();
Command init_command();
Command key_command();
Command lock_command();
Command ls_command();
Command maml_command();
Command man_command();
Command mesh_command();
Command node_command();
Command quantum_command();
Command receipt_command();
Command reconcile_command();
Command regenerate_command();
Command repair_command();
Command restore_command();
Command rollback_command();
Command snapshots_command();
Command start_command();
Command stats_command();
Command status_command();
Command sync_command();
Command top_command();
Command transfers_command();
Command version_command();

/// The folder of a node: what was given, else the usual one.
Result<std::string> node_folder(const Context& context, const std::string& given);

/// "torgo" with all of them and the options that every command takes, which go to `globals`.
Command command_tree(Globals& globals);

} // namespace torgo::cli
