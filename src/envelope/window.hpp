#pragma once

#include <bitset>
#include <cstdint>

namespace torgo::envelope {

/// Which of the newest numbers of one sender were taken already. [ENVELOPE-7]
class Window {
public:
    static constexpr std::uint64_t behind = 127; ///< numbers below the highest that may still come
    static constexpr std::uint64_t ahead = 128;  ///< above the highest that 8 bits still tell

    std::uint64_t highest() const noexcept { return m_highest; }

    /// The number from `behind` below to `ahead` above the highest that ends in these 8 bits.
    std::uint64_t expand(std::uint8_t low) const noexcept {
        const auto lowest = m_highest > behind ? m_highest - behind : 0;
        return lowest + ((low - lowest) & 0xFFU);
    }

    /// True for a number that was taken, or is too old to know.
    bool is_used(std::uint64_t number) const noexcept {
        if (number > m_highest) return false;
        const auto age = m_highest - number;
        return age > behind || m_taken[age];
    }

    void take(std::uint64_t number) noexcept {
        advance(number);
        if (m_highest - number <= behind) m_taken[m_highest - number] = true;
    }

    /// Lets `number` be the highest if it is higher; what lies between may still come.
    void advance(std::uint64_t number) noexcept {
        if (number <= m_highest) return;
        const auto step = number - m_highest;
        m_taken = step > behind ? std::bitset<behind + 1>() : m_taken << step;
        m_highest = number;
    }

    /// Nothing below the highest may come any more.
    void close() noexcept { m_taken.set(); }

private:
    std::uint64_t m_highest = 0;
    std::bitset<behind + 1> m_taken; ///< bit i: the highest less i
};

} // namespace torgo::envelope
