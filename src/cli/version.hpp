#pragma once

#include <string_view>

namespace torgo::cli {

/// "0.1.0", of the project in CMake.
std::string_view version() noexcept;

} // namespace torgo::cli
