#pragma once

#include "env/network.hpp"

namespace torgo::sys {

/// The machine's own sockets: TCP to a numeric address, "localhost" or a name, and Unix sockets.
/// A name that is no address is looked up by the system, which may take longer than the deadline;
/// names under .onion never are (RFC 7686), they are an invalid_argument here.
class Network final : public env::Network {
public:
    Result<std::unique_ptr<env::Stream>> connect(const env::Endpoint& to, env::Deadline deadline,
                                                 const std::stop_token& stop) override;
};

/// A stream of the connected socket of this number, which it owns and makes non-blocking; for
/// listeners.
std::unique_ptr<env::Stream> make_stream(int number);

} // namespace torgo::sys
