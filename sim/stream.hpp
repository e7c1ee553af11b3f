#pragma once

#include "env/network.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

namespace torgo::sim {

/// What one direction of a pair of streams is like.
struct StreamOptions {
    std::size_t capacity = 256_KiB; ///< bytes that may be on the way
    /// After so many bytes the connection breaks, in both directions; those before it arrive.
    std::uint64_t cut_after = std::numeric_limits<std::uint64_t>::max();
};

struct StreamPair {
    std::unique_ptr<env::Stream> left;
    std::unique_ptr<env::Stream> right;
};

/// Two ends of one connection, in memory. They really block, so their deadlines are times of the
/// real monotonic clock (sys::Clock); what can be done at once is done even after the deadline.
StreamPair connected_streams(StreamOptions to_right = {}, StreamOptions to_left = {});

} // namespace torgo::sim
