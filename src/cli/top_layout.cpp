#include "cli/top_layout.hpp"

#include "cli/format.hpp"
#include "cli/top_lines.hpp"

#include <algorithm>
#include <utility>

namespace torgo::cli::top {

namespace {

constexpr std::size_t place_most = 40; ///< columns; what is left goes to the sparkline
constexpr std::size_t spark_more = 60;
constexpr double scarce = 0.1; ///< a disk with less room than that is short of it

std::size_t width_of(const Line& line) {
    std::size_t out = 0;
    for (const auto& span : line)
        out += display_width(span.text);
    return out;
}

/// Cuts what does not fit.
Line within(Line line, std::size_t width) {
    std::size_t used = 0;
    for (auto& span : line) {
        const auto size = display_width(span.text);
        if (used + size > width) span.text = cut_to_width(span.text, width - used);
        used += std::min(size, width - used);
    }
    return line;
}

/// "── Heads ─────────": the chosen one is strong.
Line heading(const std::string& title, bool chosen, std::size_t width) {
    std::string rest;
    for (std::size_t i = display_width(title) + 4; i < width; ++i)
        rest += "─";
    return {{chosen ? "━━ " : "── ", chosen ? Tone::accent : Tone::faint},
            {title + " ", chosen ? Tone::accent : Tone::strong},
            {rest, chosen ? Tone::accent : Tone::faint}};
}

Tone tone_of(HeadState state) {
    switch (state) {
    case HeadState::ok:
        return Tone::good;
    case HeadState::slow:
        return Tone::fair;
    case HeadState::away:
        return Tone::bad;
    case HeadState::unknown:
        break;
    }
    return Tone::faint;
}

std::string word_of(const HeadView& head) {
    switch (head.state) {
    case HeadState::ok:
        return head.missing == 0 ? "ok" : "heal";
    case HeadState::slow:
        return "slow";
    case HeadState::away:
        return "away";
    case HeadState::unknown:
        break;
    }
    return "…";
}

Span state_span(const HeadView& head) {
    const bool lacks = head.state == HeadState::ok && head.missing != 0;
    return {"● " + left_in(word_of(head), 5), lacks ? Tone::fair : tone_of(head.state)};
}

/// Widths of the columns of heads in a terminal of some width.
struct HeadColumns {
    static constexpr std::size_t number = 3;
    static constexpr std::size_t state = 8;
    static constexpr std::size_t latency = 8;
    static constexpr std::size_t rate = 11;
    static constexpr std::size_t queue = 7;

