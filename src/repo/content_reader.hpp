#pragma once

#include "base/error.hpp"
#include "chunk/cutter.hpp"
#include "env/queue.hpp"
#include "repo/backup.hpp"
#include "repo/tree_builder.hpp"
#include "source/read.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

namespace torgo::repo {

/// A file whose content is wanted: which node it becomes, and where it is read.
struct FileRef {
    std::shared_ptr<PendingDirectory> directory;
    std::size_t place = 0;
    std::string path;
    std::shared_ptr<const source::Descriptor> folder; ///< only where the path is too long to open

    /// Where a small file's content lay in the parent snapshot; stays there if the tag still fits.
    struct Before {
        ContentTag tag;
        Extent extent;
    };
    std::optional<Before> before{};

    Node& node() const { return directory->nodes.at(place); }
};

/// Notes of all threads, bounded.
class NoteBook {
public:
    void add(source::Note note);
    void move_into(BackupSummary& summary);

    std::uint64_t unreadable() const {
        const std::lock_guard lock(m_mutex);
        return m_unreadable;
    }

private:
    mutable std::mutex m_mutex;
    std::vector<source::Note> m_notes;
    std::uint64_t m_unreadable = 0;
};

/// The threads that read, cut, compress and seal. Work comes as bundles of small files, whole large
/// files, and chunks of large files that another thread has cut; each piece is done by one thread
/// from reading to sealing, so nothing waits in order.
class ContentReader {
public:
    ContentReader(Session& session, ChunkStore& store, TreeBuilder& trees, NoteBook& notes,
                  const BackupOptions& options, BackupProgress& progress);
    ~ContentReader();
    ContentReader(const ContentReader&) = delete;
    ContentReader& operator=(const ContentReader&) = delete;
    ContentReader(ContentReader&&) = delete;
    ContentReader& operator=(ContentReader&&) = delete;

    /// Each file counts as an open part of its directory, begun by the caller and ended here.
    /// False when the work has failed.
    bool add_bundle(std::vector<FileRef> files);
    bool add_large(FileRef file);

    /// One file whose bytes come from a stream, on the caller's thread.
    Result<> read_stream(FileRef file, const StreamReader& stream);

    /// Waits until all is done; the first error of any thread.
    Result<> finish();

    std::uint64_t bytes_read() const noexcept { return m_bytes_read; }

private:
    struct Large;

    struct ChunkWork {
        std::shared_ptr<Large> file;
        std::size_t place = 0; ///< of its extent
        Bytes bytes;
    };

    struct Bundle {
        std::vector<FileRef> files;
    };

    /// One small file's bytes in a bundle's buffer.
    struct Piece {
        FileRef* file;
        std::size_t offset, length;
    };

    using Work = std::variant<Bundle, FileRef, ChunkWork>;

    /// What one thread owns.
    struct Bench {
        std::unique_ptr<seal::Sealer> sealer;
        Bytes buffer;
    };

    void run(Bench& bench);
    Result<> do_work(Bundle& bundle, Bench& bench);
    Result<> do_work(FileRef& file, Bench& bench);
    Result<> do_work(ChunkWork& chunk, Bench& bench);
    Result<std::size_t> read_into(FileRef& file, ByteSpan room);
    std::vector<Piece> read_bundle(Bundle& bundle, Bytes& buffer);
    ChunkId tag(const std::vector<Piece>& pieces, ByteView whole) const;
    static std::size_t close_gaps(std::vector<Piece>& pieces, Bytes& buffer);
    Result<> cut(const std::shared_ptr<Large>& large, Bench& bench, const StreamReader& read);
    Result<> emit(const std::shared_ptr<Large>& large, ByteView chunk, Bench& bench);
    Result<> end_chunk(const std::shared_ptr<Large>& large, Bench& bench);
    Result<> end_file(FileRef& file, Bench& bench);
    void drop(FileRef& file, source::Note::Kind kind, Error error);
    void note_changed(const FileRef& file);
    Result<> large_extents(const std::shared_ptr<Large>& large, source::FileReader& reader,
                           Bench& bench);

    Session& m_session;
    ChunkStore& m_store;
    TreeBuilder& m_trees;
    NoteBook& m_notes;
    const BackupOptions& m_options;
    BackupProgress& m_progress;
    chunk::Cutter m_cutter;
    env::Queue<Work> m_queue;
    std::mutex m_error_mutex;
    std::optional<Error> m_error;
    std::atomic<bool> m_stop{false};
    std::atomic<std::uint64_t> m_bytes_read{0};
    std::atomic<int> m_chunks_waiting{0};
    unsigned m_thread_count;
    Bench m_callers_bench;
    std::vector<std::jthread> m_threads;
};

} // namespace torgo::repo
