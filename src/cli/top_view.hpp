#pragma once

#include "cli/top_layout.hpp"

#include <functional>
#include <stop_token>
#include <string>

/// What of `torgo top` touches a terminal. The library for that stays in top_view.cpp.
namespace torgo::cli::top {

/// A moment as text of the terminal, in lines that end in "\n"; without colours as plain text.
std::string render(const Frame& frame, const Choice& choice, std::size_t width, std::size_t height,
                   bool colours);

/// Without a terminal: plain text of as many lines as it takes.
std::string render_all(const Frame& frame, std::size_t width);

/// Shows moments in the whole terminal until q is pressed or `stop` comes, and leaves the terminal
/// as it was. in  `look`, called twice a second on the calling thread
void show(const std::function<Frame()>& look, bool colours, const std::stop_token& stop);

} // namespace torgo::cli::top
