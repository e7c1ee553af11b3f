#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "env/file_system.hpp"
#include "node/record.hpp"
#include "node/repository.hpp"
#include "peer/messages.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace torgo::node {

/// All that a node keeps for others, in one folder. Thread-safe; `files` outlives it.
/// source  docs/spec/node.md
class Store {
public:
    /// Makes the folder where there is none, and finds the repositories in it.
    ///
    /// errors  those of the disk. A repository whose record is damaged is passed over and counted
    ///
    /// in      `clock`, which outlives it, says when capabilities end; null: they do not
    static Result<std::unique_ptr<Store>> open(env::FileSystem& files, const std::string& path,
                                               env::Clock* clock = nullptr);

    /// From now on what is deleted goes to the bin of this day (NODE-9).
    void keep_deleted(Bin::Day day);

    /// As Repository::empty_bin, of all together.
    Bin::Emptied empty_bins(Bin::Day day) const;

    env::FileSystem& files() const { return m_files; }

    /// The folder of a repository.
    std::string repository_path(const RepoId& repository) const;

    /// The repository, or nothing.
    std::shared_ptr<Repository> find(const RepoId& repository) const;

    std::vector<std::shared_ptr<Repository>> repositories() const;

    /// Folders of repositories whose record can not be read.
    unsigned unreadable() const { return m_unreadable; }

    /// Bytes that the disk has left.
    Result<std::uint64_t> free_bytes() const;

    /// Whether a client has any right to any repository here.
    bool knows(const PeerId& client) const;

    /// Lets one repository join that shows this secret, of which only the hash is kept.
    ///
    /// in      `quota`, bytes, more than 0; `label`, at most max_invite_label bytes
    /// errors  `invalid_argument`, `exists`, those of the disk
    Result<> add_invite(const peer::InviteSecret& secret, std::uint64_t quota,
                        const std::string& label);

    /// Creates a repository for who shows an invite's secret.
    ///
    /// out     false when this client had joined with the same keys and index before
    /// errors  `authentication`, `exists` (PEER-14), those of the disk
    Result<bool> join(const RepoId& repository, const PeerId& client, const peer::Join& join);

    /// Makes the spare head that is kept for a repository head `index`. Who uses the old object
    /// gets `unavailable` from then on. Done again after a crash it is completed.
    /// errors  `not_found`; `exists` for a head that has a number; those of the disk
    /// source  NODE-6
    Result<std::shared_ptr<Repository>> take_place(const RepoId& repository, unsigned index);

    /// Releases the retention lock `name` of a repository. errors  `not_found`, as
    /// Repository::release_lock
    Result<> release_lock(const RepoId& repository, const std::string& name) const;

    struct ScrubReport {
        std::uint64_t segments = 0; ///< verified
        std::uint64_t bytes = 0;    ///< read for it
        std::uint64_t damaged = 0;  ///< moved to quarantine
        std::uint64_t failed = 0;   ///< not judged: the disk gave an error
        bool wrapped = false;       ///< the last segment was reached, the next call begins anew
    };

    /// Verifies the next segments until `max_bytes` were read or all were seen. One thread at a
    /// time scrubs, others wait.
    Result<ScrubReport> scrub_next(std::uint64_t max_bytes);

private:
    Store(env::FileSystem& files, std::string path) : m_files(files), m_path(std::move(path)) {}

    std::string invite_path(const peer::InviteSecret& secret) const;
    Result<> load();
    void load_one(const std::string& name);
    Result<InviteRecord> claim(const RepoId& repository, const PeerId& client,
                               const peer::Join& join);
    Result<> create(RepositoryRecord record);
    Result<bool> scrub_one(ScrubReport& report);
    std::shared_ptr<Repository> next_repository() const;

    env::FileSystem& m_files;
    std::string m_path;
    Setting m_setting;       ///< outlives the repositories
    std::mutex m_join_mutex; ///< held while a repository joins
    mutable std::mutex m_mutex;
    std::map<RepoId, std::shared_ptr<Repository>> m_repositories; ///< guarded by m_mutex
    std::atomic<unsigned> m_unreadable = 0;
    std::mutex m_scrub_mutex;
    RepoId m_scrub_repository; ///< guarded by m_scrub_mutex, as is
    SegmentId m_scrub_after;   ///< the position in it
};

} // namespace torgo::node
