#include "peer/put_stream.hpp"

#include <algorithm>
#include <utility>

namespace torgo::peer {

PutStream::PutStream(const SegmentId& name, std::uint64_t size, Send send)
    : m_name(name), m_left(size), m_send(std::move(send)) {}

PutStream::~PutStream() {
    {
        const std::lock_guard lock(m_mutex);
        m_dropped = true;
    }
    m_changed.notify_all();
}

/// The sender's: the next bytes, when there are some.
Result<std::size_t> PutStream::give(ByteSpan out) {
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return !m_ready.empty() || m_dropped; });
    if (m_dropped) return fail(Errc::cancelled, "the segment was given up");
    const auto part = m_ready.first(std::min(out.size(), m_ready.size()));
    std::ranges::copy(part, out.begin());
    m_ready = m_ready.subspan(part.size());
    if (m_ready.empty()) m_changed.notify_all();
    return part.size();
}

Result<> PutStream::append(ByteView bytes) {
    if (bytes.size() > m_left)
        return fail(Errc::invalid_argument, "a segment is longer than was said");
    if (!m_sender.joinable())
        m_sender = std::jthread([this] {
            auto sent = m_send([this](ByteSpan out) { return give(out); });
            const std::lock_guard lock(m_mutex);
            m_ended.emplace(std::move(sent));
            m_changed.notify_all();
        });
    m_left -= bytes.size();
    std::unique_lock lock(m_mutex);
    m_ready = bytes;
    m_changed.notify_all();
    m_changed.wait(lock, [this] { return m_ready.empty() || m_ended; });
    m_ready = {};
    // PEER-5: that it is there already is known before its bytes are, and needs no more of them
    return m_ended ? *m_ended : Result<>{};
}

Result<> PutStream::commit(const SegmentId& name) {
    if (name != m_name || m_left != 0 || !m_sender.joinable())
        return fail(Errc::invalid_argument, "not the segment that was begun");
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_ended.has_value(); });
    return *m_ended;
}

} // namespace torgo::peer
