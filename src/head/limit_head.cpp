#include "head/limit_head.hpp"

#include <algorithm>
#include <utility>

namespace torgo::head {

namespace {
/// Those who share a bucket take turns by so much.
constexpr std::uint64_t piece_size = 64_KiB;
/// What may be on its way at once, from all heads of a repository, before the last of it comes.
constexpr std::uint64_t on_its_way = 16_MiB;
/// Who waits longer looks meanwhile whether it was cancelled.
constexpr std::int64_t nap_ns = 100'000'000;
} // namespace

void Gate::enter() {
    if (m_places == 0) return;
    std::unique_lock lock(m_mutex);
    m_left.wait(lock, [&] { return m_free != 0; });
    --m_free;
}

void Gate::leave() {
    if (m_places == 0) return;
    {
        const std::lock_guard lock(m_mutex);
        ++m_free;
    }
    m_left.notify_one();
}

LimitHead::LimitHead(std::unique_ptr<Head> inner, env::Clock& clock, HeadLimits limits)
    : m_inner(std::move(inner)),
      m_clock(clock),
      m_upload(std::move(limits.upload)),
      m_download(std::move(limits.download)),
      m_slowed(std::move(limits.slowed)),
      m_gate(limits.calls_at_once) {}

/// Returns when so many bytes may pass. errors  `cancelled`
Result<> LimitHead::pass(const std::shared_ptr<TokenBucket>& bucket, std::uint64_t bytes) {
    while (bucket && bytes != 0) {
        const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, piece_size));
        CHECK_OK(wait(bucket->take(piece)));
        bytes -= piece;
    }
    return {};
}

Result<> LimitHead::wait(std::int64_t duration_ns) {
    while (duration_ns > 0 && !m_cancelled) {
        const auto nap = std::min(duration_ns, nap_ns);
        m_clock.sleep_ns(nap);
        duration_ns -= nap;
    }
    if (m_cancelled) return fail(Errc::cancelled, "given up while the limit was waited for");
    return {};
}

void LimitHead::cancel() noexcept {
    m_cancelled = true;
    m_inner->cancel();
}

std::int64_t LimitHead::own_wait_ns() const {
    const auto& bucket = m_slowed.down ? m_slowed.down : m_download;
    return m_inner->own_wait_ns() + (bucket ? bucket->time_of(on_its_way) : 0);
}

std::int64_t LimitHead::own_write_wait_ns(std::uint64_t bytes) const {
    const auto most = std::min<std::uint64_t>(bytes, 1_GiB); // what a bucket counts at once
    return m_inner->own_write_wait_ns(bytes) + (m_slowed.up ? m_slowed.up->time_of(most) : 0);
}

template <class Act>
auto LimitHead::within(Act act) -> decltype(act()) {
    m_gate.enter();
    auto result = act();
    m_gate.leave();
    return result;
}

class LimitHead::Writer final : public SegmentWriter {
public:
    Writer(LimitHead& head, std::unique_ptr<SegmentWriter> inner)
        : m_head(head), m_inner(std::move(inner)) {}

    Result<> append(ByteView bytes) override {
        CHECK_OK(m_head.pass(m_head.m_upload, bytes.size()));
        return m_head.within([&] { return m_inner->append(bytes); });
    }

    Result<> commit(const SegmentId& name) override {
        return m_head.within([&] { return m_inner->commit(name); });
    }

    Result<> commit_beside(const SegmentId& name, std::span<const SegmentId> slots) override {
        return m_head.within([&] { return m_inner->commit_beside(name, slots); });
    }

private:
    LimitHead& m_head;
    std::unique_ptr<SegmentWriter> m_inner;
};

Result<> LimitHead::probe() {
    return within([&] { return m_inner->probe(); });
}

Result<std::unique_ptr<SegmentWriter>> LimitHead::begin_segment(std::uint64_t expected_size) {
    TRY(auto writer, within([&] { return m_inner->begin_segment(expected_size); }));
    return std::make_unique<Writer>(*this, std::move(writer));
}

Result<std::unique_ptr<SegmentWriter>> LimitHead::begin_named(const SegmentId& name,
                                                              std::uint64_t size) {
    TRY(auto writer, within([&] { return m_inner->begin_named(name, size); }));
    return std::make_unique<Writer>(*this, std::move(writer));
}

Result<> LimitHead::read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) {
    CHECK_OK(pass(m_download, out.size()));
    return within([&] { return m_inner->read_segment(segment, offset, out); });
}

Result<> LimitHead::read_combined(const SegmentId& segment, std::uint64_t first_cell,
                                  std::uint8_t factor, ByteSpan out) {
    CHECK_OK(pass(m_download, out.size()));
    return within([&] { return m_inner->read_combined(segment, first_cell, factor, out); });
}

Result<std::uint64_t> LimitHead::segment_size(const SegmentId& segment) {
    return within([&] { return m_inner->segment_size(segment); });
}

Result<std::vector<SegmentId>> LimitHead::list_segments(const SegmentId& after, std::size_t max) {
    return within([&] { return m_inner->list_segments(after, max); });
}

Result<> LimitHead::remove_segment(const SegmentId& segment) {
    return within([&] { return m_inner->remove_segment(segment); });
}

Result<> LimitHead::put_root(const std::string& name, ByteView content) {
    CHECK_OK(pass(m_upload, content.size()));
    return within([&] { return m_inner->put_root(name, content); });
}

Result<Bytes> LimitHead::get_root(const std::string& name) {
    auto content = within([&] { return m_inner->get_root(name); });
    // Its size is not known before; it makes the next one wait.
    if (content) CHECK_OK(pass(m_download, content->size()));
    return content;
}

Result<std::vector<std::string>> LimitHead::list_roots(const std::string& prefix) {
    return within([&] { return m_inner->list_roots(prefix); });
}

Result<> LimitHead::remove_root(const std::string& name) {
    return within([&] { return m_inner->remove_root(name); });
}

Result<HeadStatus> LimitHead::status() {
    return within([&] { return m_inner->status(); });
}

} // namespace torgo::head
