#pragma once

#include <cstdint>

namespace torgo::cli {

/// What the program says to the shell; the numbers are restic's where restic has one
/// (docs/spec/cli.md 3).
enum class ExitCode : std::uint8_t {
    ok = 0,
    failed = 1,
    usage = 2,          ///< the command line or the configuration makes no sense
    incomplete = 3,     ///< done, but some source data could not be read
    no_repository = 10, ///< no descriptor file, or nothing of TORGO where it points
    locked = 11,        ///< reserved: this version takes no locks
    wrong_password = 12,
    interrupted = 130,
};

} // namespace torgo::cli
