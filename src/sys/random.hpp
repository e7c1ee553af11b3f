#pragma once

#include "env/random.hpp"

namespace torgo::sys {

/// getrandom(2).
class Random final : public env::Random {
public:
    void fill(ByteSpan out) override;
};

} // namespace torgo::sys
