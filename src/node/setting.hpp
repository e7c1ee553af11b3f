#pragma once

#include "env/clock.hpp"
#include "node/bin.hpp"

#include <atomic>
#include <cstdint>

namespace torgo::node {

/// What all repositories of a node have around them. Thread-safe.
struct Setting {
    static constexpr std::int64_t no_bin = -1;

    env::Clock* clock = nullptr; ///< of the wall, for labels; null: there is none
    std::atomic<std::int64_t> day =
        no_bin; ///< under which what is deleted is kept; no_bin: it is not
};

} // namespace torgo::node
