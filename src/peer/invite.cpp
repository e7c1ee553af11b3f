#include "peer/invite.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "peer/base64url.hpp"

#include <algorithm>
#include <charconv>

namespace torgo::peer {

namespace {

constexpr std::string_view scheme = "torgo-invite:";
constexpr std::uint8_t version = 1;
constexpr std::size_t check_size = 4;
constexpr std::string_view onion = ".onion";

std::unexpected<Error> no_address() {
    return fail(Errc::invalid_argument, "an address of a node is tor:HOST:PORT or tcp:HOST:PORT");
}

bool is_plain_host(std::string_view host) noexcept {
    return !host.empty() && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

/// Only as much as keeps the spelling from being mistaken; what resolves it says whether it is one.
bool is_ipv6(std::string_view host) noexcept {
    return std::ranges::count(host, ':') >= 2 && std::ranges::all_of(host, [](char c) {
               return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
           });
}

Result<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, port);
    if (problem != std::errc{} || stop != end || port == 0 || text != std::to_string(port))
        return no_address();
    return port;
}

std::unexpected<Error> no_invite() {
    return fail(Errc::invalid_argument, "this is no invite, or not all of one");
}

Digest check_of(ByteView bytes) {
    return crypto::sha256(bytes);
}

Result<Invite> decode(ByteView body) {
    Reader in(body);
    TRY(const auto found, in.get<std::uint8_t>());
    if (found != version) return fail(Errc::unsupported, "an invite of a later version of torgo");
    Invite invite;
    TRY(invite.node, in.id<PeerId>());
    TRY(const auto count, in.get<std::uint8_t>());
    if (count == 0 || count > max_addresses) return no_invite();
    for (unsigned i = 0; i < count; ++i) {
        TRY(const auto text, in.text(max_address));
        TRY(auto address, parse_address(text));
        invite.addresses.push_back(std::move(address));
    }
    TRY(invite.secret, in.id<InviteSecret>());
    TRY(invite.quota, in.get<std::uint64_t>());
    CHECK_OK(in.done());
    return invite;
}

} // namespace

std::string format_address(const Address& address) {
    const auto host = address.host.contains(':') ? "[" + address.host + "]" : address.host;
    const auto* way = address.way == Address::Way::tor ? "tor:" : "tcp:";
    return way + host + ":" + std::to_string(address.port);
}

Result<Address> parse_address(std::string_view text) {
    if (text.size() > max_address) return no_address();
    Address address;
    address.way = text.starts_with("tcp:") ? Address::Way::tcp : Address::Way::tor;
    if (address.way == Address::Way::tor && !text.starts_with("tor:")) return no_address();
    text.remove_prefix(4);
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return no_address();
    TRY(address.port, parse_port(text.substr(colon + 1)));
    auto host = text.substr(0, colon);
    const bool in_brackets = host.starts_with('[') && host.ends_with(']');
    if (in_brackets) host = host.substr(1, host.size() - 2);
    const bool good = in_brackets ? is_ipv6(host) : is_plain_host(host);
    if (!good || (address.way == Address::Way::tor && !host.ends_with(onion))) return no_address();
    address.host = std::string(host);
    return address;
}

Result<std::string> format_invite(const Invite& invite) {
    if (invite.addresses.empty() || invite.addresses.size() > max_addresses)
        return fail(Errc::invalid_argument, "an invite has 1 to 8 addresses");
    Writer out;
    out.put(version).raw(invite.node.view());
    out.put(static_cast<std::uint8_t>(invite.addresses.size()));
    for (const auto& address : invite.addresses) {
        const auto text = format_address(address);
        TRY(const auto again, parse_address(text));
        if (again != address) return no_address();
        out.text(text);
    }
    out.raw(invite.secret.view()).put(invite.quota);
    out.raw(check_of(out.view()).view().first(check_size));
    return std::string(scheme) + to_base64url(out.view());
}

// PEER-23
Result<Invite> parse_invite(std::string_view text) {
    if (text.size() > max_invite_text || !text.starts_with(scheme)) return no_invite();
    TRY(const auto bytes, from_base64url(text.substr(scheme.size())));
    if (bytes.size() < check_size) return no_invite();
    const auto body = ByteView(bytes).first(bytes.size() - check_size);
    const auto check = check_of(body);
    if (!std::ranges::equal(check.view().first(check_size), ByteView(bytes).last(check_size)))
        return fail(Errc::invalid_argument, "the invite has a typing error or is cut");
    auto invite = decode(body);
    if (!invite && invite.error().code() != Errc::unsupported) return no_invite();
    return invite;
}

} // namespace torgo::peer