    std::size_t place = 0;
    bool both_latencies = false;
    std::size_t spark = 0;
    std::size_t room = 0; ///< of the bar; the numbers beside it take 12 more
};

HeadColumns columns_for(std::size_t width) {
    HeadColumns out;
    out.both_latencies = width >= wide;
    out.spark = width >= very_wide ? 32 : width >= wide ? 14 : 0;
    out.room = width >= very_wide ? 16 : 0;
    auto used = HeadColumns::number + HeadColumns::state + 2 * HeadColumns::rate +
                HeadColumns::latency * (out.both_latencies ? 2 : 1) +
                (out.both_latencies ? HeadColumns::queue : 0);
    if (out.spark != 0) used += out.spark + 2;
    if (out.room != 0) used += out.room + 14;
    out.place = width > used + 1 ? width - used - 1 : 1;
    if (const auto more = out.place - std::min(out.place, place_most);
        more != 0 && out.spark != 0) {
        out.place -= more;
        out.spark += std::min(more, spark_more);
    }
    return out;
}

Line head_titles(const HeadColumns& columns) {
    std::string out =
        " #  " + left_in("Where", columns.place) + left_in("State", HeadColumns::state);
    out += right_in("p50", HeadColumns::latency);
    if (columns.both_latencies) out += right_in("p99", HeadColumns::latency);
    if (columns.both_latencies) out += right_in("queue", HeadColumns::queue);
    out += right_in("up", HeadColumns::rate) + right_in("down", HeadColumns::rate);
    if (columns.spark != 0) out += "  " + left_in("", columns.spark);
    if (columns.room != 0) out += "  free";
    return {{out, Tone::faint}};
}

void add_room(Line& line, const HeadView& head, std::size_t width) {
    if (head.total_bytes == 0) return;
    const auto free = static_cast<double>(head.free_bytes) / static_cast<double>(head.total_bytes);
    line.push_back({"  ▕" + bar(1 - free, width) + "▏", free < scarce ? Tone::bad : Tone::plain});
    line.push_back({right_in(size_text(head.free_bytes), 10), Tone::faint});
}

Line head_line(const HeadView& head, std::size_t number, bool chosen, const HeadColumns& columns) {
    Line out{{chosen ? "▸" : " ", Tone::accent},
             {left_in(std::to_string(number), HeadColumns::number), Tone::plain},
             {left_in(place_text(head.uri), columns.place), chosen ? Tone::strong : Tone::plain},
             state_span(head)};
    out.back().text += " ";
    const bool known = head.p50_ns != 0;
    out.push_back({right_in(known ? latency_text(head.p50_ns) : "-", HeadColumns::latency)});
    if (columns.both_latencies)
        out.push_back(
            {right_in(known ? latency_text(head.p99_ns) : "-", HeadColumns::latency), Tone::faint});
    if (columns.both_latencies)
        out.push_back(
            {right_in(head.queue == 0 ? "" : std::to_string(head.queue), HeadColumns::queue),
             Tone::fair});
    out.push_back({right_in(rate_text(head.up), HeadColumns::rate), Tone::up});
    out.push_back({right_in(rate_text(head.down), HeadColumns::rate), Tone::down});
    if (columns.spark != 0)
        out.push_back({"  " + sparkline(head.history, columns.spark), Tone::up});
    if (columns.room != 0) add_room(out, head, columns.room);
    return out;
}

std::string_view without(std::string_view text, std::string_view prefix) {
    return text.substr(text.starts_with(prefix) ? prefix.size() : 0);
}

/// What is wrong with the chosen head, or where it really is.
Line detail_line(const HeadView& head) {
    if (head.state == HeadState::away)
        return {{"   away: " + printable(without(head.reason, head.uri + ": ")), Tone::bad}};
    if (head.waiting_bytes != 0)
        return {{"   " + size_text(head.waiting_bytes) + " wait for it in the spool: torgo sync",
                 Tone::fair}};
    if (head.missing != 0)
        return {{"   lacks " + plural(head.missing, "segment", "segments") + ": torgo heal",
                 Tone::fair}};
    return {{"   " + printable(head.uri), Tone::faint}};
}

Line title_line(const Frame& frame, const Choice& choice, std::size_t width) {
    Line out{{" torgo top ", Tone::accent}};
    if (!frame.repository.empty()) out.push_back({" " + frame.repository, Tone::strong});
    const auto there = std::ranges::count_if(frame.heads, [](const auto& head) {
        return head.state == HeadState::ok || head.state == HeadState::slow;
    });
    if (!frame.heads.empty())
        out.push_back(
            {"  " + std::to_string(there) + "/" + std::to_string(frame.heads.size()) + " heads",
             static_cast<std::size_t>(there) == frame.heads.size() ? Tone::good : Tone::bad});
    if (choice.paused) out.push_back({"  paused", Tone::fair});
    const auto used = width_of(out) + display_width(frame.time) + 1;
    out.push_back({std::string(width > used ? width - used : 1, ' ') + frame.time, Tone::faint});
    return out;
}

std::vector<Line> help_lines() {
    return {{{" Keys", Tone::strong}},
            {{"   q          quit"}},
            {{"   p          pause, and go on"}},
            {{"   tab        the next part; it gets the room that is left"}},
            {{"   up, down   the head whose details are shown"}},
            {{"   h          this page"}},
            {{" p50, p99: within which half, and 99 of 100, answer."}},
            {{" Rates of heads: of all torgo commands of this machine; queue: their requests"}},
            {{" that wait for it."}}};
}

/// What waits on this machine; empty where nothing does.
Line spool_line(const std::vector<HeadView>& heads) {
    std::uint64_t bytes = 0;
    std::size_t count = 0;
    for (const auto& head : heads) {
        bytes += head.waiting_bytes;
        count += head.waiting_bytes == 0 ? 0U : 1U;
    }
    if (bytes == 0) return {};
    return {{" ● spool: " + size_text(bytes) + " wait for " + plural(count, "head", "heads"),
             Tone::fair}};
}

/// A part of the screen: its heading, what comes first when room is short, and what may follow.
struct Part {
    std::string title;
    bool chosen = false;
    std::vector<Line> lines;
    std::size_t least = 1; ///< lines below the heading that it has in any case
};

Part heads_part(const Frame& frame, const Choice& choice, std::size_t width, bool details) {
    Part out{.title = "Heads", .chosen = choice.section == Section::heads, .lines = {}};
    const auto columns = columns_for(width);
    if (frame.heads.empty()) {
        out.lines.push_back(
            {{" " + (frame.notice.empty() ? "no repository" : frame.notice), Tone::faint}});
        return out;
    }
    if (details) out.lines.push_back(head_titles(columns));
    const auto chosen = std::min(choice.head, frame.heads.size() - 1);
    for (std::size_t i = 0; i < frame.heads.size(); ++i) {
        const bool is_chosen = choice.keys && i == chosen;
        out.lines.push_back(head_line(frame.heads[i], i + 1, is_chosen, columns));
        if (details && is_chosen) out.lines.push_back(detail_line(frame.heads[i]));
    }
    if (frame.redundancy) out.lines.push_back(redundancy_line(*frame.redundancy));
    if (auto line = spool_line(frame.heads); !line.empty()) out.lines.push_back(std::move(line));
    out.least = std::min<std::size_t>(out.lines.size(), 5);
    return out;
}

std::vector<Part> parts_of(const Frame& frame, const Choice& choice, std::size_t width,
                           bool details) {
    std::vector<Part> out;
    out.push_back(heads_part(frame, choice, width, details));
    out.push_back({.title = "Running here",
                   .chosen = choice.section == Section::work,
                   .lines = work_lines(frame, width)});
    const auto title = frame.node ? "Node at " + frame.node->place : std::string("Node");
    out.push_back({.title = title,
                   .chosen = choice.section == Section::node,
                   .lines = node_lines(frame, width)});
    return out;
}

std::size_t height_of(const std::vector<Part>& parts) {
    std::size_t out = 0;
    for (const auto& part : parts)
        out += 1 + part.lines.size();
    return out;
}

/// Takes lines away until the parts fit: of the others first, of the chosen one last.
void shorten(std::vector<Part>& parts, std::size_t height) {
    const auto shorten_one = [&](bool chosen, bool below_least) {
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
            const auto least = below_least ? 0 : part->least;
            while (part->chosen == chosen && part->lines.size() > least &&
                   height_of(parts) > height)
                part->lines.pop_back();
        }
    };
    shorten_one(false, false);
    shorten_one(true, false);
    shorten_one(false, true);
    shorten_one(true, true);
    while (!parts.empty() && height_of(parts) > height)
        parts.pop_back();
}

std::vector<Line> joined_parts(const std::vector<Part>& parts, std::size_t width, bool gaps) {
    std::vector<Line> out;
    for (const auto& part : parts) {
        if (gaps && &part != &parts.front()) out.emplace_back();
        out.push_back(heading(part.title, part.chosen, width));
        out.insert(out.end(), part.lines.begin(), part.lines.end());
    }
    return out;
}

Line keys_line() {
    Line out;
    for (const auto& [key, what] :
         {std::pair("q", "quit"), std::pair("p", "pause"), std::pair("tab", "part"),
          std::pair("↑↓", "head"), std::pair("h", "help")}) {
        out.push_back({std::string(" ") + key, Tone::accent});
        out.push_back({std::string(" ") + what + " ", Tone::faint});
    }
    return out;
}

} // namespace

