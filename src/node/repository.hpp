#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "env/file_system.hpp"
#include "head/dir_folder.hpp"
#include "head/dir_head.hpp"
#include "node/record.hpp"
#include "node/rights_table.hpp"
#include "node/setting.hpp"
#include "node/usage.hpp"
#include "peer/audit.hpp"
#include "peer/capability.hpp"
#include "peer/messages.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace torgo::node {

/// What scrubbing found of one segment.
enum class Scrubbed : std::uint8_t { good, damaged, gone };

/// One repository on a node: a dir head, and around it what a stranger's place needs: quota,
/// rights, retention, quarantine. Thread-safe; `files` outlives it.
class Repository {
public:
    /// `files` and `setting` outlive it
    Repository(env::FileSystem& files, std::string path, RepositoryRecord record,
               const Setting& setting);

    const RepositoryRecord& record() const { return m_record; }

    /// Reads go here.
    head::Head& head() { return m_head; }

    RightsTable& rights() { return m_rights; }

    /// What is kept. The first call lists everything. errors  those of listing
    Result<Usage::Totals> totals();

    /// As peer::RepositoryStatus, but the rights.
    Result<peer::RepositoryStatus> status();

    /// A segment for reading, open for as long as the answer takes. errors  as Head::read_segment
    Result<std::unique_ptr<env::File>> open_segment(const SegmentId& segment);

    /// For each id whether it is there. errors  those of reading, never a part
    /// cost    one look each
    Result<std::vector<bool>> have(std::span<const SegmentId> ids);

    /// True when a segment of this size is there, and then made durable (PEER-8).
    Result<bool> keep_stored(const SegmentId& segment, std::uint64_t size);

    /// A segment on its way; destroyed without commit it leaves nothing. The repository outlives
    /// it. Used by one thread at a time.
    class Upload {
    public:
        Upload(Repository& repository, Usage::Reservation reservation,
               std::unique_ptr<head::SegmentWriter> writer);

        Result<> append(ByteView bytes) { return m_writer->append(bytes); }

        Result<> commit(const SegmentId& segment);

    private:
        Repository& m_repository;
        Usage::Reservation m_reservation;
        std::unique_ptr<head::SegmentWriter> m_writer;
    };

    /// errors  `no_space` over the quota or the disk; as Head::begin_segment
    Result<std::unique_ptr<Upload>> begin_upload(std::uint64_t size);

    /// Whether the quota has room for a root of this size beside or in place of what is there.
    /// errors  `no_space`, those of listing
    Result<> check_room(const std::string& name, std::uint64_t size);

    /// Who asks for a change, and the rights one of which that needs. They are looked at once more
    /// when the change is made: a body may take its time, and a revocation overtake it (PEER-18).
    struct Asker {
        PeerId client;
        std::uint8_t needed = 0;
        bool is_node = false; ///< this node itself, for what it heals: no right is asked for
    };

    /// errors  as Head::put_root; `no_space` over the quota; `permission` and `read_only` for what
    ///         only an admin may replace (PEER-21, PEER-22); those of check_rights_root
    Result<> put_root(const std::string& name, ByteView content, const Asker& asker);

    /// errors  as Head::remove_…; `permission`; `read_only` while the retention lock is set
    Result<> remove_segment(const SegmentId& segment, const Asker& asker);
    Result<> remove_root(const std::string& name, const Asker& asker);

    /// Takes part in nothing any more: what comes later is `unavailable`.
    void retire();

    /// Takes the retention lock `name` away, also where what else is kept can not be counted: for
    /// the person at the node, never for a request. errors  `invalid_argument`, those of the disk
    Result<> release_lock(const std::string& name);

    /// The retention locks that are there; one that can not be read stands until
    /// peer::lock_until_max. errors  those of listing
    Result<std::vector<std::pair<std::string, peer::Lock>>> locks();

    /// Frees what the bin took before `day`, as Bin::empty.
    Bin::Emptied empty_bin(Bin::Day day);

    struct Retrieved {
        std::uint64_t segments = 0;
        std::uint64_t roots = 0;
        std::uint64_t left = 0;     ///< in the bin: something of that name is there again
        std::uint64_t withheld = 0; ///< in the bin: rights and orders, which an admin ended
    };

    /// Puts back what the bin has and the head lacks, of each name the newest, but no rights and no
    /// orders: for the person at the node. errors  those of the disk
    Result<Retrieved> retrieve();

    /// The cells that an auditor asks for. errors  `not_found`, `corrupt` when one is damaged, and
    /// then the segment is scrubbed; `invalid_argument` for a leaf that it does not have
    Result<Bytes> audit(const SegmentId& segment, const peer::AuditRequest& request);

    /// segment::combine_cells of `count` cells from `first` on, each verified first.
    ///
    /// in      `count`, at most peer::max_combined_cells
    /// errors  `not_found`; `corrupt` past the end, and where one is damaged: then the segment is
    ///         scrubbed
    Result<Bytes> combined(const SegmentId& segment, std::uint64_t first, std::size_t count,
                           std::uint8_t factor);

    /// Verifies a segment and moves a damaged one to `quarantine/`, as if it were not there.
    /// out     with the bytes that were read
    /// cost    reads and hashes it
    Result<Scrubbed> scrub(const SegmentId& segment, std::uint64_t& bytes_read);

private:
    Result<> count();
    Result<> check_unlocked();
    Result<peer::Rights> check_right(const Asker& asker);
    Result<> check_takeover(ByteView content);
    std::uint64_t growth_by(const std::string& name, std::uint64_t size) const;
    Result<> remove_guarded(const std::string& name, const Asker& asker);
    Result<> replace_descriptor(ByteView content, peer::Rights rights);
    Result<> put_aside(const std::string& path, const std::string& name);
    Result<> store_root(const std::string& name, ByteView content);
    Result<Scrubbed> quarantine(const SegmentId& segment, std::uint64_t size);
    std::uint64_t size_at(const std::string& path, bool& is_there) const;
    std::uint64_t counted_size_of(const std::string& root) const;
    std::mutex& commit_mutex(const SegmentId& segment);

    /// Runs `change`, and sees to it that the count fits what is there afterwards, however it
    /// ended.
    template <class Change>
    auto counted_segment(const SegmentId& segment, Change change) -> decltype(change());
    template <class Change>
    auto counted_root(const std::string& name, Change change) -> decltype(change());

    env::FileSystem& m_files;
    std::string m_path;
    RepositoryRecord m_record;
    head::DirHead m_head;
    head::DirFolder m_folder; ///< the same folder as the head's
    const Setting& m_setting;
    Bin m_bin; ///< guarded by m_root_mutex
    RightsTable m_rights;
    Usage m_usage;
    std::mutex m_count_mutex;
    bool m_counted = false; ///< guarded by m_count_mutex
    /// Held while a root is put or removed, and while a segment is removed, from the look at rights
    /// and locks to the end: a lock or revocation that is answered for was obeyed.
    std::mutex m_root_mutex;
    std::atomic<bool> m_retired = false;
    /// One of these, by name, is held while a segment is committed, removed or scrubbed.
    std::array<std::mutex, 16> m_commit_mutexes;
};

} // namespace torgo::node
