// The address in a URI is that of an invite (invite.hpp), so that one grammar says what a host is.
#include "peer/node_uri.hpp"

namespace torgo::peer {

namespace {
constexpr std::string_view tor_scheme = "tor://";
constexpr std::string_view tls_scheme = "tls://";
constexpr std::string_view onion = ".onion";
constexpr std::size_t id_digits = 2 * PeerId::size;
constexpr std::size_t max_node_uri = tor_scheme.size() + max_address + 1 + id_digits;

std::unexpected<Error> no_uri() {
    return fail(Errc::invalid_argument,
                "a head on a node is tor://HOST.onion[:PORT]/ID or tls://HOST:PORT/ID, where ID is "
                "the node's 64 hexadecimal digits and the port of tor:// is left out when it is " +
                    std::to_string(default_node_port));
}

/// "tor:HOST:PORT", as an address is written, of what stands between the scheme and the id.
std::string address_text(std::string_view place, bool tor) {
    std::string text(tor ? "tor:" : "tcp:");
    text.append(place);
    if (tor && !place.contains(':')) text.append(":").append(std::to_string(default_node_port));
    return text;
}
} // namespace

std::string format_node_uri(const NodeUri& uri) {
    const bool tor = uri.address.way == Address::Way::tor;
    auto place = format_address(uri.address).substr(4);
    if (tor && uri.address.port == default_node_port) place.resize(place.rfind(':'));
    return std::string(tor ? tor_scheme : tls_scheme) + place + "/" + uri.node.hex();
}

// HEAD-30
Result<NodeUri> parse_node_uri(std::string_view text) {
    const bool tor = text.starts_with(tor_scheme);
    if (!tor && !text.starts_with(tls_scheme))
        return fail(Errc::unsupported, "not the URI of a head on a node");
    const auto slash = text.rfind('/');
    if (text.size() > max_node_uri || slash < tor_scheme.size()) return no_uri();
    const auto place = text.substr(tor_scheme.size(), slash - tor_scheme.size());
    auto address = parse_address(address_text(place, tor));
    auto node = PeerId::parse(text.substr(slash + 1));
    if (!address || !node) return no_uri();
    NodeUri uri{.address = *std::move(address), .node = *node};
    // An onion asked of the local network would tell its resolver who is spoken to.
    if (!tor && uri.address.host.contains(onion)) return no_uri();
    if (format_node_uri(uri) != text) return no_uri();
    return uri;
}

} // namespace torgo::peer
