#pragma once

#include <cstdint>

namespace torgo::repo {

/// How long to wait for heads when a repository is opened.
enum class Wait : std::uint8_t {
    all,    ///< for each, to its limits: who writes wants every one
    enough, ///< who reads goes on without those that are much slower than half of them
};

} // namespace torgo::repo
