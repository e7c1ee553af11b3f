#include "head/retry_head.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace torgo::head {

RetryHead::RetryHead(std::unique_ptr<Head> inner, env::Clock& clock, env::Random& random,
                     RetryPolicy policy)
    : m_inner(std::move(inner)), m_clock(clock), m_random(random), m_policy(policy) {
    ENSURE(policy.attempts >= 1 && policy.first_delay_ns >= 0 && policy.longest_delay_ns >= 0);
}

template <class Act>
auto RetryHead::repeat(Kind kind, Act act) -> decltype(act()) {
    for (unsigned failures = 1;; ++failures) {
        auto result = act();
        if (result || failures == m_policy.attempts) return result;
        const auto code = result.error().code();
        const bool passing = code == Errc::unavailable || code == Errc::timeout ||
                             (code == Errc::io && kind == Kind::read);
        if (!passing) return result;
        wait(failures);
    }
}

void RetryHead::wait(unsigned failures) {
    auto delay = m_policy.first_delay_ns;
    for (unsigned i = 1; i < failures && delay < m_policy.longest_delay_ns; ++i)
        delay *= 2;
    delay = std::min(delay, m_policy.longest_delay_ns);
    std::array<std::uint8_t, 4> chance{};
    m_random.fill(chance);
    std::int64_t fraction = 0; // of 2^32
    for (const auto byte : chance)
        fraction = fraction * 256 + byte;
    const auto half = delay / 2;
    // In units of 2^-16, so that no product overflows for delays of up to a day.
    m_clock.sleep_ns(half + (((delay - half) * (fraction >> 16)) >> 16));
}

Result<> RetryHead::probe() {
    return repeat(Kind::read, [&] { return m_inner->probe(); });
}

Result<std::unique_ptr<SegmentWriter>> RetryHead::begin_segment(std::uint64_t expected_size) {
    return repeat(Kind::write, [&] { return m_inner->begin_segment(expected_size); });
}

Result<std::unique_ptr<SegmentWriter>> RetryHead::begin_named(const SegmentId& name,
                                                              std::uint64_t size) {
    return repeat(Kind::write, [&] { return m_inner->begin_named(name, size); });
}

Result<> RetryHead::read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) {
    return repeat(Kind::read, [&] { return m_inner->read_segment(segment, offset, out); });
}

Result<> RetryHead::read_combined(const SegmentId& segment, std::uint64_t first_cell,
                                  std::uint8_t factor, ByteSpan out) {
    return repeat(Kind::read,
                  [&] { return m_inner->read_combined(segment, first_cell, factor, out); });
}

Result<std::uint64_t> RetryHead::segment_size(const SegmentId& segment) {
    return repeat(Kind::read, [&] { return m_inner->segment_size(segment); });
}

Result<std::vector<SegmentId>> RetryHead::list_segments(const SegmentId& after, std::size_t max) {
    return repeat(Kind::read, [&] { return m_inner->list_segments(after, max); });
}

Result<> RetryHead::remove_segment(const SegmentId& segment) {
    return repeat(Kind::write, [&] { return m_inner->remove_segment(segment); });
}

Result<> RetryHead::put_root(const std::string& name, ByteView content) {
    return repeat(Kind::write, [&] { return m_inner->put_root(name, content); });
}

Result<Bytes> RetryHead::get_root(const std::string& name) {
    return repeat(Kind::read, [&] { return m_inner->get_root(name); });
}

Result<std::vector<std::string>> RetryHead::list_roots(const std::string& prefix) {
    return repeat(Kind::read, [&] { return m_inner->list_roots(prefix); });
}

Result<> RetryHead::remove_root(const std::string& name) {
    return repeat(Kind::write, [&] { return m_inner->remove_root(name); });
}

Result<HeadStatus> RetryHead::status() {
    return repeat(Kind::read, [&] { return m_inner->status(); });
}

} // namespace torgo::head
