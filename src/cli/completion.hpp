#pragma once

#include "cli/command.hpp"

#include <string>

/// Shell completions, made from the command tree: commands, options, the short lists of allowed
/// values, files and folders where those are wanted.
namespace torgo::cli {

std::string bash_completion(const Command& root);
std::string zsh_completion(const Command& root);
std::string fish_completion(const Command& root);

} // namespace torgo::cli
