#include "peer/node_head.hpp"

#include <algorithm>

namespace torgo::peer {

Result<KeptRepository> find_kept(Exchanger& node, const std::optional<RepoId>& wanted) {
    auto kept = kept_repositories(node);
    if (!kept && kept.error().code() == Errc::permission)
        return fail(Errc::not_a_repository, "the node keeps nothing for this machine's key");
    if (!kept) return std::unexpected(std::move(kept).error());
    if (wanted) std::erase_if(*kept, [&](const auto& one) { return one.repository != *wanted; });
    if (kept->empty())
        return fail(Errc::not_a_repository, "the node does not keep this repository");
    if (kept->size() > 1)
        return fail(Errc::invalid_argument,
                    "the node keeps several repositories for this machine: say which");
    return kept->front();
}

Result<PeerHead*> NodeHead::resolve() {
    const std::lock_guard lock(m_mutex);
    if (m_head) return m_head.get();
    auto kept = find_kept(m_node, m_wanted);
    if (!kept) return std::unexpected(std::move(kept).error().with(m_uri));
    m_head = std::make_unique<PeerHead>(m_node, m_uri, kept->repository, kept->index);
    return m_head.get();
}

Result<> NodeHead::probe() {
    TRY(auto* head, resolve());
    return head->probe();
}

Result<std::unique_ptr<head::SegmentWriter>> NodeHead::begin_segment(std::uint64_t expected_size) {
    TRY(auto* head, resolve());
    return head->begin_segment(expected_size);
}

Result<std::unique_ptr<head::SegmentWriter>> NodeHead::begin_named(const SegmentId& name,
                                                                   std::uint64_t size) {
    TRY(auto* head, resolve());
    return head->begin_named(name, size);
}

Result<> NodeHead::read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) {
    TRY(auto* head, resolve());
    return head->read_segment(segment, offset, out);
}

Result<> NodeHead::read_combined(const SegmentId& segment, std::uint64_t first_cell,
                                 std::uint8_t factor, ByteSpan out) {
    TRY(auto* head, resolve());
    return head->read_combined(segment, first_cell, factor, out);
}

Result<std::uint64_t> NodeHead::segment_size(const SegmentId& segment) {
    TRY(auto* head, resolve());
    return head->segment_size(segment);
}

Result<std::vector<SegmentId>> NodeHead::list_segments(const SegmentId& after, std::size_t max) {
    TRY(auto* head, resolve());
    return head->list_segments(after, max);
}

Result<> NodeHead::remove_segment(const SegmentId& segment) {
    TRY(auto* head, resolve());
    return head->remove_segment(segment);
}

Result<> NodeHead::put_root(const std::string& name, ByteView content) {
    TRY(auto* head, resolve());
    return head->put_root(name, content);
}

Result<Bytes> NodeHead::get_root(const std::string& name) {
    TRY(auto* head, resolve());
    return head->get_root(name);
}

Result<std::vector<std::string>> NodeHead::list_roots(const std::string& prefix) {
    TRY(auto* head, resolve());
    return head->list_roots(prefix);
}

Result<> NodeHead::remove_root(const std::string& name) {
    TRY(auto* head, resolve());
    return head->remove_root(name);
}

Result<head::HeadStatus> NodeHead::status() {
    TRY(auto* head, resolve());
    return head->status();
}

} // namespace torgo::peer
