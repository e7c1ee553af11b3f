#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace torgo::tor {

/// How many circuits a tor has, from what it says of each as it changes. Never more than
/// circuits_max are followed: a tor of one machine has some tens.
/// source  Tor control protocol, 4.1.1 CIRC and 3.9 circuit-status
class Circuits {
public:
    static constexpr std::size_t circuits_max = 4096;

    struct Count {
        std::size_t built = 0;
        std::size_t building = 0;

        bool operator==(const Count&) const = default;
    };

    /// A circuit changed. in  `status`: LAUNCHED, GUARD_WAIT, EXTENDED, BUILT, FAILED or CLOSED;
    /// others change nothing
    void note(const std::string& id, std::string_view status);

    /// The lines of circuit-status: "ID STATUS …".
    void note_all(std::string_view lines);

    void clear();

    Count count() const { return {.built = m_built.size(), .building = m_building.size()}; }

private:
    std::set<std::string> m_built;
    std::set<std::string> m_building;
};

} // namespace torgo::tor
