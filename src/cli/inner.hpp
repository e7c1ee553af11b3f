#pragma once

#include "cli/context.hpp"

#include <string>
#include <vector>

namespace torgo::cli {

/// What a command that ran within another one said.
struct Inner {
    ExitCode code = ExitCode::ok;
    std::string output; ///< with --json one object a line; of `dump` the bytes
    std::string errors;
};

inline constexpr std::size_t inner_output_max = 1U << 20U;

/// Runs a command as a part of this one, on the same repository and the same connections. It leaves
/// its own receipt.
///
/// in      `words`: the command and its own options and arguments, as they would be typed
/// errors  `invalid_argument` for a command line that is none; `limit_exceeded` for more than
///         inner_output_max bytes of output. What the command itself says is in Inner.
Result<Inner> run_inner(const Context& context, const std::vector<std::string>& words, bool json,
                        const std::stop_token& stop);

} // namespace torgo::cli
