#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace torgo::chunk {

/// The secret table of a Gear hash: h(i) = h(i-1) * 2 + table[byte i] mod 2^64, so that h(i)
/// depends on the last 64 bytes and on nothing else.
class Gear {
public:
    /// How many bytes the hash remembers.
    static constexpr std::size_t memory = 64;
    static constexpr std::size_t key_size = 32;

    /// Expands the table from a key.
    ///
    /// in      `key`, exactly 32 uniform bytes; `purpose` keeps tables of different uses apart
    /// cost    32 HMACs, once a session
    /// source  docs/design/chunking.md 2
    Gear(ByteView key, std::string_view purpose);
    Gear(const Gear&) = delete;
    Gear& operator=(const Gear&) = delete;
    Gear(Gear&&) = delete;
    Gear& operator=(Gear&&) = delete;
    ~Gear();

    std::uint64_t operator[](std::uint8_t byte) const noexcept { return m_table[byte]; }

    const std::uint64_t* data() const noexcept { return m_table.data(); }

private:
    std::array<std::uint64_t, 256> m_table{};
};

} // namespace torgo::chunk
