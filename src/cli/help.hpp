#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace torgo::cli {

/// What `--help` prints for the command at the end of `path`.
std::string help_text(const std::vector<const Command*>& path);

/// "torgo restore [OPTIONS] SNAPSHOT", without what `--help` explains.
std::string usage_line(const std::vector<const Command*>& path);

/// "-x, --exclude PATTERN".
std::string option_spelling(const Option& option);

/// The sentence about an option with its choices and its variable.
std::string option_help(const Option& option);

/// The commands below one, each with its path, depth first; the one itself comes first.
std::vector<std::vector<const Command*>> all_commands(const Command& root);

} // namespace torgo::cli
