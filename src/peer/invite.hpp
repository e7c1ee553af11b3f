#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "peer/messages.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::peer {

inline constexpr std::size_t max_addresses = 8;
inline constexpr std::size_t max_address = 128;
inline constexpr std::size_t max_invite_text = 1600;

/// How a node is reached.
struct Address {
    enum class Way : std::uint8_t { tor, tcp };

    Way way = Way::tor;
    std::string host; ///< a name or an address without brackets
    std::uint16_t port = 0;

    bool operator==(const Address&) const = default;
};

/// "tor:HOST:PORT" or "tcp:HOST:PORT", and its strict inverse. errors  `invalid_argument`
std::string format_address(const Address& address);
Result<Address> parse_address(std::string_view text);

/// What the person at a node gives to the owner of a repository: where the node is, who it is, and
/// the secret with which one repository may join.
struct Invite {
    PeerId node;
    std::vector<Address> addresses; ///< 1 to max_addresses
    InviteSecret secret;
    std::uint64_t quota = 0; ///< bytes that the node offers

    bool operator==(const Invite&) const = default;
};

/// One line of at most max_invite_text characters.
/// errors  `invalid_argument` for addresses out of their bounds
/// source  docs/spec/peer-protocol.md 5
Result<std::string> format_invite(const Invite& invite);

/// The strict inverse. errors  `invalid_argument`, `unsupported` for a later version
Result<Invite> parse_invite(std::string_view text);

} // namespace torgo::peer
