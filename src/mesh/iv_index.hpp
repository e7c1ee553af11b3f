#pragma once

#include "mesh/beacon.hpp"
#include "mesh/time.hpp"

#include <cstdint>
#include <optional>

// IV Index, its update and its recovery (Mesh Protocol 1.1, 3.11.5 and 3.11.6).
namespace torgo::mesh {

class IvIndex {
public:
    using Hours = std::chrono::hours;
    static constexpr Hours state_least{96};     ///< no state is left earlier
    static constexpr Hours state_most{144};     ///< In Progress is left at the latest
    static constexpr Hours recovery_pause{192}; ///< between two recoveries
    static constexpr std::uint32_t recovery_reach = 42;

    struct State {
        std::uint32_t index = 0;
        bool updating = false;
        std::uint16_t hours = 0; ///< in this state, as far as is known; counted up to 0xFFFF
        std::uint16_t hours_since_recovery = 0xFFFF;

        bool operator==(const State&) const = default;
    };

    /// What a step changed.
    enum class Change : std::uint8_t {
        none,
        hours,     ///< another hour passed: to be stored
        advanced,  ///< a greater index, the update in progress
        completed, ///< the update is over: sequence numbers begin again
        recovered, ///< another index or state, seen in a beacon after an absence
    };

    /// A network just joined: `hours` is 0 for a new one and state_least for one that was told to
    /// us while an update was under way (3.11.5).
    IvIndex() = default;
    IvIndex(const State& state, Time now);

    const State& state() const { return m_state; }

    /// For what is sent now.
    std::uint32_t transmit() const { return m_state.index - (m_state.updating ? 1U : 0U); }

    /// Of a PDU with this IVI; none where there is no such index yet.
    std::optional<std::uint32_t> receive(bool ivi) const;

    /// Beacons of the primary subnet. `may_complete`: no segmented message is under way.
    Change heard(const NetworkState& beacon, Time now, bool may_complete);

    /// Lets time pass; completes an update when it is due.
    Change pass(Time now, bool may_complete);

    /// Starts an update; `none` where the state is too young or an update is under way.
    Change begin_update(Time now);

    Time next_wake() const { return m_hour_ends; }

private:
    Change enter(std::uint32_t index, bool updating, Change change, Time now);
    Change complete(Time now, bool may_complete);
    Change recover(const NetworkState& beacon, Time now);
    bool is_old_enough() const { return m_state.hours >= state_least.count(); }

    State m_state;
    Time m_hour_ends = never;
};

} // namespace torgo::mesh
