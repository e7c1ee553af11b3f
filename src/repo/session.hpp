#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "env/queue.hpp"
#include "env/world.hpp"
#include "pack/builder.hpp"
#include "repo/chunk_store.hpp"
#include "repo/index_record.hpp"
#include "repo/writer.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

namespace torgo::repo {

struct SessionOptions {
    bool dry_run = false;
    std::size_t min_heads = 0; ///< that must take each pack
};

/// What one session added; complete after `finish`.
struct SessionTotals {
    std::uint64_t bytes_new = 0, bytes_sealed = 0, bytes_packs = 0, bytes_heads = 0;
    std::uint64_t chunks_new = 0, packs = 0;
    std::vector<std::size_t> missing_heads; ///< heads that missed a segment, ascending
};

/// One writing session: takes chunks from many threads, drops what is known already, seals the rest
/// into packs, sends full packs to the heads while work goes on, and makes it all part of the
/// repository at the end: packs, then the batches that name them (docs/spec/repository.md 2).
///
/// Memory: a pack of each class, half of another, and what the heads' writers hold.
class Session {
public:
    Session(ChunkStore& store, HeadSet& heads, const Descriptor& descriptor,
            const WriterKeys* writer, const env::World& world, SessionOptions options);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    Session(Session&&) = delete;
    Session& operator=(Session&&) = delete;

    /// Stores a chunk unless the repository or this session has it. Thread-safe, one Sealer a
    /// thread.
    ///
    /// errors  of the heads, once they are known: the session is then lost as a whole
    Result<ChunkId> store(seal::ChunkType type, ByteView plain, seal::Sealer& sealer);

    /// The same for a chunk whose id (Keys::id) the caller knows.
    Result<> store_as(const ChunkId& id, seal::ChunkType type, ByteView plain,
                      seal::Sealer& sealer);

    /// Sends what is left, writes the index and the batches. Nothing else may run any more.
    Result<SessionTotals> finish();

    /// Why the session is lost, if it is.
    Result<> failure() const;

    /// Sealed bytes so far, for progress.
    std::uint64_t bytes_sealed() const noexcept { return m_bytes_sealed.load(); }

private:
    /// A pack being filled; shared with the threads that hold a slot of it.
    struct Open {
        explicit Open(pack::PackClass cls) : builder(cls) {}

        pack::Builder builder;
    };

    struct Lane {
        explicit Lane(pack::PackClass c) : cls(c), open(std::make_shared<Open>(c)) {}

        const pack::PackClass cls;
        std::mutex mutex;
        std::shared_ptr<Open> open;
    };

    Result<bool> claim(const ChunkId& id);
    Result<> put(seal::ChunkType type, const ChunkId& id, ByteView plain,
                 const seal::Payload& payload, seal::Sealer& sealer);
    Result<> replace(Lane& lane, const std::shared_ptr<Open>& full);
    void wait_for_room(const Open& open);
    void upload_loop();
    Result<> upload(Open& open, bool last);
    Result<> write_pack(pack::Finished& finished);
    void note_index(const PackId& id, const std::vector<pack::Entry>& entries);
    Result<> write_index();
    Result<> write_batch();
    void fail_with(Error error);
    Lane& lane(pack::PackClass cls) { return cls == pack::PackClass::data ? m_data : m_metadata; }

    ChunkStore& m_store;
    HeadSet& m_heads;
    const Descriptor& m_descriptor;
    const WriterKeys* m_writer;
    env::World m_world;
    SessionOptions m_options;
    std::unique_ptr<seal::Sealer> m_sealer; ///< of the upload thread, then of `finish`

    Lane m_data{pack::PackClass::data};
    Lane m_metadata{pack::PackClass::metadata};
    env::Queue<std::shared_ptr<Open>> m_uploads;
    std::mutex m_claims_mutex;
    std::unordered_set<ChunkId> m_claims; ///< taken by this session and not yet in the index
    std::mutex m_filled_mutex;
    std::condition_variable m_filled; ///< a slot was filled, a pack is gone, or the session failed
    std::size_t m_packs_leaving = 0;  ///< full ones, until they are durable
    mutable std::mutex m_error_mutex;
    std::optional<Error> m_error;
    std::atomic<bool> m_failed{false};

    std::atomic<std::uint64_t> m_bytes_new{0};
    std::atomic<std::uint64_t> m_bytes_sealed{0};
    std::atomic<std::uint64_t> m_chunks_new{0};
    SessionTotals m_totals;
    std::vector<segment::PackInfo> m_unnamed; ///< durable packs that no batch names yet
    std::vector<std::string> m_batches;
    std::vector<IndexRecord> m_index; ///< data packs of this session; 40 bytes a chunk
    std::jthread m_uploader;
};

} // namespace torgo::repo
