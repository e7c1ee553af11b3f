#pragma once

#include "cli/command.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Man pages, made from the command tree.
namespace torgo::cli {

struct ManPage {
    std::string file; ///< "torgo-backup.1"
    std::string text; ///< in the man macros of troff
};

/// torgo.1 and one page for each command, its children inside it.
std::vector<ManPage> man_pages(const Command& root, std::string_view version);

} // namespace torgo::cli
