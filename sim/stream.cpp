#include "sim/stream.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>

namespace torgo::sim {

namespace {
/// One direction: a ring of bytes.
struct Pipe {
    explicit Pipe(const StreamOptions& options)
        : ring(options.capacity), cut_after(options.cut_after) {}

    Bytes ring;
    std::size_t begin = 0;
    std::size_t size = 0;
    std::uint64_t cut_after;
    std::uint64_t passed = 0;

    std::size_t take(ByteSpan out) {
        const auto count = std::min({out.size(), size, ring.size() - begin});
        if (count == 0) return 0;
        std::memcpy(out.data(), ring.data() + begin, count);
        begin = (begin + count) % ring.size();
        size -= count;
        return count;
    }

    std::size_t put(ByteView bytes) {
        const auto end = (begin + size) % ring.size();
        auto count = std::min({bytes.size(), ring.size() - size, ring.size() - end});
        count = static_cast<std::size_t>(std::min<std::uint64_t>(count, cut_after - passed));
        if (count == 0) return 0;
        std::memcpy(ring.data() + end, bytes.data(), count);
        size += count;
        passed += count;
        return count;
    }
};

/// Both ends hold it. Each direction is named by the end that reads from it.
struct Connection {
    Connection(const StreamOptions& to_right, const StreamOptions& to_left)
        : pipes{Pipe(to_left), Pipe(to_right)} {}

    std::mutex mutex;
    std::condition_variable changed;
    std::array<Pipe, 2> pipes;
    std::array<bool, 2> closed{};
    bool broken = false;
};

class MemoryStream final : public env::Stream {
public:
    MemoryStream(std::shared_ptr<Connection> connection, std::size_t end)
        : m_connection(std::move(connection)), m_end(end) {}

    MemoryStream(const MemoryStream&) = delete;
    MemoryStream& operator=(const MemoryStream&) = delete;

    ~MemoryStream() override { MemoryStream::close(); }

    Result<std::size_t> read_some(ByteSpan out, env::Deadline deadline) override {
        auto& c = *m_connection;
        std::unique_lock lock(c.mutex);
        while (true) {
            if (c.closed[m_end]) return fail(Errc::cancelled, "the stream was closed here");
            const auto count = c.pipes[m_end].take(out);
            if (count != 0) {
                c.changed.notify_all();
                return count;
            }
            if (c.broken) return fail(Errc::unavailable, "the connection broke");
            if (c.closed[1 - m_end] || out.empty()) return std::size_t{0};
            CHECK_OK(wait(lock, deadline));
        }
    }

    Result<> write(ByteView bytes, env::Deadline deadline) override {
        auto& c = *m_connection;
        auto& pipe = c.pipes[1 - m_end];
        std::unique_lock lock(c.mutex);
        while (true) {
            if (c.closed[m_end]) return fail(Errc::cancelled, "the stream was closed here");
            if (c.broken || c.closed[1 - m_end])
                return fail(Errc::unavailable, "the connection broke");
            const auto count = pipe.put(bytes);
            bytes = bytes.subspan(count);
            if (pipe.passed == pipe.cut_after) c.broken = true;
            if (count != 0 || c.broken) c.changed.notify_all();
            if (bytes.empty()) return {};
            if (count == 0 && !c.broken) CHECK_OK(wait(lock, deadline));
        }
    }

    void close() noexcept override {
        const std::lock_guard lock(m_connection->mutex);
        m_connection->closed[m_end] = true;
        m_connection->changed.notify_all();
    }

private:
    Result<> wait(std::unique_lock<std::mutex>& lock, env::Deadline deadline) {
        using Time = std::chrono::steady_clock::time_point;
        const Time until{std::chrono::nanoseconds(deadline)};
        if (m_connection->changed.wait_until(lock, until) == std::cv_status::timeout)
            return fail(Errc::timeout, "no answer within the limit");
        return {};
    }

    std::shared_ptr<Connection> m_connection;
    std::size_t m_end;
};
} // namespace

StreamPair connected_streams(StreamOptions to_right, StreamOptions to_left) {
    auto connection = std::make_shared<Connection>(to_right, to_left);
    return {.left = std::make_unique<MemoryStream>(connection, 0),
            .right = std::make_unique<MemoryStream>(connection, 1)};
}

} // namespace torgo::sim
