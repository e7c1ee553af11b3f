#include "radio/ledger.hpp"

#include <algorithm>
#include <tuple>

namespace torgo::radio {

void Ledger::take(std::vector<MessageNote>& notes) {
    for (const auto& note : notes) {
        if (note.expected == 0) {
            m_arrivals.push_back(note);
            continue;
        }
        m_open[packed(note.key)] = {note.time, note.expected, 0};
        m_by_source[note.key.source].expected += note.expected;
        ++m_originated;
        m_expected += note.expected;
    }
    notes.clear();
}

void Ledger::settle(Time now) {
    // Which of two arrivals counts depends on their order.
    std::ranges::sort(m_arrivals, {}, [](const MessageNote& note) {
        return std::tuple(note.time, note.key.source, note.key.number, note.node);
    });
    for (const auto& note : m_arrivals)
        arrive(note);
    m_arrivals.clear();
    if (now < m_swept + m_lifetime) return;
    m_swept = now;
    std::erase_if(m_open, [&](const auto& item) { return item.second.born + m_lifetime < now; });
}

void Ledger::arrive(const MessageNote& note) {
    const auto found = m_open.find(packed(note.key));
    if (found == m_open.end()) return;
    auto& open = found->second;
    if (open.arrived == open.expected) {
        ++m_surplus;
        return;
    }
    ++open.arrived;
    ++m_by_source[note.key.source].arrived;
    m_latency.add(note.time - open.born);
}

void Ledger::finish() {
    settle(never - m_lifetime);
    m_open.clear();
}

} // namespace torgo::radio
