#pragma once

#include "radio/time.hpp"

#include <cstdint>
#include <vector>

namespace torgo::radio {

/// Messages that some nodes send again and again.
struct Flow {
    enum class To : std::uint8_t {
        edge,     ///< any edge node of the sender's network; counted once
        node,     ///< one node
        everyone, ///< all nodes of the sender's network
    };

    std::vector<NodeId> sources;
    Time period = 60 * second;
    bool poisson = false; ///< the pauses are exponential with the mean `period`
    Time from = 0;        ///< the first message comes within one period after this
    Time until = never;
    bool at_once = false; ///< all sources begin at `from` itself, not spread over a period
    std::uint8_t size = 8;
    To to = To::edge;
    NodeId target = no_node;
};

} // namespace torgo::radio
