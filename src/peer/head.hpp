#pragma once

#include "head/head.hpp"
#include "peer/audit.hpp"
#include "peer/exchange.hpp"
#include "peer/messages.hpp"
#include "peer/receipt.hpp"
#include "peer/targets.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace torgo::peer {

/// The longest segment file: 1,024 cells of a pack of 64 MiB with k = 1, and its trailer. A writer
/// holds one in memory, as its name, which the request needs, comes last.
inline constexpr std::uint64_t max_segment_file = 64_MiB + 1024 * 32 + 64 * 32 + 96;

/// A read whose link breaks after it brought this many bytes goes on where it broke, so often at
/// most; what brings less is for the caller to repeat.
inline constexpr std::size_t resume_after = 256_KiB;
inline constexpr int max_resumes = 8;

/// No node lists more roots: the names of as many fill some 130 MiB, of a snapshot an hour for a
/// century.
inline constexpr std::size_t max_listed_roots = std::size_t{1} << 20U;

/// The head that a node keeps, seen through the peer protocol. Verifies the form of what the node
/// says, and (as every head) not the content.
class PeerHead final : public head::Head {
public:
    /// `node` outlives the head. `uri` is what the descriptor file calls it.
    PeerHead(Exchanger& node, std::string uri, const RepoId& repository, unsigned index);

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
    /// errors  also `limit_exceeded` after max_listed_roots
    Result<std::vector<std::string>> list_roots(const std::string& prefix) override;
    Result<> remove_root(const std::string& name) override;
    Result<head::HeadStatus> status() override;

    bool is_distant() const override { return true; }

    void cancel() noexcept override { m_node.cancel(); }

    /// What the node says of the repository, checked to be the one that belongs here.
    Result<RepositoryStatus> repository_status();

    /// Stores a whole segment. The bytes need to live until it returns; nothing is copied.
    Result<> put_segment(const SegmentId& name, ByteView content);

    /// For each id whether the node has it; at most max_page ids in one call.
    Result<std::vector<bool>> have(std::span<const SegmentId> ids);

    /// What the node shows for some leaves; to be judged with check_audit.
    Result<std::vector<LeafProof>> audit(const SegmentId& segment, const AuditRequest& request);

    /// Creates the repository on the node, for the secret of an invite.
    Result<> join(const InviteSecret& secret, const OwnerKeys& owner);

private:
    class Writer;

    class RangeRead;

    Target target(Route route) const;
    Result<Bytes> ask(Method method, const Target& target, ByteView body, std::size_t limit);
    Result<std::vector<std::string>> list_page(const std::string& prefix, const std::string& after);

    Exchanger& m_node;
    std::string m_uri;
    RepoId m_repository;
    unsigned m_index;
};

/// What a node keeps for this client. errors  as node_status; `permission` where that is nothing
Result<std::vector<KeptRepository>> kept_repositories(Exchanger& node);

/// The batches of receipts that a node keeps of a repository from a number on: its own, or those
/// that a client left there. Not verified. errors  those of the exchange and of the node;
/// `limit_exceeded`, `corrupt` for what no node may answer
Result<std::vector<KeptBatch>> fetch_batches(Exchanger& node, const RepoId& repository,
                                             const std::optional<PeerId>& client,
                                             std::uint64_t from);

/// Leaves a batch of this client with the node. errors  `exists` where the node keeps another one
/// of this number; `corrupt` where it does not follow the one that the node keeps
Result<> mirror_batch(Exchanger& node, const RepoId& repository, ByteView batch);

/// What a node says of itself. errors  those of exchange; `authentication` where another PeerId
/// than `expected` stands in it
Result<NodeStatus> node_status(Exchanger& node, const PeerId& expected);

} // namespace torgo::peer
