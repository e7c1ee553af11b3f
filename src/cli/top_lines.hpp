#pragma once

#include "cli/top_layout.hpp"
#include "cli/top_model.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// What is said of commands, packs and the node: lines of any length, cut by the layout.
namespace torgo::cli::top {

inline constexpr std::size_t wide = 90;       ///< from here on sparklines and both latencies
inline constexpr std::size_t very_wide = 150; ///< from here on longer ones, and the room

/// Filled up, or cut and marked so.
std::string left_in(std::string text, std::size_t width);
std::string right_in(const std::string& text, std::size_t width);

std::vector<Line> work_lines(const Frame& frame, std::size_t width);

/// How the packs stand: "2 more may be lost".
Line redundancy_line(const Redundancy& redundancy);

std::vector<Line> node_lines(const Frame& frame, std::size_t width);

} // namespace torgo::cli::top
