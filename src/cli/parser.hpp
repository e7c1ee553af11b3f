#pragma once

#include "base/error.hpp"
#include "cli/command.hpp"

#include <string>
#include <vector>

namespace torgo::cli {

/// What the user asked for, not yet checked for sense.
struct Invocation {
    struct Given {
        const Option* option = nullptr;
        std::vector<std::string> values; ///< in the order given; of a switch "true"
    };

    std::vector<const Command*> path; ///< from the root to the command named
    std::vector<Given> given;         ///< each option once
    std::vector<std::string> words;   ///< arguments without a dash, in order
    bool help = false;                ///< -h or --help stood somewhere

    const Command& command() const noexcept { return *path.back(); }

    bool has(const Option& option) const noexcept;
};

/// Reads a command line after the usual rules: `--name VALUE`, `--name=VALUE`, `-l VALUE`,
/// `-lVALUE`, switches together as `-qv`, and `--` before words that begin with a dash. The options
/// of a command above may stand anywhere. Every other byte is taken as it is: nothing is split,
/// joined or expanded.
///
/// in      the words after the program's name
/// errors  `invalid_argument` for an unknown command or option (with the nearest known one), a
/// value
///         that is missing or not wanted, an option given twice that may stand only once
Result<Invocation> parse(const Command& root, const std::vector<std::string>& words);

/// Hands the words to the command's arguments. Errors: `invalid_argument` for too few or too many.
Result<> assign_arguments(const Invocation& invocation);

/// Hands its values to an option. Errors: those of Option::set, after "--name: ".
Result<> assign(const Option& option, const std::vector<std::string>& values);

/// The candidate that was probably meant: at most two letters off; empty when none is near.
std::string nearest(const std::string& typed, const std::vector<std::string>& candidates);

} // namespace torgo::cli
