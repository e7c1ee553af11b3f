#pragma once

#include "cli/environment.hpp"
#include "env/world.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace torgo::cli {

/// The first word of the hidden command that is a sandbox's inner step (sandbox/enter.hpp).
inline constexpr std::string_view sandbox_word = "sandbox-enter";

/// The whole program: reads the command line, runs the command, says what happened.
///
/// in      `words`, the command line without the program's name; the standard streams of the
/// process out     the exit code (docs/spec/cli.md 3)
int run(const env::World& world, const Environment& environment,
        const std::vector<std::string>& words);

} // namespace torgo::cli
