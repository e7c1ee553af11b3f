#pragma once

namespace torgo {

/// The one place where the version is written; CMake reads it from here.
inline constexpr const char* version = "0.1.0";

} // namespace torgo
