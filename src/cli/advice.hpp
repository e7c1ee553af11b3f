#pragma once

#include "base/error.hpp"
#include "cli/exit_code.hpp"

#include <string_view>

namespace torgo::cli {

/// What a person can do about an error, and what the shell gets to see of it.
struct Advice {
    ExitCode exit_code = ExitCode::failed;
    std::string_view what_to_do; ///< a sentence; empty where the error itself says it all
};

/// The one table from error codes to advice (docs/spec/cli.md 3).
Advice advice_for(Errc code) noexcept;

} // namespace torgo::cli
