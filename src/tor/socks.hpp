#pragma once

#include "base/error.hpp"
#include "env/network.hpp"

#include <cstdint>
#include <string>

namespace torgo::tor {

/// User and password that keep circuits apart: streams with different ones never share a circuit
/// (tor's IsolateSOCKSAuth). They are no secret. Each of 1 to 255 bytes; tor keeps users that begin
/// with "<torS0X>" for itself.
struct Isolation {
    std::string user;
    std::string password;
};

/// Asks a SOCKS5 proxy, just connected, to lead the stream to a host by its name.
///
/// in      `stream` that nothing was sent on yet; `host` of 1 to 255 bytes
/// out     the stream is then the way to that host
/// errors  `unavailable` host not to be reached; `timeout`; `permission` refused, or a client
///         authorisation is missing or wrong; `invalid_argument`; `unsupported` a proxy that cannot
///         isolate; `corrupt` no SOCKS5. After an error the stream is useless.
/// source  RFC 1928, RFC 1929; tor's socks-extensions and proposal 304 (codes F0 to F7)
Result<> socks_connect(env::Stream& stream, const std::string& host, std::uint16_t port,
                       const Isolation& isolation, env::Deadline deadline);

/// The meaning of a reply code that is not 0.
Error socks_error(std::uint8_t code);

} // namespace torgo::tor
