#pragma once

#include <cstdint>

namespace torgo::peer {

/// What a client may do with one repository on a node. source  docs/spec/peer-protocol.md 4.1
struct Rights {
    static constexpr std::uint8_t read = 1;
    static constexpr std::uint8_t write = 2;
    static constexpr std::uint8_t verify = 4;
    static constexpr std::uint8_t admin = 8;
    static constexpr std::uint8_t all = read | write | verify | admin;

    std::uint8_t bits = 0;

    constexpr bool any(std::uint8_t of) const noexcept { return (bits & of) != 0; }

    bool operator==(const Rights&) const = default;
};

} // namespace torgo::peer
