#include "mesh/iv_index.hpp"

namespace torgo::mesh {

namespace {
constexpr std::uint16_t hours_max = 0xFFFF;

void count_up(std::uint16_t& hours) {
    if (hours < hours_max) ++hours;
}
} // namespace

IvIndex::IvIndex(const State& state, Time now) : m_state(state), m_hour_ends(now + Hours(1)) {}

std::optional<std::uint32_t> IvIndex::receive(bool ivi) const {
    if (((m_state.index & 1U) != 0) == ivi) return m_state.index;
    if (m_state.index == 0) return std::nullopt;
    return m_state.index - 1;
}

IvIndex::Change IvIndex::enter(std::uint32_t index, bool updating, Change change, Time now) {
    m_state.index = index;
    m_state.updating = updating;
    m_state.hours = 0;
    m_hour_ends = now + Hours(1);
    return change;
}

IvIndex::Change IvIndex::complete(Time now, bool may_complete) {
    if (!may_complete) return Change::none;
    return enter(m_state.index, false, Change::completed, now);
}

// [MESH-12]
IvIndex::Change IvIndex::recover(const NetworkState& beacon, Time now) {
    if (m_state.hours_since_recovery < recovery_pause.count()) return Change::none;
    m_state.hours_since_recovery = 0;
    return enter(beacon.iv_index, beacon.iv_update, Change::recovered, now);
}

// [MESH-11]
IvIndex::Change IvIndex::heard(const NetworkState& beacon, Time now, bool may_complete) {
    if (beacon.iv_index < m_state.index) return Change::none;
    const auto ahead = beacon.iv_index - m_state.index;
    if (ahead > recovery_reach) return Change::none;
    if (ahead == 0) {
        if (!m_state.updating || beacon.iv_update || !is_old_enough()) return Change::none;
        return complete(now, may_complete);
    }
    if (ahead == 1 && beacon.iv_update && !m_state.updating) {
        if (!is_old_enough()) return Change::none;
        return enter(beacon.iv_index, true, Change::advanced, now);
    }
    return recover(beacon, now);
}

IvIndex::Change IvIndex::pass(Time now, bool may_complete) {
    auto change = Change::none;
    while (m_hour_ends <= now) {
        m_hour_ends += Hours(1);
        count_up(m_state.hours);
        count_up(m_state.hours_since_recovery);
        change = Change::hours;
    }
    if (m_state.updating && m_state.hours >= state_most.count()) {
        const auto completed = complete(now, may_complete);
        if (completed != Change::none) return completed;
    }
    return change;
}

IvIndex::Change IvIndex::begin_update(Time now) {
    if (m_state.updating || !is_old_enough() || m_state.index == 0xFFFFFFFF) return Change::none;
    return enter(m_state.index + 1, true, Change::advanced, now);
}

} // namespace torgo::mesh
