#pragma once

#include "reading/profile.hpp"

#include <array>
#include <cstdint>

namespace torgo::reading {

/// Which profile each slot of a sensor's envelopes has, as both sides were told; 0 is none.
struct Plan {
    static constexpr std::size_t slots = 8;
    std::array<std::uint8_t, slots> profiles{};

    const Profile* profile_of(std::uint8_t slot) const noexcept {
        return slot < slots ? find_profile(profiles[slot]) : nullptr;
    }
};

} // namespace torgo::reading
