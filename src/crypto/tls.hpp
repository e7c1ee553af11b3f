#pragma once

// The link between two peers (docs/design/links.md): TLS 1.3 with one group, one cipher suite and
// one kind of certificate, all of them safe against quantum computers, and both sides named by the
// hash of their key. There is no certification authority, no date and no host name: whom a link
// leads to is asked of the PeerId, and by the caller.

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/secret.hpp"

#include <cstdint>
#include <memory>

namespace torgo::crypto {

/// The name of the peer that has this ML-DSA-65 public key of 1952 bytes:
/// SHA-256("TORGO/PEER/1" || key).
PeerId peer_id_of(ByteView public_key);

/// A peer's ML-DSA-65 key and the self-signed X.509 certificate that carries it. The same seed
/// gives the same certificate, byte for byte.
class TlsIdentity {
public:
    static constexpr std::size_t seed_size = 32;

    /// errors  `invalid_argument` for a seed of another size
    /// cost    about 1 ms
    static Result<TlsIdentity> from_seed(const SecretBytes& seed);

    TlsIdentity(TlsIdentity&&) noexcept;
    TlsIdentity& operator=(TlsIdentity&&) noexcept;
    ~TlsIdentity();

    const PeerId& id() const noexcept;

    /// The certificate as DER, about 5.4 KB. Public.
    Bytes certificate() const;

private:
    friend class TlsContext;
    struct State;
    explicit TlsIdentity(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

enum class TlsRole : std::uint8_t { client, server };

/// The rules of a link, made once and shared by all links of one role and identity. Thread-safe.
class TlsContext {
public:
    /// errors  `unsupported` when this OpenSSL cannot do what the rules ask
    static Result<TlsContext> make(TlsRole role, const TlsIdentity& identity);

    TlsContext(TlsContext&&) noexcept;
    TlsContext& operator=(TlsContext&&) noexcept;
    ~TlsContext();

    TlsRole role() const noexcept { return m_role; }

    /// The SSL_CTX*, with a reference that now belongs to the caller, who frees it with
    /// SSL_CTX_free (the constructor of boost::asio::ssl::context that takes one does so). Its
    /// verification must be left as it is, so no set_verify_mode and no set_verify_callback.
    void* native() const noexcept;

private:
    friend class TlsSession;
    struct State;
    TlsContext(TlsRole role, std::unique_ptr<State> state);
    TlsRole m_role;
    std::unique_ptr<State> m_state;
};

/// Who is at the other end of an SSL* made from TlsContext::native.
/// errors  `authentication` before the end of the handshake, or when nobody was proved to be there
Result<PeerId> peer_of(void* ssl);

/// One link without its socket: bytes of the wire go in and come out, and so do plain bytes. Not
/// thread-safe. After an error every call gives the same error; what `output` then holds is the
/// alert for the other side.
class TlsSession {
public:
    /// Of the wire, before `decrypt` has to be called.
    static constexpr std::size_t input_size_max = 128_KiB;
    /// Of the wire, from which `encrypt` takes no more.
    static constexpr std::size_t output_size_enough = 256_KiB;

    explicit TlsSession(const TlsContext& context);
    TlsSession(TlsSession&&) noexcept;
    TlsSession& operator=(TlsSession&&) noexcept;
    ~TlsSession();

    /// Where bytes from the wire may be put, and how many; never nothing after a `handshake` or
    /// `decrypt` that gave no result for want of input.
    ByteSpan input_space();
    /// So many of them are there now.
    void input_filled(std::size_t size);
    /// Copies as much of `wire` as there is space for, and tells how much that was.
    std::size_t feed(ByteView wire);
    /// The wire gives no more bytes.
    void input_ended() noexcept;

    /// Gives back the memory of both directions as far as nothing waits there; it is taken again
    /// when it is needed. For links that will be silent for long.
    void release_memory();

    /// Goes on with the handshake as far as the input reaches: true when it is done. A client must
    /// look at `peer` before it sends what `output` then holds; a server has proved nobody before.
    /// errors  `authentication` for a certificate or proof that is refused, here or there;
    ///         `unsupported` for another group, suite or version; `corrupt` for bytes that are no
    ///         handshake; `unavailable` when the wire ended
    Result<bool> handshake();

    /// Decrypts 1 to `out.size()` bytes; 0 when it needs more input, or has `ended`.
    /// errors  as handshake; `unavailable` when the wire ended and the other side did not say so
    Result<std::size_t> decrypt(ByteSpan out);

    /// True after the other side has said, by close_notify, that nothing more will come.
    bool ended() const noexcept;

    /// Encrypts the beginning of `plain`, as much as `output` has room for, and tells how much.
    Result<std::size_t> encrypt(ByteView plain);

    /// Says that nothing more will come from here.
    Result<> close_notify();

    /// What is to be sent. Bytes stay here until they are taken.
    ByteView output() const noexcept;
    /// Moves them to `out`, whose old content is lost and whose memory is used again.
    void take_output(Bytes& out);

    /// Who is at the other end; errors as peer_of.
    Result<PeerId> peer() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace torgo::crypto
