#pragma once

#include "head/head.hpp"
#include "place/member.hpp"

#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace torgo::place {

/// No segment of a pack is larger: the largest pack as one segment, with its hashes.
inline constexpr std::size_t max_group_segment = 80_MiB;

/// Several heads that together are one head of a repository. A segment lies on one of them, found
/// by its name alone (place/rank.hpp); a root on all of them. What a member does not have is asked
/// of the others, so that any of them may have it: after a failure, or when members have changed.
///
/// Beside the contract of Head: a root is stored when more than half of the members have it; a
/// segment is `not_found` when every member says so. Lists need so many members that nothing that
/// was stored can be missing: all for segments, half for roots.
class GroupHead final : public head::Head {
public:
    struct Opened {
        Member who;
        std::shared_ptr<head::Head> head;
    };

    /// `clock` outlives the head. At least one member, at most max_members.
    GroupHead(std::string uri, std::vector<Opened> members, env::Clock& clock);
    ~GroupHead() override;

    const std::string& uri() const override { return m_uri; }

    Result<> probe() override;
    Result<std::unique_ptr<head::SegmentWriter>>
    begin_segment(std::uint64_t expected_size) override;
    Result<> read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) override;
    Result<> read_combined(const SegmentId& segment, std::uint64_t first_cell, std::uint8_t factor,
                           ByteSpan out) override;
    Result<std::uint64_t> segment_size(const SegmentId& segment) override;
    Result<std::vector<SegmentId>> list_segments(const SegmentId& after, std::size_t max) override;
    /// From every member that answers; one that is away may bring it back.
    Result<> remove_segment(const SegmentId& segment) override;
    Result<> put_root(const std::string& name, ByteView content) override;
    Result<Bytes> get_root(const std::string& name) override;
    Result<std::vector<std::string>> list_roots(const std::string& prefix) override;
    Result<> remove_root(const std::string& name) override;
    Result<head::HeadStatus> status() override;
    bool is_distant() const override;
    std::int64_t own_wait_ns() const override;
    std::int64_t own_write_wait_ns(std::uint64_t bytes) const override;
    std::vector<head::MemberView> members() const override;
    void cancel() noexcept override;

private:
    class Writer;

    template <class T, class Ask>
    Result<T> find(const SegmentId& segment, const Ask& ask);
    std::vector<std::size_t> search_order(const SegmentId& segment) const;
    Result<> store(const SegmentId& name, std::span<const SegmentId> slots, ByteView bytes);
    Result<> store_on(std::size_t at, const SegmentId& name, ByteView bytes);
    std::optional<std::size_t> reserve(const SegmentId& name, std::span<const SegmentId> slots,
                                       MemberMask failed);
    void note_place(const SegmentId& segment, std::size_t at);
    void forget_place(const SegmentId& segment);
    std::optional<std::size_t> known_place(const SegmentId& segment) const;
    MemberMask unfit(bool resting_too) const;
    std::size_t majority() const { return m_seats.size() / 2 + 1; }
    std::vector<std::size_t> roots_order() const;
    Result<Bytes> get_replaceable(const std::string& name);

    std::string m_uri;
    std::vector<Member> m_members; ///< as the seats name them
    Seats m_seats;
    mutable std::mutex m_mutex;
    /// Guarded by m_mutex: where segments were found or are being put; emptied when it is full.
    std::unordered_map<SegmentId, std::uint8_t> m_places;
};

} // namespace torgo::place
