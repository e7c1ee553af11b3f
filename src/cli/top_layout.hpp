#pragma once

#include "cli/top_model.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// How a moment is laid out in a terminal of some size: lines of words with a meaning, which
/// top_view gives colours.
namespace torgo::cli::top {

enum class Tone : std::uint8_t { plain, faint, strong, good, fair, bad, accent, up, down };

struct Span {
    std::string text;
    Tone tone = Tone::plain;
};

using Line = std::vector<Span>;

enum class Section : std::uint8_t { heads, work, node };
inline constexpr std::size_t section_count = 3;

/// What the person at the keys has chosen.
struct Choice {
    Section section = Section::heads;
    std::size_t head = 0; ///< the one whose details are shown
    bool paused = false;
    bool help = false;
    bool keys = true; ///< whether the last line names the keys: not where there are none
};

/// Exactly `height` lines, each of at most `width` columns. in  at least 20 by 3
std::vector<Line> lay_out(const Frame& frame, const Choice& choice, std::size_t width,
                          std::size_t height);

/// As many lines as there is to say, for paper: no height, no keys.
std::vector<Line> lay_out_all(const Frame& frame, std::size_t width);

/// "3.1 ms", "120 ms", "2.4 s"; "-" for none.
std::string latency_text(std::int64_t duration_ns);

/// "1.2 MiB/s", empty for less than a byte.
std::string rate_text(double bytes_per_second);

/// The part of a URI that tells heads apart: a folder, or the address without the PeerId.
std::string place_text(const std::string& uri);

} // namespace torgo::cli::top
