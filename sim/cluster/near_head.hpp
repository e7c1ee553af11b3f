#pragma once

#include "head/testing/forward_head.hpp"

namespace torgo::sim {

/// A head over a network that is asked as if it lay in a folder: by one thread at a time, and
/// nobody looks at a real clock while it waits. Its requests then come in one order.
class NearHead final : public head::ForwardHead {
public:
    using ForwardHead::ForwardHead;

    Result<> read_combined(const SegmentId& segment, std::uint64_t first, std::uint8_t factor,
                           ByteSpan out) override {
        return inner().read_combined(segment, first, factor, out);
    }
};

} // namespace torgo::sim
