#include "head/limit_head.hpp"

#include <algorithm>
#include <utility>

namespace torgo::head {

namespace {
constexpr std::int64_t second_ns = 1'000'000'000;
/// How much unused time a caller may make up for: enough for a thread that comes late.
constexpr std::int64_t credit_ns = second_ns / 4;
/// Rates beyond this cannot be told from none, and the sums below would overflow.
constexpr std::uint64_t fastest = 8_GiB;
} // namespace

Throttle::Throttle(std::uint64_t bytes_per_second, env::Clock& clock)
    : m_rate(std::min<std::uint64_t>(bytes_per_second, fastest)),
      m_clock(clock),
      m_paid_until(clock.monotonic_ns()) {}

std::int64_t Throttle::cost_ns(std::uint64_t bytes) const {
    const auto whole = static_cast<std::int64_t>(bytes / m_rate) * second_ns;
    return whole + static_cast<std::int64_t>(bytes % m_rate * second_ns / m_rate);
}

void Throttle::pass(std::uint64_t bytes) {
    if (m_rate == 0) return;
    std::int64_t wait = 0;
    {
        const std::lock_guard lock(m_mutex);
        const auto now = m_clock.monotonic_ns();
        wait = m_paid_until - now;
        m_paid_until = std::max(m_paid_until, now - credit_ns) + cost_ns(bytes);
    }
    if (wait > 0) m_clock.sleep_ns(wait);
}

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

LimitHead::LimitHead(std::unique_ptr<Head> inner, env::Clock& clock, const HeadLimits& limits)
    : m_inner(std::move(inner)),
      m_upload(limits.upload_bytes_per_second, clock),
      m_download(limits.download_bytes_per_second, clock),
      m_gate(limits.calls_at_once) {}

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
        m_head.m_upload.pass(bytes.size());
        return m_head.within([&] { return m_inner->append(bytes); });
    }

    Result<> commit(const SegmentId& name) override {
        return m_head.within([&] { return m_inner->commit(name); });
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

Result<> LimitHead::read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) {
    m_download.pass(out.size());
    return within([&] { return m_inner->read_segment(segment, offset, out); });
}

Result<> LimitHead::read_combined(const SegmentId& segment, std::uint64_t first_cell,
                                  std::uint8_t factor, ByteSpan out) {
    m_download.pass(out.size());
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
    m_upload.pass(content.size());
    return within([&] { return m_inner->put_root(name, content); });
}

Result<Bytes> LimitHead::get_root(const std::string& name) {
    auto content = within([&] { return m_inner->get_root(name); });
    // Its size is not known before; it makes the next one wait.
    if (content) m_download.pass(content->size());
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
