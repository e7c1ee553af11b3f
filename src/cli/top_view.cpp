#include "cli/top_view.hpp"

#include "cli/progress.hpp"

#include <ftxui/component/component.hpp>
#include <ftxui/component/component_base.hpp>
#include <ftxui/component/event.hpp>
#include <ftxui/component/screen_interactive.hpp>
#include <ftxui/dom/elements.hpp>
#include <ftxui/screen/screen.hpp>
#include <ftxui/screen/terminal.hpp>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace torgo::cli::top {

namespace {

constexpr std::chrono::milliseconds redraw{500};
constexpr std::size_t least_width = 20;
constexpr std::size_t least_height = 3;

ftxui::Element element_of(const Span& span, bool colours) {
    auto out = ftxui::text(span.text);
    switch (span.tone) {
    case Tone::plain:
        return out;
    case Tone::faint:
        return out | ftxui::dim;
    case Tone::strong:
        return out | ftxui::bold;
    default:
        break;
    }
    if (!colours)
        return span.tone == Tone::bad || span.tone == Tone::accent ? out | ftxui::bold : out;
    // The sixteen colours that a terminal's owner has chosen, so that it is readable on any ground.
    switch (span.tone) {
    case Tone::good:
        return out | ftxui::color(ftxui::Color::Green);
    case Tone::fair:
        return out | ftxui::color(ftxui::Color::Yellow);
    case Tone::bad:
        return out | ftxui::color(ftxui::Color::Red) | ftxui::bold;
    case Tone::accent:
        return out | ftxui::color(ftxui::Color::Cyan) | ftxui::bold;
    case Tone::up:
        return out | ftxui::color(ftxui::Color::Blue);
    case Tone::down:
        return out | ftxui::color(ftxui::Color::Magenta);
    default:
        return out;
    }
}

ftxui::Element element_of(const std::vector<Line>& lines, bool colours) {
    ftxui::Elements rows;
    for (const auto& line : lines) {
        if (line.empty()) {
            rows.push_back(ftxui::text(" ")); // a box without anything has no height
            continue;
        }
        ftxui::Elements spans;
        for (const auto& span : line)
            spans.push_back(element_of(span, colours));
        rows.push_back(ftxui::hbox(std::move(spans)));
    }
    return ftxui::vbox(std::move(rows));
}

/// Lines without what a terminal is told about colours, and without spaces at their ends.
std::string plain(const std::vector<Line>& lines) {
    std::string out;
    for (const auto& line : lines) {
        for (const auto& span : line)
            out += span.text;
        while (out.ends_with(' '))
            out.pop_back();
        out += '\n';
    }
    return out;
}

/// Whether nobody can press a key any more. A signal says so to the terminal's own process group
/// alone.
bool terminal_is_gone() {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    return ::poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/// What the keys do. True where one meant something.
bool press(const ftxui::Event& event, const Frame& frame, Choice& choice) {
    const auto last = frame.heads.empty() ? 0 : frame.heads.size() - 1;
    if (event == ftxui::Event::Character('p')) {
        choice.paused = !choice.paused;
    } else if (event == ftxui::Event::Character('h') || event == ftxui::Event::Character('?')) {
        choice.help = !choice.help;
    } else if (event == ftxui::Event::Tab) {
        choice.section =
            static_cast<Section>((static_cast<std::size_t>(choice.section) + 1) % section_count);
    } else if (event == ftxui::Event::TabReverse) {
        choice.section = static_cast<Section>(
            (static_cast<std::size_t>(choice.section) + section_count - 1) % section_count);
    } else if (event == ftxui::Event::ArrowUp) {
        choice.head -= choice.head == 0 ? 0 : 1;
    } else if (event == ftxui::Event::ArrowDown) {
        choice.head = std::min(choice.head + 1, last);
    } else {
        return false;
    }
    return true;
}

} // namespace

std::string render(const Frame& frame, const Choice& choice, std::size_t width, std::size_t height,
                   bool colours) {
    const auto lines =
        lay_out(frame, choice, std::max(width, least_width), std::max(height, least_height));
    if (!colours) return plain(lines);
    auto screen = ftxui::Screen(static_cast<int>(width), static_cast<int>(height));
    ftxui::Render(screen, element_of(lines, true));
    return screen.ToString() + "\n";
}

std::string render_all(const Frame& frame, std::size_t width) {
    return plain(lay_out_all(frame, std::max(width, least_width)));
}

void show(const std::function<Frame()>& look, bool colours, const std::stop_token& stop) {
    auto screen = ftxui::ScreenInteractive::Fullscreen();
    screen.TrackMouse(false);
    Choice choice;
    Frame frame = look();
    const auto draw = [&] {
        const auto size = ftxui::Terminal::Size();
        const auto at_least = [](int have, std::size_t least) {
            return std::max(static_cast<std::size_t>(std::max(have, 0)), least);
        };
        return element_of(lay_out(frame, choice, at_least(size.dimx, least_width),
                                  at_least(size.dimy, least_height)),
                          colours);
    };
    std::optional<Ticker> ticker;
    const auto leave = [&] {
        ticker.reset(); // nobody may post to a screen that is about to go
        screen.Exit();
        return true;
    };
    const auto on_event = [&](const ftxui::Event& event) {
        if (event == ftxui::Event::Custom) {
            if (stop.stop_requested() || terminal_is_gone()) return leave();
            if (!choice.paused) frame = look();
            return true;
        }
        const bool quits =
            event == ftxui::Event::Character('q') || event == ftxui::Event::Character('\x03');
        return quits ? leave() : press(event, frame, choice);
    };
    ticker.emplace(redraw, [&screen] { screen.PostEvent(ftxui::Event::Custom); });
    screen.Loop(ftxui::CatchEvent(ftxui::Renderer(draw), on_event));
}

} // namespace torgo::cli::top
