// One question at a time: tor drops its answer to a greeting that came together with the
// authentication.
#include "tor/socks.hpp"

#include "tor/read_all.hpp"

#include <array>
#include <string_view>

namespace torgo::tor {

namespace {

constexpr std::uint8_t socks_version = 5;
constexpr std::uint8_t method_password = 2;
constexpr std::uint8_t method_none = 0xFF;
constexpr std::uint8_t password_version = 1;
constexpr std::uint8_t command_connect = 1;
constexpr std::uint8_t reserved = 0;
constexpr std::size_t field_max = 255;
constexpr std::string_view reserved_prefix = "<torS0X>";

enum AddressType : std::uint8_t { ipv4 = 1, name = 3, ipv6 = 4 };

/// A field with its length before it.
std::string sized(std::string_view field) {
    std::string out(1, static_cast<char>(field.size()));
    return out += field;
}

Result<> check_field(std::string_view field, std::string_view what) {
    if (!field.empty() && field.size() <= field_max) return {};
    return fail(Errc::invalid_argument, std::string(what) + " must have 1 to 255 bytes");
}

Result<> greet(env::Stream& stream, env::Deadline deadline) {
    CHECK_OK(
        stream.write(std::array<std::uint8_t, 3>{socks_version, 1, method_password}, deadline));
    std::array<std::uint8_t, 2> answer{};
    CHECK_OK(read_all(stream, answer, deadline));
    if (answer[0] != socks_version) return fail(Errc::corrupt, "the proxy speaks no SOCKS5");
    if (answer[1] == method_password) return {};
    if (answer[1] == method_none || answer[1] == 0)
        return fail(Errc::unsupported,
                    "the proxy takes no user and password, so it cannot isolate");
    return fail(Errc::corrupt, "the proxy chose what was not offered");
}

Result<> authenticate(env::Stream& stream, const Isolation& isolation, env::Deadline deadline) {
    const auto question =
        char{password_version} + sized(isolation.user) + sized(isolation.password);
    CHECK_OK(stream.write(as_bytes(question), deadline));
    std::array<std::uint8_t, 2> answer{};
    CHECK_OK(read_all(stream, answer, deadline));
    if (answer[0] != password_version) return fail(Errc::corrupt, "the proxy speaks no RFC 1929");
    if (answer[1] != 0) return fail(Errc::permission, "the proxy refuses user and password");
    return {};
}

/// The address that follows in a reply; nobody needs it.
Result<> skip_bound_address(env::Stream& stream, std::uint8_t type, env::Deadline deadline) {
    std::size_t size = 0;
    if (type == ipv4) {
        size = 4;
    } else if (type == ipv6) {
        size = 16;
    } else if (type == name) {
        std::array<std::uint8_t, 1> length{};
        CHECK_OK(read_all(stream, length, deadline));
        size = length[0];
    } else {
        return fail(Errc::corrupt, "the proxy names an address of unknown type");
    }
    std::array<std::uint8_t, field_max + 2> address{};
    return read_all(stream, ByteSpan(address).first(size + 2), deadline);
}

Result<> ask(env::Stream& stream, const std::string& host, std::uint16_t port,
             env::Deadline deadline) {
    auto question = std::string{socks_version, command_connect, reserved, name} + sized(host);
    question += static_cast<char>(port >> 8U);
    question += static_cast<char>(port & 0xFFU);
    CHECK_OK(stream.write(as_bytes(question), deadline));
    std::array<std::uint8_t, 4> answer{};
    CHECK_OK(read_all(stream, ByteSpan(answer).first(2), deadline));
    if (answer[0] != socks_version) return fail(Errc::corrupt, "the proxy speaks no SOCKS5");
    // What follows a refusal may never come.
    if (answer[1] != 0) return std::unexpected(socks_error(answer[1]));
    CHECK_OK(read_all(stream, ByteSpan(answer).last(2), deadline));
    if (answer[2] != reserved) return fail(Errc::corrupt, "the proxy speaks no SOCKS5");
    return skip_bound_address(stream, answer[3], deadline);
}

struct Meaning {
    std::uint8_t code;
    Errc errc;
    const char* words;
};

constexpr Meaning meanings[] = {
    {0x01, Errc::unavailable, "no way to the peer"},
    {0x02, Errc::permission, "the proxy's rules do not allow it"},
    {0x03, Errc::unavailable, "the network is not reachable"},
    {0x04, Errc::unavailable, "the peer is not reachable"},
    {0x05, Errc::unavailable, "the peer refuses connections"},
    {0x06, Errc::timeout, "the peer did not answer tor in time"},
    {0x07, Errc::unsupported, "the proxy cannot connect"},
    {0x08, Errc::unsupported, "the proxy takes no names"},
    {0xF0, Errc::unavailable, "the onion service has not announced itself"},
    {0xF1, Errc::unavailable, "the onion service's announcement cannot be read"},
    {0xF2, Errc::unavailable, "the onion service does not answer: no introduction"},
    {0xF3, Errc::unavailable, "the onion service does not answer: no rendezvous"},
    {0xF4, Errc::permission, "the onion service wants a client's key"},
    {0xF5, Errc::permission, "the onion service does not know the client's key"},
    {0xF6, Errc::invalid_argument, "tor takes this for no onion address"},
    {0xF7, Errc::unavailable, "the onion service does not answer: introduction timed out"},
};

} // namespace

Error socks_error(std::uint8_t code) {
    for (const auto& meaning : meanings)
        if (meaning.code == code) return {meaning.errc, meaning.words};
    return {Errc::corrupt, "the proxy gives the unknown code " + std::to_string(code)};
}

Result<> socks_connect(env::Stream& stream, const std::string& host, std::uint16_t port,
                       const Isolation& isolation, env::Deadline deadline) {
    CHECK_OK(check_field(host, "a host"));
    CHECK_OK(check_field(isolation.user, "a user"));
    CHECK_OK(check_field(isolation.password, "a password"));
    if (port == 0) return fail(Errc::invalid_argument, "there is no port 0");
    if (isolation.user.starts_with(reserved_prefix))
        return fail(Errc::invalid_argument, "tor keeps this user name for itself");
    CHECK_OK_WITH("asking the proxy", greet(stream, deadline));
    CHECK_OK_WITH("asking the proxy", authenticate(stream, isolation, deadline));
    CHECK_OK_WITH("connecting to " + host, ask(stream, host, port, deadline));
    return {};
}

} // namespace torgo::tor
