#include "segment/range_reader.hpp"

#include "segment/cells.hpp"
#include "segment/erasure.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace torgo::segment {

/// Until what is wanted is there.
Result<> RangeReader::wait() {
    for (;;) {
        if (m_trouble) reinforce();
        if (served()) return {};
        if (m_open.empty()) return std::unexpected(too_few());
        if (auto answer = m_fetcher.next()) {
            CHECK_OK(take(*std::move(answer)));
        } else {
            m_trouble = true;
            for (auto& request : m_open)
                request.late = true;
        }
    }
}

Result<> RangeReader::read_group(const Range& range) {
    plan(range);
    CHECK_OK(wait());
    restore();
    for_each_part(range, m_info.code.k, [&](unsigned j, std::uint64_t at, ByteSpan part) {
        const auto& run = m_runs[j];
        std::ranges::copy(run.view().subspan(at - run.window.lo, part.size()), part.begin());
    });
    return {};
}

Result<std::vector<unsigned>> RangeReader::read_any(const Window& window) {
    begin();
    m_wanted.assign(m_info.code.k, {});
    m_all = window;
    m_any = m_trouble = true;
    CHECK_OK(wait());
    auto from = indices_of(whole());
    from.resize(m_info.code.k);
    return from;
}

/// Forgets the group before.
void RangeReader::begin() {
    m_runs.clear();
    m_runs.resize(m_info.code.n);
    m_open.clear(); // their answers will not be known any more
    m_asked_all = 0;
    m_any = m_trouble = false;
}

/// Begins a group and asks for what is wanted of the data segments.
void RangeReader::plan(const Range& range) {
    begin();
    const unsigned k = m_info.code.k;
    m_wanted.assign(k, {});
    for_each_part(range, k, [&](unsigned j, std::uint64_t at, ByteSpan part) {
        m_wanted[j] = {m_wanted[j].empty() ? at : m_wanted[j].lo, at + part.size()};
    });
    m_all = {.lo = ~std::uint64_t{0}, .hi = 0};
    for (const auto& window : m_wanted)
        if (!window.empty()) m_all = {std::min(m_all.lo, window.lo), std::max(m_all.hi, window.hi)};
    if (m_info.code.regenerates() && !m_all.empty()) // it restores whole cells or nothing
        m_all = {.lo = m_all.lo / cell_size * cell_size,
                 .hi = (m_all.hi + cell_size - 1) / cell_size * cell_size};
    const auto last = m_avoid | m_failed | m_fetcher.reluctant();
    for (unsigned j = 0; j < k; ++j)
        if (!m_wanted[j].empty() && (last & mask_of(j)) != 0) m_trouble = true;
    for (unsigned j = 0; j < k; ++j)
        if (!m_wanted[j].empty() && (last & mask_of(j)) == 0)
            ask(j, m_trouble ? m_all : m_wanted[j]);
}

void RangeReader::ask(unsigned index, const Window& window) {
    if (window == m_all) m_asked_all |= mask_of(index);
    m_open.push_back({.ticket = m_fetcher.ask(index, window.lo, window.size()),
                      .index = index,
                      .window = window});
}

/// Errors: `cancelled` only; any other makes others be asked.
Result<> RangeReader::take(Fetcher::Answer answer) {
    const auto at = std::ranges::find(m_open, answer.ticket, &Request::ticket);
    if (at == m_open.end()) return {};
    const auto request = *at;
    m_open.erase(at);
    if (answer.bytes) {
        auto& run = m_runs[request.index];
        if (!run.bytes || request.window.covers(run.window))
            run = {.window = request.window, .bytes = *std::move(answer.bytes)};
        return {};
    }
    if (answer.bytes.error().code() == Errc::cancelled)
        return std::unexpected(std::move(answer.bytes).error());
    m_failed |= mask_of(request.index);
    m_trouble = true;
    return {};
}

/// Asks for more until k segments have all, or will have it in time: those that failed before, or
/// hung, only when there are no others.
void RangeReader::reinforce() {
    const SegmentMask every = m_info.code.n == 64 ? ~SegmentMask{0} : mask_of(m_info.code.n) - 1;
    const auto open_to = every & ~m_avoid;
    const auto last = m_failed | m_fetcher.reluctant();
    while (expected() < m_info.code.k)
        if (!ask_one(open_to & ~last) && !ask_one(open_to & last)) return;
}

bool RangeReader::ask_one(SegmentMask among) {
    among &= ~(m_asked_all | whole());
    if (among == 0) return false;
    ask(static_cast<unsigned>(std::countr_zero(among)), m_all);
    return true;
}

/// The segments that have all.
SegmentMask RangeReader::whole() const {
    SegmentMask out = 0;
    for (unsigned i = 0; i < m_runs.size(); ++i)
        if (m_runs[i].bytes && m_runs[i].window == m_all) out |= mask_of(i);
    return out;
}

unsigned RangeReader::expected() const {
    const auto coming = std::ranges::count_if(
        m_open, [&](const Request& request) { return request.window == m_all && !request.late; });
    return static_cast<unsigned>(std::popcount(whole()) + coming);
}

bool RangeReader::served() const {
    const auto has = [&](unsigned j) {
        return m_wanted[j].empty() || (m_runs[j].bytes && m_runs[j].window.covers(m_wanted[j]));
    };
    bool all_there = true;
    for (unsigned j = 0; j < m_info.code.k; ++j)
        all_there = all_there && has(j);
    return (all_there && !m_any) || std::popcount(whole()) >= static_cast<int>(m_info.code.k);
}

/// Makes the wanted runs that did not come, from k segments that have all.
void RangeReader::restore() {
    SegmentMask missing = 0;
    for (unsigned j = 0; j < m_info.code.k; ++j)
        if (!m_wanted[j].empty() && !(m_runs[j].bytes && m_runs[j].window.covers(m_wanted[j])))
            missing |= mask_of(j);
    if (missing == 0) return;
    auto from = indices_of(whole());
    from.resize(m_info.code.k);
    const auto to = indices_of(missing);
    std::vector<ByteView> inputs;
    std::vector<ByteSpan> outputs;
    for (const auto i : from)
        inputs.push_back(m_runs[i].view());
    for (const auto i : to) {
        m_runs[i] = {.window = m_all,
                     .bytes = std::make_unique_for_overwrite<std::uint8_t[]>(m_all.size())};
        outputs.emplace_back(m_runs[i].bytes.get(), m_all.size());
    }
    CellMap::restore(m_info.code, from, to).apply(inputs, outputs);
}

Error RangeReader::too_few() const {
    return {Errc::too_few_heads, "only " + std::to_string(std::popcount(whole())) + " of " +
                                     std::to_string(m_info.code.n) + " segments answer, " +
                                     std::to_string(m_info.code.k) + " are needed"};
}

} // namespace torgo::segment
