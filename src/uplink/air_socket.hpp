#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/clock.hpp"
#include "env/network.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace torgo::uplink {

/// Stations that one socket sends to.
inline constexpr std::size_t stations_max = 64;

/// An air without a radio, for tests and for programs of one machine: each datagram of a Unix
/// socket is one advertising structure, `u8 length ‖ u8 AD type ‖ payload` as in an advertisement.
/// Who listens at a path hears everybody who sends there, and sends to all whom it heard.
class AirSocket {
public:
    /// Listens at `path`, in the place of a socket that nobody holds any more.
    /// errors  `invalid_argument` for a path that is too long; `exists` where somebody listens;
    /// `io`
    static Result<AirSocket> listen(const env::Clock& clock, const std::string& path);

    /// Speaks to who listens at `path`, from a socket of its own at `own_path`.
    /// errors  as listen
    static Result<AirSocket> join(const env::Clock& clock, const std::string& path,
                                  const std::string& own_path);

    AirSocket(AirSocket&& other) noexcept;
    AirSocket& operator=(AirSocket&&) = delete;
    AirSocket(const AirSocket&) = delete;
    AirSocket& operator=(const AirSocket&) = delete;
    ~AirSocket();

    /// To every station; those that are gone are forgotten, but the one that was joined.
    void send(std::uint8_t ad_type, ByteView payload);

    /// AD type and payload of the next frame; nothing at the deadline.
    /// errors  `io`
    Result<std::optional<Bytes>> receive(env::Deadline until);

private:
    AirSocket(const env::Clock& clock, int socket, std::string own_path)
        : m_clock(&clock), m_socket(socket), m_own_path(std::move(own_path)) {}

    static Result<AirSocket> bind(const env::Clock& clock, const std::string& path);
    void note_sender(const std::string& path);

    const env::Clock* m_clock;
    int m_socket;
    std::string m_own_path;
    std::string m_joined;
    std::set<std::string> m_stations;
};

} // namespace torgo::uplink
