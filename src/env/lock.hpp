#pragma once

#include "env/clock.hpp"
#include "env/file_system.hpp"

#include <memory>
#include <string>

/// Locks between processes, each a file that stays: one that can vanish locks nothing. Held until
/// what is returned is destroyed.
namespace torgo::env {

/// How long lock_file waits for others.
inline constexpr std::int64_t lock_patience_ns = 10'000'000'000;

/// Without waiting; the file is made where it is not there. in  `secret`: for its owner alone
/// out     null where somebody else has it
/// errors  those of FileSystem; `unsupported` where the file system knows no locks
Result<std::unique_ptr<File>> try_lock_file(FileSystem& files, const std::string& path,
                                            bool secret = false);

/// The same, waiting. Where the file system knows no locks, one process is taken for granted.
/// errors  those of FileSystem; `timeout` after lock_patience_ns
Result<std::unique_ptr<File>> lock_file(FileSystem& files, Clock& clock, const std::string& path);

} // namespace torgo::env
