#pragma once

#include "cli/command.hpp"

/// One command is one file of this folder: its arguments, its options, and what it does.
namespace torgo::cli {

struct Globals;

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
Command heal_command();
Command help_command();
Command init_command();
Command key_command();
Command ls_command();
Command man_command();
Command restore_command();
Command snapshots_command();
Command stats_command();
Command version_command();

/// "torgo" with all of them and the options that every command takes, which go to `globals`.
Command command_tree(Globals& globals);

} // namespace torgo::cli
