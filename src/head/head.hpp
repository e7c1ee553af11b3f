#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::head {

/// A root object is small and lies on every head: descriptor, keys, writers, batches, snapshots.
inline constexpr std::size_t max_root_size = 16_MiB;
inline constexpr std::size_t max_root_name = 100;
/// No writer takes more; a pack of the largest code stays far below.
inline constexpr std::uint64_t max_segment_size = 1_GiB;
/// `out` of read_combined is no longer.
inline constexpr std::size_t max_combined = 2_MiB;
/// `max` of list_segments is cut to this, so that one answer has a bounded size.
inline constexpr std::size_t max_list_page = 65536;
inline constexpr unsigned max_heads = 256;

/// True for 1 to 100 characters of a–z, 0–9 and "-".
bool is_root_name(std::string_view name) noexcept;

/// True for the one root that may be replaced, "descriptor". Every other root is immutable.
bool is_mutable_root(std::string_view name) noexcept;

/// What a head says of itself without looking at its content.
struct HeadStatus {
    RepoId repository;             ///< the repository this head was created for
    unsigned index = 0;            ///< which of the repository's heads it is, from 0
    std::uint64_t free_bytes = 0;  ///< what may still be written
    std::uint64_t total_bytes = 0; ///< size of the disk or quota
};

/// Takes the bytes of one segment, then its name. Used by one thread at a time.
///
/// Destroyed without a successful commit, it leaves nothing a reader can see; a temporary left by a
/// crash is removed by the head when it is next written to.
class SegmentWriter {
public:
    virtual ~SegmentWriter() = default;

    /// Adds `bytes` at the end. After an error the writer is of no more use: begin again.
    ///
    /// errors  `no_space`, `read_only`, `unavailable`, `io`; `limit_exceeded` over max_segment_size
    virtual Result<> append(ByteView bytes) = 0;

    /// Gives the bytes their name. When it returns without error the whole segment survives a power
    /// cut; after an error or a crash either the whole segment is there or nothing.
    ///
    /// Idempotent: where a segment of this name and size is there already it is made durable and
    /// kept, ours is dropped, and that is success. One of another size cannot be right (the name
    /// says what the bytes are) and is replaced. The head does not compare bytes with the name: to
    /// replace a damaged segment of the right size, remove it first.
    ///
    /// errors  as append; `changed` when something else removed the temporary. Then begin again
    /// cost    dir: two flushes of the disk, three when the segment is the first of its folder
    virtual Result<> commit(const SegmentId& name) = 0;

    /// The same for one of several segments of a pack that lie on this head: one that has members
    /// keeps them apart.
    ///
    /// in      `slots`: the names of all of them in the order of the pack, `name` among them
    virtual Result<> commit_beside(const SegmentId& name, std::span<const SegmentId> slots) {
        (void)slots;
        return commit(name);
    }
};

class Head;

/// One of the heads that together are one head of a repository: a group.
struct MemberView {
    Head* head = nullptr;
    std::string_view domain; ///< members of one domain are lost together
};

/// One of the places that together hold a repository: a folder, a disk, a node.
///
/// It stores two kinds of things and understands neither: *segments*, large, named by their hash,
/// each on one head only; and *roots*, small, named by people and formats, the same on every head.
/// Everything but the mutable root is written once. Thread-safe; every call may block.
///
/// Errors mean the same on every kind of head, because other heads and the repository act on them:
/// - `unavailable`: the head cannot be reached or is not what it was (disk gone, not mounted,
///   another disk in its place). Nothing is said about what it holds. Ask another head; later this
///   one may serve again.
/// - `not_found`: the head is there and the thing is certainly not on it. Never said of what may
///   come back when a disk is mounted again.
/// - `corrupt`: the head is there and holds something that cannot be right. Repair from elsewhere.
/// - `no_space`, `read_only`, `permission`: it serves reads but not this write.
/// - `timeout`, `io`: it failed this time; reading again may succeed.
///
/// A call that failed with `unavailable`, `timeout` or `io` may have been done in part or in full;
/// every call is idempotent, so that doing it again is right.
class Head {
public:
    virtual ~Head() = default;

    /// The canonical name, as in the repository's descriptor; never changes. Free.
    virtual const std::string& uri() const = 0;

    /// Whether the head can be used, now; asked before work begins, not before each call.
    ///
    /// errors  `unavailable`; `not_a_repository` where the place is there but is no head (an empty
    ///         or a foreign folder); `unsupported` for a head of a newer version; `corrupt` for a
    ///         damaged one; `read_only` or `permission` where it serves reads but no writes. A full
    ///         disk is no error here
    /// cost    one look and one empty temporary; over a network one round trip
    virtual Result<> probe() = 0;

    /// Starts a segment of about `expected_size` bytes (0: not known). The hint serves to refuse
    /// early; more or fewer may come. Any number of writers may be open; the head outlives them.
    ///
    /// errors  `no_space` when it clearly cannot fit; `limit_exceeded` over max_segment_size;
    ///         `read_only`, `permission`, `unavailable`, `io`
    /// cost    dir: one look and one temporary file; nothing is flushed
    virtual Result<std::unique_ptr<SegmentWriter>> begin_segment(std::uint64_t expected_size) = 0;

