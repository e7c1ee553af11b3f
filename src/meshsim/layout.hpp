#pragma once

#include "meshsim/survey.hpp"

#include <vector>

// Where relays and edge nodes go, reckoned from the mean losses alone.
namespace torgo::meshsim {

/// Who hears whom from the sockets of a building. [RADIO-10] Shadowing is left out: nobody knows it
/// before the nodes hang on the wall; a margin stands for it.
class Reach {
public:
    struct Heard {
        std::uint32_t who = 0; ///< index of a sensor, or of a socket
        float loss_db = 0;
    };

    /// cost    a look at each pair of a socket and what is near it
    explicit Reach(const Survey& survey);

    /// Nearest (least loss) first.
    const std::vector<Heard>& sensors(std::uint32_t socket) const { return m_sensors[socket]; }

    const std::vector<Heard>& sockets(std::uint32_t socket) const { return m_sockets[socket]; }

private:
    std::vector<std::vector<Heard>> m_sensors;
    std::vector<std::vector<Heard>> m_sockets;
};

/// What one attempt builds with.
struct Choice {
    std::uint8_t hops = 1; ///< from a sensor to an edge node at most; also the TTL
    std::uint8_t redundancy = 2;
    double margin_db = 6;
    std::uint8_t repeats = 2; ///< after the first event of each message
};

inline constexpr std::uint16_t no_cell = 0xFFFF;

struct Layout {
    Choice choice;
    std::vector<std::uint32_t> edges;       ///< sockets
    std::vector<std::uint32_t> relays;      ///< sockets
    std::vector<std::uint16_t> socket_cell; ///< by socket; no_cell where nothing hangs
    std::vector<std::uint16_t> sensor_cell; ///< by sensor
    std::size_t cells = 0;
    std::size_t unheard = 0;  ///< sensors that no socket hears well enough
    double busiest = 0;       ///< share of the time that packets would fill a channel, at the worst
                              ///< receiver, if none overlapped (G of ALOHA)
    double lost_estimate = 0; ///< of the readings there, by ALOHA
};

/// Chooses sockets greedily: each that is heard by most sensors that are not heard often enough.
///
/// Then edge nodes so that all relays are near enough to them, cells of neighbouring edge nodes
/// (two or more each where there are), and reckons the load.
Layout lay_out(const Survey& survey, const Reach& reach, const Choice& choice);

/// The fewest repeats with which few enough readings are lost to collisions; none where the channel
/// cannot carry it: more repeats would only fill it.
std::optional<std::uint8_t> repeats_for(const Survey& survey, const Reach& reach, Layout& layout);

} // namespace torgo::meshsim
