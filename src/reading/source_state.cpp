#include "reading/source_state.hpp"

#include <algorithm>

namespace torgo::reading {

SourceState::Place SourceState::place_of(std::uint64_t number) const noexcept {
    if (number <= m_cumulative) return Place::duplicate;
    const auto bit = number - m_cumulative - 1;
    if (bit >= window) return Place::too_far;
    return m_above[bit] ? Place::duplicate : Place::fresh;
}

void SourceState::take(std::uint64_t number) noexcept {
    m_above[number - m_cumulative - 1] = true;
    m_highest = std::max(m_highest, number);
    absorb();
}

bool SourceState::take_gone(const Gone& gone) noexcept {
    const auto last = gone.first + (gone.count - 1);
    if (gone.first <= m_cumulative + 1 && last > m_cumulative) {
        const auto step = last - m_cumulative;
        m_above = step < window ? m_above >> step : std::bitset<window>();
        m_cumulative = last;
        m_highest = std::max(m_highest, last);
        absorb();
        return true;
    }
    if (last > m_cumulative && last - m_cumulative > window) return false;
    for (auto number = gone.first; number <= last; ++number)
        if (place_of(number) == Place::fresh) take(number);
    return true;
}

std::uint64_t SourceState::fresh_in(const Gone& gone) const noexcept {
    const auto last = gone.first + (gone.count - 1);
    const auto first = std::max(gone.first, m_cumulative + 1);
    if (last < first) return 0;
    auto out = last - first + 1;
    for (std::size_t i = 0; i < window; ++i) {
        const auto number = m_cumulative + 1 + i;
        if (m_above[i] && number >= first && number <= last) out -= 1;
    }
    return out;
}

void SourceState::absorb() noexcept {
    std::size_t step = 0;
    while (step < window && m_above[step])
        ++step;
    m_above >>= step;
    m_cumulative += step;
}

void SourceState::add_line(std::uint8_t slot, const Line& line) {
    auto& lines = m_lines[slot];
    const auto after = std::ranges::upper_bound(lines, line.number, {}, &Line::number);
    if (after != lines.begin() && std::prev(after)->number == line.number) return;
    lines.insert(after, line);
    if (lines.size() > lines_max) lines.erase(lines.begin());
}

const Line* SourceState::line_at(std::uint8_t slot, std::uint64_t number) const noexcept {
    if (slot >= Plan::slots) return nullptr;
    const auto& lines = m_lines[slot];
    const auto after = std::ranges::upper_bound(lines, number, {}, &Line::number);
    return after == lines.begin() ? nullptr : &*std::prev(after);
}

Ack SourceState::ack(std::uint64_t source) const {
    Ack out{.source = source, .cumulative = m_cumulative, .bitmap = {}};
    for (std::size_t i = 0; i < window && m_cumulative + i < m_highest; ++i) {
        if (!m_above[i]) continue;
        out.bitmap.resize(i / 8 + 1);
        out.bitmap[i / 8] |= static_cast<std::uint8_t>(1U << i % 8);
    }
    return out;
}

std::vector<Gone> SourceState::gaps(std::size_t limit) const {
    std::vector<Gone> out;
    for (auto number = m_cumulative + 1; number < m_highest; ++number) {
        if (place_of(number) != Place::fresh) continue;
        if (!out.empty() && out.back().first + out.back().count == number) {
            out.back().count += 1;
            continue;
        }
        if (out.size() == limit) break;
        out.push_back({.first = number, .count = 1});
    }
    return out;
}

void SourceState::encode(Writer& out) const {
    const auto bits = ack(0).bitmap;
    out.varint(m_cumulative).varint(m_highest).blob(bits);
    for (const auto& lines : m_lines) {
        out.put(static_cast<std::uint8_t>(lines.size()));
        for (const auto& line : lines) {
            out.varint(line.number).put(line.time.digits);
            out.varint(static_cast<std::uint64_t>(line.time.ns));
            out.varint(static_cast<std::uint64_t>(line.period_ns));
        }
    }
}

Result<SourceState> SourceState::decode(Reader& in) {
    constexpr auto ns_max = static_cast<std::uint64_t>(moment_max);
    SourceState out;
    TRY(out.m_cumulative, in.varint());
    TRY(out.m_highest, in.varint());
    TRY(const auto bits, in.blob(window / 8));
    for (std::size_t i = 0; i < bits.size() * 8; ++i)
        out.m_above[i] = (bits[i / 8] >> (i % 8) & 1U) != 0;
    for (auto& lines : out.m_lines) {
        TRY(const auto count, in.get<std::uint8_t>());
        if (count > lines_max) return fail(Errc::limit_exceeded, "too many lines");
        for (std::uint8_t i = 0; i < count; ++i) {
            Line line;
            TRY(line.number, in.varint());
            TRY(line.time.digits, in.get<std::uint8_t>());
            TRY(const auto ns, in.varint(ns_max));
            TRY(const auto period, in.varint(ns_max));
            line.time.ns = static_cast<std::int64_t>(ns);
            line.period_ns = static_cast<std::int64_t>(period);
            const bool rises = lines.empty() || lines.back().number < line.number;
            if (!is_valid(line.time) || !rises) return fail(Errc::corrupt, "a malformed line");
            lines.push_back(line);
        }
    }
    return out;
}

} // namespace torgo::reading
