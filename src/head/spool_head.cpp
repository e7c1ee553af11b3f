#include "head/spool_head.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace torgo::head {

bool is_away(Errc code) noexcept {
    return code == Errc::unavailable || code == Errc::timeout || code == Errc::cancelled;
}

SpoolHead::SpoolHead(std::unique_ptr<Head> inner, std::string uri, Head& part, Head& mirror)
    : m_inner(std::move(inner)),
      m_uri(std::move(uri)),
      m_part(part),
      m_mirror(mirror),
      m_away(m_inner == nullptr) {}

Result<> SpoolHead::require() const {
    if (m_away) return fail(Errc::unavailable, m_uri + " does not answer");
    return {};
}

/// The head itself.
template <class Act>
auto SpoolHead::ask(Act act) -> decltype(act(std::declval<Head&>())) {
    CHECK_OK(require());
    return act(*m_inner);
}

/// The head, and where it has nothing or is away its part; for one that is away also the mirror.
/// errors  the head's own
template <class Act>
auto SpoolHead::look(Act act) -> decltype(act(std::declval<Head&>())) {
    auto own = ask(act);
    if (own) return own;
    const auto code = own.error().code();
    if (code != Errc::not_found && !is_away(code)) return own;
    if (auto kept = act(m_part)) return kept;
    if (code == Errc::not_found) return own;
    if (auto kept = act(m_mirror)) return kept;
    return own;
}

Result<> SpoolHead::probe() {
    auto probed = ask([](Head& head) { return head.probe(); });
    if (!probed && is_away(probed.error().code())) m_away = true;
    return probed;
}

Result<std::unique_ptr<SegmentWriter>> SpoolHead::begin_segment(std::uint64_t expected_size) {
    return ask([&](Head& head) { return head.begin_segment(expected_size); });
}

Result<std::unique_ptr<SegmentWriter>> SpoolHead::begin_named(const SegmentId& name,
                                                              std::uint64_t size) {
    return ask([&](Head& head) { return head.begin_named(name, size); });
}

Result<> SpoolHead::read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) {
    return look([&](Head& head) { return head.read_segment(segment, offset, out); });
}

Result<> SpoolHead::read_combined(const SegmentId& segment, std::uint64_t first_cell,
                                  std::uint8_t factor, ByteSpan out) {
    return ask([&](Head& head) { return head.read_combined(segment, first_cell, factor, out); });
}

Result<std::uint64_t> SpoolHead::segment_size(const SegmentId& segment) {
    return look([&](Head& head) { return head.segment_size(segment); });
}

// SPOOL-7: what an absent head holds cannot be listed
Result<std::vector<SegmentId>> SpoolHead::list_segments(const SegmentId& after, std::size_t max) {
    max = std::min(max, max_list_page);
    TRY(const auto own, ask([&](Head& head) { return head.list_segments(after, max); }));
    TRY(const auto kept, m_part.list_segments(after, max));
    std::vector<SegmentId> out;
    std::ranges::set_union(own, kept, std::back_inserter(out));
    if (out.size() > max) out.resize(max);
    return out;
}

Result<> SpoolHead::remove_segment(const SegmentId& segment) {
    CHECK_OK(m_part.remove_segment(segment));
    return ask([&](Head& head) { return head.remove_segment(segment); });
}

Result<> SpoolHead::put_root(const std::string& name, ByteView content) {
    return ask([&](Head& head) { return head.put_root(name, content); });
}

Result<Bytes> SpoolHead::get_root(const std::string& name) {
    return look([&](Head& head) { return head.get_root(name); });
}

Result<std::vector<std::string>> SpoolHead::list_roots(const std::string& prefix) {
    auto own = ask([&](Head& head) { return head.list_roots(prefix); });
    if (!own && !is_away(own.error().code())) return own;
    auto& base = m_mirror;
    if (!own) own = base.list_roots(prefix);
    if (!own) return own;
    TRY(const auto kept, m_part.list_roots(prefix));
    std::vector<std::string> out;
    std::ranges::set_union(*own, kept, std::back_inserter(out));
    return out;
}

/// From the spool first, so that what is removed does not come back with the next sync.
Result<> SpoolHead::remove_root(const std::string& name) {
    CHECK_OK(m_part.remove_root(name));
    return ask([&](Head& head) { return head.remove_root(name); });
}

Result<HeadStatus> SpoolHead::status() {
    auto own = ask([](Head& head) { return head.status(); });
    if (own || !is_away(own.error().code())) return own;
    return m_part.status();
}

} // namespace torgo::head
