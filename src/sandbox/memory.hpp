#pragma once

#include <cstdint>

namespace torgo::sandbox {

/// Bytes of memory that all processes seen in /proc hold together, without this one; what several
/// share counts once, where the kernel tells their shares, else for each.
///
/// in      `enough`: a sum up to which it need not be told exactly
/// cost    a file for each process; over `enough` another one, 1 ms for 100 MB
std::uint64_t memory_held(std::uint64_t enough);

} // namespace torgo::sandbox
