#pragma once

#include <string_view>

namespace torgo::cli {

/// A cautious guess at how many bits of guessing a pass phrase costs: repeats, runs ("abcd",
/// "1234", "qwerty") and well-known words count little. Not a measurement: a phrase quoted from
/// a book looks strong to it.
double guessing_bits(std::string_view pass_phrase);

/// Below this a warning is due.
inline constexpr double guessing_bits_weak = 50;

} // namespace torgo::cli
