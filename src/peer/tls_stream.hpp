#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/tls.hpp"
#include "env/network.hpp"

#include <memory>

namespace torgo::peer {

/// A link over `raw` to the peer `expected`, which is closed when it cannot be made.
///
/// out     a stream whose bytes are encrypted and proved; its `close` sends close_notify if the raw
///         stream takes it at once. One thread may read while another writes.
/// errors  `authentication` when another peer answers, which then has learned nothing of who asked;
///         else those of crypto::TlsSession and of the raw stream. A server refuses a client only
///         after this returns: the first read then fails with `authentication`.
/// cost    one round trip, 20 KB, about 3 ms of a core; up to 1 MB while it lives
Result<std::unique_ptr<env::Stream>> tls_connect(std::unique_ptr<env::Stream> raw,
                                                 const crypto::TlsContext& context,
                                                 const PeerId& expected, env::Deadline deadline);

struct AcceptedLink {
    std::unique_ptr<env::Stream> stream;
    PeerId peer; ///< proved; whether it may do anything is for the caller to judge
};

/// The side that was called. Errors and cost as tls_connect.
Result<AcceptedLink> tls_accept(std::unique_ptr<env::Stream> raw, const crypto::TlsContext& context,
                                env::Deadline deadline);

} // namespace torgo::peer
