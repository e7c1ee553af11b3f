// The session is one object for both directions, the raw stream is two: a mutex guards the session,
// and is not held while anybody waits for the wire. What the session wants to send (also the answer
// to a change of keys, which a read finds) goes out with the next write, so that only writers write
// and the order of records is that of the session.
#include "peer/tls_stream.hpp"

#include "base/bytes.hpp"

#include <mutex>
#include <utility>

namespace torgo::peer {

namespace {
class TlsStream final : public env::Stream {
public:
    TlsStream(std::unique_ptr<env::Stream> raw, const crypto::TlsContext& context)
        : m_raw(std::move(raw)), m_session(context) {}

    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    ~TlsStream() override { TlsStream::close(); }

    /// The handshake, all of it but the sending of what is then in the session's output.
    Result<PeerId> meet(env::Deadline deadline) {
        while (true) {
            auto done = m_session.handshake();
            if (!done) {
                (void)flush(deadline); // the alert; that there was an error is worse than its loss
                return std::unexpected(std::move(done).error());
            }
            if (*done) return m_session.peer();
            CHECK_OK(flush(deadline));
            CHECK_OK(receive(deadline));
        }
    }

    /// Sends what the session has to say.
    Result<> flush(env::Deadline deadline) {
        const std::lock_guard writing(m_write_mutex);
        {
            const std::lock_guard lock(m_mutex);
            m_session.take_output(m_wire_out);
        }
        return m_wire_out.empty() ? Result<>{} : send(deadline);
    }

    /// Ends it without a word.
    void drop() noexcept {
        m_silent = true;
        m_raw->close();
    }

    Result<std::size_t> read_some(ByteSpan out, env::Deadline deadline) override {
        while (true) {
            {
                const std::lock_guard lock(m_mutex);
                TRY(const auto size, m_session.decrypt(out));
                if (size != 0 || m_session.ended() || out.empty()) return size;
            }
            CHECK_OK(receive(deadline));
        }
    }

    Result<> write(ByteView bytes, env::Deadline deadline) override {
        const std::lock_guard writing(m_write_mutex);
        if (m_broken) return fail(Errc::unavailable, "an earlier write was not finished");
        while (!bytes.empty()) {
            {
                const std::lock_guard lock(m_mutex);
                TRY(const auto taken, m_session.encrypt(bytes));
                bytes = bytes.subspan(taken);
                m_session.take_output(m_wire_out);
            }
            CHECK_OK(send(deadline));
        }
        return {};
    }

    void close() noexcept override {
        say_goodbye();
        m_raw->close();
    }

private:
    /// One piece of the wire into the session. The reader alone calls it, and the session had used
    /// up its input.
    Result<> receive(env::Deadline deadline) {
        ByteSpan space;
        {
            const std::lock_guard lock(m_mutex);
            space = m_session.input_space(); // which a writer leaves alone
        }
        TRY(const auto size, m_raw->read_some(space, deadline));
        const std::lock_guard lock(m_mutex);
        if (size == 0)
            m_session.input_ended();
        else
            m_session.input_filled(size);
        return {};
    }

    /// The writer alone calls it. What is sent in part can never be gone on with.
    Result<> send(env::Deadline deadline) {
        auto written = m_raw->write(m_wire_out, deadline);
        m_broken = !written;
        return written;
    }

    /// Says close_notify, once, if nobody writes and no record was left half written. It is a
    /// courtesy: it waits for nothing.
    void say_goodbye() noexcept {
        const std::unique_lock writing(m_write_mutex, std::try_to_lock);
        if (!writing.owns_lock() || m_broken || std::exchange(m_silent, true)) return;
        const std::lock_guard lock(m_mutex);
        if (!m_session.close_notify()) return;
        m_session.take_output(m_wire_out);
        constexpr env::Deadline at_once = 0;
        (void)m_raw->write(m_wire_out, at_once);
    }

    std::unique_ptr<env::Stream> m_raw;
    std::mutex m_mutex; // of the session; taken after m_write_mutex
    crypto::TlsSession m_session;
    std::mutex m_write_mutex; // of the four below
    Bytes m_wire_out;
    bool m_broken = false;
    bool m_silent = false;
};
} // namespace

Result<std::unique_ptr<env::Stream>> tls_connect(std::unique_ptr<env::Stream> raw,
                                                 const crypto::TlsContext& context,
                                                 const PeerId& expected, env::Deadline deadline) {
    auto stream = std::make_unique<TlsStream>(std::move(raw), context);
    const auto peer = stream->meet(deadline);
    if (!peer || *peer != expected) {
        stream->drop();
        if (!peer) return std::unexpected(peer.error());
        return fail(Errc::authentication, "another peer answers: " + peer->hex());
    }
    CHECK_OK(stream->flush(deadline));
    return stream;
}

Result<AcceptedLink> tls_accept(std::unique_ptr<env::Stream> raw, const crypto::TlsContext& context,
                                env::Deadline deadline) {
    auto stream = std::make_unique<TlsStream>(std::move(raw), context);
    const auto peer = stream->meet(deadline);
    if (!peer) {
        stream->drop();
        return std::unexpected(peer.error());
    }
    CHECK_OK(stream->flush(deadline));
    return AcceptedLink{.stream = std::move(stream), .peer = *peer};
}

} // namespace torgo::peer
