#pragma once

#include "base/error.hpp"
#include "crypto/secret.hpp"
#include "env/network.hpp"
#include "env/random.hpp"
#include "tor/control_reply.hpp"
#include "tor/onion_address.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::tor {

inline constexpr std::size_t cookie_size = 32;

/// What tor says of itself before anybody has proved anything.
struct ProtocolInfo {
    std::vector<std::string> methods; ///< "NULL", "SAFECOOKIE", …
    std::string cookie_file;          ///< empty where it has none
    std::string version;

    bool offers(std::string_view method) const;
};

/// An onion service as asked for.
struct OnionRequest {
    std::uint16_t port = 0;              ///< what clients ask for
    env::Endpoint target;                ///< a Unix socket, or a port of this machine
    const crypto::SecretBytes* key = {}; ///< "ED25519-V3:…"; without one tor makes a new one
    std::optional<OnionAddress> address; ///< the one of `key`, where it is known
};

struct MadeOnion {
    OnionAddress address;
    crypto::SecretBytes key; ///< of a new one; else empty
};

/// A connection to tor's control port. For one thread, save close(). Events reach the handler from
/// inside any call that waits.
class Control {
public:
    using EventHandler = std::function<void(const Reply&)>;

    Control(std::unique_ptr<env::Stream> stream, env::Random& random);

    void on_event(EventHandler handler) { m_on_event = std::move(handler); }

    /// Sends one command line and waits for the answer.
    /// errors  those of the stream; `unavailable` at its end; `corrupt`, `limit_exceeded` for an
    ///         answer that is none: the connection is then closed
    Result<Reply> ask(std::string_view command, env::Deadline deadline);

    /// ask(), and that the answer is a success. errors  also `permission` (codes 514, 515),
    /// `invalid_argument` (what tor does not understand or allow), `io` (the rest)
    Result<Reply> command(std::string_view command, env::Deadline deadline);

    /// Waits until at least one event has been handed on. errors  as ask; `timeout`
    Result<> poll_event(env::Deadline deadline);

    Result<ProtocolInfo> protocol_info(env::Deadline deadline);

    /// Both sides prove that they know the cookie; neither tells it (SAFECOOKIE).
    /// errors  as command; `authentication` when the other side does not know it
    Result<> authenticate(ByteView cookie, env::Deadline deadline);

    /// Where tor wants no proof (method NULL).
    Result<> authenticate_without_proof(env::Deadline deadline);

    Result<std::string> get_info(const std::string& key, env::Deadline deadline);

    /// ADD_ONION with proof-of-work defences where tor has them. A service of this key that tor
    /// runs already is replaced.
    Result<MadeOnion> add_onion(const OnionRequest& request, env::Deadline deadline);

    Result<> delete_onion(const OnionAddress& address, env::Deadline deadline);

    /// Tor ends when this connection does, and no longer by the process number it was given.
    Result<> take_ownership(env::Deadline deadline);

    /// May be called by any thread; whoever waits gets `cancelled`.
    void close() noexcept { m_stream->close(); }

private:
    Result<Reply> read_reply(env::Deadline deadline);
    Result<> read_more(env::Deadline deadline);
    Result<Reply> ask_for_onion(const OnionRequest& request, bool with_pow, env::Deadline deadline);
    Result<Reply> ask_for_onion(const OnionRequest& request, env::Deadline deadline);

    std::unique_ptr<env::Stream> m_stream;
    env::Random& m_random;
    ReplyParser m_parser;
    EventHandler m_on_event;
};

} // namespace torgo::tor
