#pragma once

#include "crypto/hash.hpp"
#include "repo/restore_plan.hpp"
#include "source/write.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace torgo::repo {

/// Problems of a restore, from any thread, bounded.
class ProblemList {
public:
    void add(std::string sentence);
    void move_into(RestoreSummary& summary);

private:
    std::mutex m_mutex;
    std::vector<std::string> m_sentences;
    std::uint64_t m_count = 0;
};

/// Writes the content of some thousand files at a time: every chunk is read and opened once, by
/// threads that each take the next chunk, and each file is finished by whoever writes its last
/// byte.
class FileGroup {
public:
    FileGroup(ChunkStore& store, source::TreeWriter& tree, const RestoreOptions& options,
              RestoreProgress& progress, ProblemList& problems);

    /// Each file has a temporary name until it is whole; one that does not become whole is removed,
    /// and what has its name stays.
    ///
    /// in      files whose parents exist
    /// errors  `cancelled`; those of the index
    Result<> write(std::vector<PlannedFile> files);

    /// The first name of a file with several: was it noted, and by what it is known again.
    struct FirstName {
        bool noted = false;
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
    };

    /// Those that were written. Between writes.
    const std::map<std::string, FirstName>& first_names() const noexcept { return m_first_names; }

    std::uint64_t files_written() const noexcept { return m_files_written; }
    std::uint64_t files_verified() const noexcept { return m_files_verified; }
    std::uint64_t bytes_written() const noexcept { return m_bytes_written; }

private:
    struct Target {
        std::mutex creating;
        std::unique_ptr<source::FileWriter> writer;
        std::string temporary; ///< its name until it is whole
        std::atomic<std::size_t> open_placements{0};
        std::atomic<bool> failed{false};
    };

    void place_chunk(const ChunkUse& use, ByteView plain, Bytes& scratch);
    Result<> put(const Placement& placement, ByteView plain, Bytes& scratch);
    Result<> create(std::uint32_t file);
    void give_up(std::uint32_t file, const Error& error);
    void end_placement(std::uint32_t file);
    void finish(std::uint32_t file);
    Result<> name(std::uint32_t file);
    void discard(std::uint32_t file);
    template <class Handle>
    void each_chunk(const ReadPlan& plan, const Handle& handle);

    ChunkStore& m_store;
    source::TreeWriter& m_tree;
    const RestoreOptions& m_options;
    RestoreProgress& m_progress;
    ProblemList& m_problems;
    std::vector<PlannedFile> m_files;
    std::vector<Target> m_targets;
    std::mutex m_names_mutex;
    std::map<std::string, FirstName> m_first_names;
    std::atomic<std::uint64_t> m_files_written{0};
    std::atomic<std::uint64_t> m_files_verified{0};
    std::atomic<std::uint64_t> m_bytes_written{0};
};

} // namespace torgo::repo