std::string place_text(const std::string& uri) {
    const auto scheme = uri.find("://");
    if (scheme == std::string::npos) return printable(uri);
    const auto kind = uri.substr(0, scheme);
    const auto rest = uri.substr(scheme + 3);
    if (kind == "dir") return printable(rest);
    const auto place = rest.substr(0, rest.find('/'));
    return kind + " " + printable(place);
}

std::vector<Line> lay_out(const Frame& frame, const Choice& choice, std::size_t width,
                          std::size_t height) {
    std::vector<Line> out{title_line(frame, choice, width)};
    const auto room = height - (choice.keys ? 2 : 1);
    if (choice.help) {
        const auto help = help_lines();
        out.insert(out.end(), help.begin(), help.end());
    } else {
        auto parts = parts_of(frame, choice, width, true);
        if (height_of(parts) > room) parts = parts_of(frame, choice, width, false);
        shorten(parts, room);
        const bool gaps = height_of(parts) + parts.size() <= room;
        const auto lines = joined_parts(parts, width, gaps);
        out.insert(out.end(), lines.begin(), lines.end());
    }
    out.resize(room + 1);
    if (choice.keys) out.push_back(keys_line());
    for (auto& line : out)
        line = within(std::move(line), width);
    return out;
}

std::vector<Line> lay_out_all(const Frame& frame, std::size_t width) {
    const Choice choice{.keys = false};
    std::vector<Line> out{title_line(frame, choice, width)};
    auto parts = parts_of(frame, choice, width, true);
    parts.front().chosen = false;
    const auto lines = joined_parts(parts, width, true);
    out.insert(out.end(), lines.begin(), lines.end());
    for (auto& line : out)
        line = within(std::move(line), width);
    return out;
}

} // namespace torgo::cli::top
