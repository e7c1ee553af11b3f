#pragma once

#include "peer/exchange.hpp"
#include "peer/head.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace torgo::peer {

/// Finds among what a node keeps for this client the repository that is wanted: the one named, or
/// the only one.
/// errors  those of the node; `not_a_repository` where there is none, `invalid_argument` where
///         there are several and none was named
Result<KeptRepository> find_kept(Exchanger& node, const std::optional<RepoId>& wanted);

/// A head on a node of which only the URI is known: what it keeps is asked of the node with the
/// first call that reaches it, and does not change afterwards.
class NodeHead final : public head::Head {
public:
    /// `node` outlives the head. `wanted`: which of this client's repositories it is, where the
    /// node may keep more than one
    NodeHead(Exchanger& node, std::string uri, std::optional<RepoId> wanted)
        : m_node(node), m_uri(std::move(uri)), m_wanted(wanted) {}

    const std::string& uri() const override { return m_uri; }

    Result<> probe() override;
    Result<std::unique_ptr<head::SegmentWriter>>
    begin_segment(std::uint64_t expected_size) override;
    Result<std::unique_ptr<head::SegmentWriter>> begin_named(const SegmentId& name,
                                                             std::uint64_t size) override;
    Result<> read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) override;
    Result<> read_combined(const SegmentId& segment, std::uint64_t first_cell, std::uint8_t factor,
                           ByteSpan out) override;
    Result<std::uint64_t> segment_size(const SegmentId& segment) override;
    Result<std::vector<SegmentId>> list_segments(const SegmentId& after, std::size_t max) override;
    Result<> remove_segment(const SegmentId& segment) override;
    Result<> put_root(const std::string& name, ByteView content) override;
    Result<Bytes> get_root(const std::string& name) override;
    Result<std::vector<std::string>> list_roots(const std::string& prefix) override;
    Result<> remove_root(const std::string& name) override;
    Result<head::HeadStatus> status() override;

    bool is_distant() const override { return true; }

    void cancel() noexcept override { m_node.cancel(); }

    /// The head, once it is known; for what only a node can do.
    Result<PeerHead*> resolve();

private:
    Exchanger& m_node;
    std::string m_uri;
    std::optional<RepoId> m_wanted;
    std::mutex m_mutex;
    std::unique_ptr<PeerHead> m_head; ///< guarded by m_mutex until it is set
};

} // namespace torgo::peer
