#include "head/log_head.hpp"

#include <utility>

namespace torgo::head {

LogHead::LogHead(std::unique_ptr<Head> inner, env::Clock& clock, HeadObserver observer)
    : m_inner(std::move(inner)), m_clock(clock), m_observer(std::move(observer)) {}

/// `count` says how many bytes of content a successful result stands for.
template <class Act, class Count>
auto LogHead::report(Call call, std::string subject, Act act, Count count) -> decltype(act()) {
    const auto begin = m_clock.monotonic_ns();
    auto result = act();
    HeadEvent event{call, uri(), std::move(subject), 0, m_clock.monotonic_ns() - begin, {}, {}};
    if (result) {
        event.bytes = count(result);
    } else {
        event.error = result.error().code();
        event.detail = result.error().detail();
    }
    m_observer(event);
    return result;
}

template <class Act>
auto LogHead::report(Call call, std::string subject, Act act) -> decltype(act()) {
    return report(call, std::move(subject), act, [](const auto&) { return std::uint64_t{0}; });
}

class LogHead::Writer final : public SegmentWriter {
public:
    Writer(LogHead& head, std::unique_ptr<SegmentWriter> inner)
        : m_head(head), m_inner(std::move(inner)) {}

    Result<> append(ByteView bytes) override {
        const auto begin = m_head.m_clock.monotonic_ns();
        auto added = m_inner->append(bytes);
        m_spent += m_head.m_clock.monotonic_ns() - begin;
        if (added) m_bytes += bytes.size();
        if (!added) tell(Call::append, {}, added);
        return added;
    }

    Result<> commit(const SegmentId& name) override {
        return timed(name, [&] { return m_inner->commit(name); });
    }

    Result<> commit_beside(const SegmentId& name, std::span<const SegmentId> slots) override {
        return timed(name, [&] { return m_inner->commit_beside(name, slots); });
    }

private:
    template <class Act>
    Result<> timed(const SegmentId& name, const Act& act) {
        const auto begin = m_head.m_clock.monotonic_ns();
        auto committed = act();
        m_spent += m_head.m_clock.monotonic_ns() - begin;
        tell(Call::commit, name.hex(), committed);
        return committed;
    }

    void tell(Call call, std::string subject, const Result<>& result) {
        HeadEvent event{call, m_head.uri(), std::move(subject), 0, m_spent, {}, {}};
        if (result) event.bytes = m_bytes;
        if (!result) event.error = result.error().code();
        if (!result) event.detail = result.error().detail();
        m_head.m_observer(event);
    }

    LogHead& m_head;
    std::unique_ptr<SegmentWriter> m_inner;
    std::uint64_t m_bytes = 0;
    std::int64_t m_spent = 0;
};

Result<> LogHead::probe() {
    return report(Call::probe, {}, [&] { return m_inner->probe(); });
}

Result<std::unique_ptr<SegmentWriter>> LogHead::begin_segment(std::uint64_t expected_size) {
    TRY(auto writer,
        report(Call::begin_segment, {}, [&] { return m_inner->begin_segment(expected_size); }));
    return std::make_unique<Writer>(*this, std::move(writer));
}

Result<> LogHead::read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) {
    return report(
        Call::read_segment, segment.hex(),
        [&] { return m_inner->read_segment(segment, offset, out); },
        [&](const auto&) { return out.size(); });
}

Result<> LogHead::read_combined(const SegmentId& segment, std::uint64_t first_cell,
                                std::uint8_t factor, ByteSpan out) {
    return report(
        Call::read_combined, segment.hex(),
        [&] { return m_inner->read_combined(segment, first_cell, factor, out); },
        [&](const auto&) { return out.size(); });
}

Result<std::uint64_t> LogHead::segment_size(const SegmentId& segment) {
    return report(Call::segment_size, segment.hex(),
                  [&] { return m_inner->segment_size(segment); });
}

Result<std::vector<SegmentId>> LogHead::list_segments(const SegmentId& after, std::size_t max) {
    return report(Call::list_segments, after.hex(),
                  [&] { return m_inner->list_segments(after, max); });
}

Result<> LogHead::remove_segment(const SegmentId& segment) {
    return report(Call::remove_segment, segment.hex(),
                  [&] { return m_inner->remove_segment(segment); });
}

Result<> LogHead::put_root(const std::string& name, ByteView content) {
    return report(
        Call::put_root, name, [&] { return m_inner->put_root(name, content); },
        [&](const auto&) { return content.size(); });
}

Result<Bytes> LogHead::get_root(const std::string& name) {
    return report(
        Call::get_root, name, [&] { return m_inner->get_root(name); },
        [](const auto& content) { return content->size(); });
}

Result<std::vector<std::string>> LogHead::list_roots(const std::string& prefix) {
    return report(Call::list_roots, prefix, [&] { return m_inner->list_roots(prefix); });
}

Result<> LogHead::remove_root(const std::string& name) {
    return report(Call::remove_root, name, [&] { return m_inner->remove_root(name); });
}

Result<HeadStatus> LogHead::status() {
    return report(Call::status, {}, [&] { return m_inner->status(); });
}

} // namespace torgo::head