    /// The same for a segment whose name and exact size are known before its bytes are: it is to be
    /// committed under this name. What is sent over a network can then go while it is made; nothing
    /// says that it is not there already under this name, and is then kept.
    virtual Result<std::unique_ptr<SegmentWriter>> begin_named(const SegmentId& name,
                                                               std::uint64_t size);

    /// Reads `out.size()` bytes from `offset`: all of them, or an error and `out` undefined. An
    /// empty `out` asks whether the segment is there.
    ///
    /// errors  `not_found`, `unavailable`, `io`; `corrupt` when it ends before `out` is full
    /// cost    dir: one open and one read; over a network one round trip
    virtual Result<> read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) = 0;

    /// For each cell of 64 KiB from `first_cell` on: its first half + factor · its second half over
    /// GF(2^8), so that half of what must be known comes over the network.
    ///
    /// in      `out`, 32 KiB for each cell, at most max_combined bytes
    /// errors  as read_segment; `unsupported` where the head reckons nothing, as one that is no
    ///         program: who reads from it gets whole cells no dearer
    /// source  docs/spec/segment.md 2.7
    virtual Result<> read_combined(const SegmentId& segment, std::uint64_t first_cell,
                                   std::uint8_t factor, ByteSpan out);

    /// The segment's size in bytes. Errors: `not_found`, `unavailable`, `io`.
    virtual Result<std::uint64_t> segment_size(const SegmentId& segment) = 0;

    /// The names of the first `max` segments after `after`, ascending; empty when there are no
    /// more. Start with SegmentId{} (no segment has that name) and go on with the last one
    /// returned. Segments added or removed meanwhile may or may not be seen; all others are seen
    /// exactly once.
    ///
    /// errors  `unavailable`, `io`: an error and never a list with a part missing
    /// cost    dir: reads the folders that the page comes from, each with some 1/256 of all names
    virtual Result<std::vector<SegmentId>> list_segments(const SegmentId& after,
                                                         std::size_t max) = 0;

    /// Removes a segment. Idempotent: success when it is not there. After a crash it may be there
    /// again.
    ///
    /// errors  `read_only`, `permission`, `unavailable`, `io`
    virtual Result<> remove_segment(const SegmentId& segment) = 0;

    /// Stores a root; when it returns without error the root survives a power cut; after an error
    /// or a crash either all of the new content is there, or what was there before. Readers never
    /// see a part.
    ///
    /// Idempotent: the same bytes under the same name are success (and durable). Other bytes under
    /// an immutable name are refused with `exists`, also when two processes try it at the same
    /// instant; under the mutable name they replace what is there, and the last one wins.
    ///
    /// in      `name` as is_root_name says; `content` at most max_root_size
    /// errors  `invalid_argument`, `limit_exceeded`, `exists`, `no_space`, `read_only`,
    ///         `permission`, `unavailable`, `io`
    /// cost    dir: two flushes of the disk
    virtual Result<> put_root(const std::string& name, ByteView content) = 0;

    /// The whole content of a root. The head does not verify it.
    ///
    /// errors  `invalid_argument`, `not_found`, `unavailable`, `io`; `corrupt` over max_root_size
    virtual Result<Bytes> get_root(const std::string& name) = 0;

    /// All root names that begin with `prefix`, ascending. What is no root name is not listed.
    ///
    /// errors  `unavailable`, `io`: an error and never a list with a part missing
    virtual Result<std::vector<std::string>> list_roots(const std::string& prefix) = 0;

    /// Removes a root. Idempotent: success when it is not there. Durable when it returns, so that
    /// what is no longer named may be removed next.
    ///
    /// errors  `invalid_argument`, `read_only`, `permission`, `unavailable`, `io`
    virtual Result<> remove_root(const std::string& name) = 0;

    /// Whose head it is and how much room it has. Errors as probe, without `read_only` and
    /// `permission`. Cost: as one read.
    virtual Result<HeadStatus> status() = 0;

    /// Whether calls wait for a network: several are then kept on their way, and who waits too long
    /// asks another head. Free.
    virtual bool is_distant() const { return false; }

    /// How much longer calls may take because this program bounds its own speed: for so long nobody
    /// is to be thought late. Nanoseconds. Free.
    virtual std::int64_t own_wait_ns() const { return 0; }

    /// The same for writing so many bytes, to this head and to others that share its limit.
    virtual std::int64_t own_write_wait_ns(std::uint64_t /*bytes*/) const { return 0; }

    /// The heads of which this one is made; none where it is one place. They live as long as this
    /// one. Free.
    virtual std::vector<MemberView> members() const { return {}; }

    /// Ends what waits for a network, now and from now on, with `cancelled`.
    virtual void cancel() noexcept {}

    /// The part of a spool on this machine that keeps for this head what it does not take
    /// (docs/spec/spool.md); nothing for most heads. Free.
    virtual Head* spool() noexcept { return nullptr; }
};

} // namespace torgo::head
