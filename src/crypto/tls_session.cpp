#include "crypto/tls_internal.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace torgo::crypto {

namespace {
// What may wait to be sent beside what `encrypt` makes: a handshake's flight, answers to a peer
// that changes its keys. A peer that makes more of it wait is broken off.
constexpr std::size_t output_size_max = TlsSession::output_size_enough + 64_KiB;

using BioMethod = std::unique_ptr<BIO_METHOD, Deleter<BIO_meth_free>>;

/// Both directions of the wire. OpenSSL's own memory BIO clears all its memory whenever it becomes
/// empty; this one does not.
struct Wire {
    Bytes in; ///< of no size, or of input_size_max
    std::size_t in_begin = 0;
    std::size_t in_end = 0;
    bool in_closed = false;
    Bytes out;
};

int wire_read(BIO* bio, char* to, std::size_t size, std::size_t* done) {
    auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    *done = std::min(size, wire.in_end - wire.in_begin);
    if (*done == 0) {
        if (!wire.in_closed) BIO_set_retry_read(bio);
        return 0;
    }
    std::memcpy(to, wire.in.data() + wire.in_begin, *done);
    wire.in_begin += *done;
    return 1;
}

int wire_write(BIO* bio, const char* from, std::size_t size, std::size_t* done) {
    auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (wire.out.size() + size > output_size_max) return 0;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(from); // else copied one by one
    wire.out.insert(wire.out.end(), bytes, bytes + size);
    *done = size;
    return 1;
}

long wire_control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
    const auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
    if (command == BIO_CTRL_EOF) return wire.in_closed && wire.in_begin == wire.in_end ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* wire_method() {
    static const auto method = [] {
        BioMethod made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "torgo wire"));
        ENSURE(made != nullptr && BIO_meth_set_read_ex(made.get(), wire_read) == 1 &&
               BIO_meth_set_write_ex(made.get(), wire_write) == 1 &&
               BIO_meth_set_ctrl(made.get(), wire_control) == 1);
        return made;
    }();
    return method.get();
}

Ssl make_ssl(SSL_CTX* context, TlsRole role, Wire& wire) {
    Ssl ssl(SSL_new(context));
    BIO* bio = BIO_new(wire_method());
    ENSURE(ssl != nullptr && bio != nullptr);
    BIO_set_data(bio, &wire);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl.get(), bio, bio);
    role == TlsRole::client ? SSL_set_connect_state(ssl.get()) : SSL_set_accept_state(ssl.get());
    return ssl;
}
} // namespace

struct TlsSession::State {
    Wire wire;
    Ssl ssl;
    bool established = false;
    std::optional<Error> failed;

    Result<> usable() const {
        if (failed) return std::unexpected(*failed);
        ERR_clear_error();
        return {};
    }

    /// True when the call only wants more input.
    Result<bool> wants_input(int returned, std::string_view doing) {
        const auto why = SSL_get_error(ssl.get(), returned);
        if (why == SSL_ERROR_WANT_READ) return true;
        if (why == SSL_ERROR_ZERO_RETURN) return false;
        if (why == SSL_ERROR_SYSCALL && ERR_peek_error() == 0)
            failed.emplace(Errc::unavailable, std::string(doing) + ": the wire broke");
        else
            failed = tls_error(doing);
        return std::unexpected(*failed);
    }
};

TlsSession::TlsSession(const TlsContext& context) : m_state(std::make_unique<State>()) {
    m_state->ssl = make_ssl(context.m_state->context.get(), context.role(), m_state->wire);
}

TlsSession::TlsSession(TlsSession&&) noexcept = default;
TlsSession& TlsSession::operator=(TlsSession&&) noexcept = default;
TlsSession::~TlsSession() = default;

ByteSpan TlsSession::input_space() {
    auto& wire = m_state->wire;
    if (wire.in_begin == wire.in_end) wire.in_begin = wire.in_end = 0;
    if (wire.in.empty()) wire.in.resize(input_size_max);
    return ByteSpan(wire.in).subspan(wire.in_end);
}

void TlsSession::input_filled(std::size_t size) {
    auto& wire = m_state->wire;
    ENSURE(size <= wire.in.size() - wire.in_end);
    wire.in_end += size;
}

std::size_t TlsSession::feed(ByteView wire) {
    const auto space = input_space();
    const auto size = std::min(space.size(), wire.size());
    std::ranges::copy(wire.first(size), space.begin());
    input_filled(size);
    return size;
}

void TlsSession::input_ended() noexcept {
    m_state->wire.in_closed = true;
}

void TlsSession::release_memory() {
    auto& wire = m_state->wire;
    if (wire.in_begin == wire.in_end) {
        wire.in_begin = wire.in_end = 0;
        Bytes().swap(wire.in);
    }
    if (wire.out.empty()) Bytes().swap(wire.out);
    SSL_free_buffers(m_state->ssl.get()); // does nothing where a part of a record waits
}

Result<bool> TlsSession::handshake() {
    CHECK_OK(m_state->usable());
    const auto returned = SSL_do_handshake(m_state->ssl.get());
    if (returned == 1) return m_state->established = true;
    TRY(const bool more, m_state->wants_input(returned, "handshake"));
    if (more) return false;
    m_state->failed.emplace(Errc::unavailable, "the other side ended within the handshake");
    return std::unexpected(*m_state->failed);
}

Result<std::size_t> TlsSession::decrypt(ByteSpan out) {
    CHECK_OK(m_state->usable());
    std::size_t total = 0;
    while (total < out.size()) {
        std::size_t size = 0;
        const auto rest = out.subspan(total);
        const auto returned = SSL_read_ex(m_state->ssl.get(), rest.data(), rest.size(), &size);
        if (returned != 1) {
            auto wanting = m_state->wants_input(returned, "decrypting");
            // What came before an error is good; the next call tells of the error.
            if (!wanting && total == 0) return std::unexpected(std::move(wanting).error());
            break;
        }
        total += size;
    }
    return total;
}

bool TlsSession::ended() const noexcept {
    return (SSL_get_shutdown(m_state->ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0 && !m_state->failed;
}

Result<std::size_t> TlsSession::encrypt(ByteView plain) {
    CHECK_OK(m_state->usable());
    ENSURE(m_state->established);
    std::size_t taken = 0;
    while (taken < plain.size() && m_state->wire.out.size() < output_size_enough) {
        std::size_t size = 0;
        const auto rest = plain.subspan(taken);
        const auto returned = SSL_write_ex(m_state->ssl.get(), rest.data(), rest.size(), &size);
        if (returned != 1) {
            CHECK_OK(m_state->wants_input(returned, "encrypting"));
            // Only a key update in pieces makes writing wait for reading; nobody has cause to.
            m_state->failed.emplace(Errc::corrupt, "a message of the handshake came in pieces");
            return std::unexpected(*m_state->failed);
        }
        taken += size;
    }
    return taken;
}

Result<> TlsSession::close_notify() {
    CHECK_OK(m_state->usable());
    const auto returned = SSL_shutdown(m_state->ssl.get());
    if (returned < 0) CHECK_OK(m_state->wants_input(returned, "ending the link"));
    return {};
}

ByteView TlsSession::output() const noexcept {
    return m_state->wire.out;
}

void TlsSession::take_output(Bytes& out) {
    out.clear();
    std::swap(out, m_state->wire.out);
}

Result<PeerId> TlsSession::peer() const {
    CHECK_OK(m_state->usable());
    return peer_of(m_state->ssl.get());
}

} // namespace torgo::crypto
