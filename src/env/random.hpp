#pragma once

#include "base/bytes.hpp"

namespace torgo::env {

/// Unpredictable bytes for keys, identifiers and values that must never repeat.
class Random {
public:
    virtual ~Random() = default;

    /// Fills `out` whole. The real one is getrandom(2) and cannot fail once the system has booted;
    /// thread-safe.
    virtual void fill(ByteSpan out) = 0;
};

} // namespace torgo::env
