#pragma once

#include "sim/prng.hpp"

#include <cstdint>
#include <string_view>

namespace torgo::sim {

/// FNV-1a over 64 bits: the same on every machine. Not for secrets.
std::uint64_t hash_of(std::string_view text, std::uint64_t begin = 0xCBF29CE484222325U) noexcept;

/// Chance that depends on what it is asked about and not on when: threads that come in another
/// order meet the same fate. Thread-safe.
class Chance {
public:
    explicit Chance(std::uint64_t seed) : m_seed(seed) {}

    /// The numbers of one thing, for instance of the third time that a request is made.
    Prng of(std::string_view what, std::uint64_t number = 0) const;

private:
    std::uint64_t m_seed;
};

/// Keeps the process on one processor, so that the program sees one and uses one thread where it
/// would use one for each.
void use_one_processor();

} // namespace torgo::sim
