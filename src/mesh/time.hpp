#pragma once

#include <chrono>

namespace torgo::mesh {

/// Time since an arbitrary start, given with every call: a stack reads no clock, so that a radio
/// and a simulator drive the same code.
using Time = std::chrono::microseconds;

inline constexpr Time never = Time::max();

} // namespace torgo::mesh
