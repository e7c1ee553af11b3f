#pragma once

#include "head/head.hpp"
#include "peer/exchange.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace torgo::peer {

/// Sends a segment while it is made. A thread of its own speaks to the node; `append` waits until
/// that has taken the bytes, so that none are kept. From the first append on it has a connection of
/// the link: who fills it must not wait for what needs the last one.
class PutStream final : public head::SegmentWriter {
public:
    /// Makes the request; takes its body from `source`.
    using Send = std::function<Result<>(const BodySource& source)>;

    PutStream(const SegmentId& name, std::uint64_t size, Send send);

    PutStream(const PutStream&) = delete;
    PutStream& operator=(const PutStream&) = delete;

    /// What was begun and is not whole leaves nothing. Waits until the request has ended.
    ~PutStream() override;

    Result<> append(ByteView bytes) override;
    Result<> commit(const SegmentId& name) override;

private:
    Result<std::size_t> give(ByteSpan out);

    const SegmentId m_name;
    std::uint64_t m_left; ///< to come
    const Send m_send;
    std::mutex m_mutex; ///< of what follows
    std::condition_variable m_changed;
    ByteView m_ready; ///< that the sender has not taken
    bool m_dropped = false;
    std::optional<Result<>> m_ended;
    std::jthread m_sender; ///< from the first append on
};

} // namespace torgo::peer
