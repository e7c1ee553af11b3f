#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "peer/invite.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace torgo::peer {

inline constexpr std::uint16_t default_node_port = 7443;

/// What the URI of a head on a node says: where the node is, and who it is.
struct NodeUri {
    Address address;
    PeerId node;

    bool operator==(const NodeUri&) const = default;
};

/// "tor://HOST.onion[:PORT]/PEERID" or "tls://HOST:PORT/PEERID".
/// source  docs/spec/head.md 2, HEAD-30
std::string format_node_uri(const NodeUri& uri);

/// The strict inverse. errors  `invalid_argument`; `unsupported` for another scheme
Result<NodeUri> parse_node_uri(std::string_view text);

} // namespace torgo::peer
