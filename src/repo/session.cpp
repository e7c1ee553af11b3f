#include "repo/session.hpp"

#include "base/ensure.hpp"
#include "crypto/hash.hpp"
#include "repo/batch.hpp"
#include "repo/index_record.hpp"
#include "repo/limits.hpp"

#include <algorithm>

namespace torgo::repo {

namespace {
/// Full packs that wait for the heads.
constexpr std::size_t packs_waiting_max = 1;
/// How far the next pack may be filled while one is on its way; with it this bounds the memory.
constexpr std::size_t ahead_max = 32_MiB;

// REPO-19
pack::PackClass class_of(seal::ChunkType type) {
    return type == seal::ChunkType::data ? pack::PackClass::data : pack::PackClass::metadata;
}
} // namespace

Session::Session(ChunkStore& store, HeadSet& heads, const Descriptor& descriptor,
                 const WriterKeys* writer, const env::World& world, SessionOptions options)
    : m_store(store),
      m_heads(heads),
      m_descriptor(descriptor),
      m_writer(writer),
      m_world(world),
      m_options(options),
      m_sealer(store.make_sealer()),
      m_uploads(packs_waiting_max) {
    ENSURE(m_options.dry_run || m_writer != nullptr);
    m_uploader = std::jthread([this] { upload_loop(); });
}

Session::~Session() {
    m_uploads.close();
}

Result<> Session::failure() const {
    if (!m_failed.load(std::memory_order_acquire)) return {};
    const std::lock_guard lock(m_error_mutex);
    return std::unexpected(*m_error);
}

void Session::fail_with(Error error) {
    {
        const std::lock_guard lock(m_error_mutex);
        if (!m_error) m_error = std::move(error);
        m_failed.store(true, std::memory_order_release);
    }
    const std::lock_guard lock(m_filled_mutex);
    m_filled.notify_all();
}

/// True when this call is the first of the session to bring the chunk and the repository lacks it.
Result<bool> Session::claim(const ChunkId& id) {
    TRY(const bool known, m_store.contains(id));
    if (known) return false;
    const std::lock_guard lock(m_claims_mutex);
    return m_claims.insert(id).second;
}

Result<ChunkId> Session::store(seal::ChunkType type, ByteView plain, seal::Sealer& sealer) {
    const auto id = m_store.keys().id(type, plain);
    CHECK_OK(store_as(id, type, plain, sealer));
    return id;
}

Result<> Session::store_as(const ChunkId& id, seal::ChunkType type, ByteView plain,
                           seal::Sealer& sealer) {
    TRY(const bool is_new, claim(id));
    if (!is_new) return {};
    const auto payload = sealer.compress(plain);
    m_chunks_new += 1;
    m_bytes_new += plain.size();
    m_bytes_sealed += payload.bytes.size() + seal::tag_size;
    if (!m_options.dry_run) CHECK_OK(put(type, id, plain, payload, sealer));
    return {};
}

/// The heads may be slower than the sealing threads.
void Session::wait_for_room(const Open& open) {
    if (open.builder.bytes() < ahead_max) return;
    std::unique_lock lock(m_filled_mutex);
    m_filled.wait(lock, [&] { return m_packs_leaving == 0 || m_failed.load(); });
}

Result<> Session::put(seal::ChunkType type, const ChunkId& id, ByteView plain,
                      const seal::Payload& payload, seal::Sealer& sealer) {
    auto& lane = this->lane(class_of(type));
    while (true) {
        CHECK_OK(failure());
        std::shared_ptr<Open> open;
        std::optional<pack::Slot> slot;
        {
            const std::lock_guard lock(lane.mutex);
            open = lane.open;
        }
        wait_for_room(*open);
        {
            const std::lock_guard lock(lane.mutex);
            if (lane.open != open) continue;
            slot = open->builder.reserve(payload.bytes.size());
        }
        if (!slot) {
            CHECK_OK(replace(lane, open));
            continue;
        }
        const bool random_v = type == seal::ChunkType::index; // REPO-42
        auto header = sealer.seal(type, id, plain, payload, random_v, slot->out);
        if (!header) {
            fail_with(header.error()); // the slot stays unfilled: the session cannot end well
            return std::unexpected(std::move(header).error());
        }
        open->builder.fill(*slot, *header);
        const std::lock_guard lock(m_filled_mutex);
        m_filled.notify_all();
        return {};
    }
}

/// Sends a full pack off and opens the next, unless another thread did so already. Waits while the
/// heads are behind.
Result<> Session::replace(Lane& lane, const std::shared_ptr<Open>& full) {
    {
        const std::lock_guard lock(lane.mutex);
        if (lane.open != full) return {};
        lane.open = std::make_shared<Open>(lane.cls);
    }
    {
        const std::lock_guard lock(m_filled_mutex);
        m_packs_leaving += 1;
    }
    if (!m_uploads.push(full)) return fail(Errc::cancelled, "the session has ended");
    return {};
}

void Session::upload_loop() {
    while (auto open = m_uploads.pop()) {
        { // Threads may still seal into their slots.
            std::unique_lock lock(m_filled_mutex);
            m_filled.wait(lock, [&] { return (*open)->builder.complete() || m_failed.load(); });
        }
        if (m_failed.load()) continue; // drain, so that nobody waits for room
        if (auto done = upload(**open, /*last=*/false); !done) fail_with(std::move(done).error());
        const std::lock_guard lock(m_filled_mutex);
        m_packs_leaving -= 1;
        m_filled.notify_all();
    }
}

Result<> Session::upload(Open& open, bool last) {
    TRY(auto packs, open.builder.finish(*m_sealer, m_store.keys(), *m_world.random, last));
    for (auto& pack : packs)
        CHECK_OK(write_pack(pack));
    return {};
}

Result<> Session::write_pack(pack::Finished& finished) {
    const bool is_data = finished.cls == pack::PackClass::data;
    const auto code = is_data ? m_descriptor.data_code : m_descriptor.metadata_code;
    TRY(auto written, m_heads.write_pack(m_descriptor.id, finished.cls, code, finished.bytes(),
                                         m_options.min_heads,
                                         [&](std::size_t done) { finished.buffer.forget(done); }));
    m_totals.bytes_packs += finished.size;
    m_totals.bytes_heads += written.bytes;
    m_totals.packs += 1;
    for (const auto segment : written.missing) {
        const auto head = m_heads.head_of(static_cast<unsigned>(segment));
        if (std::ranges::find(m_totals.missing_heads, head) == m_totals.missing_heads.end())
            m_totals.missing_heads.push_back(head);
    }
    m_unnamed.push_back(written.info);
    const auto id = written.info.id(m_descriptor.id);
    (void)m_store.add_pack(std::move(written.info), finished.entries);
    {
        const std::lock_guard lock(m_claims_mutex);
        for (const auto& entry : finished.entries)
            m_claims.erase(entry.header.id);
    }
    if (is_data) note_index(id, finished.entries);
    if (m_unnamed.size() >= limits::packs_between_checkpoints) return write_batch();
    return {};
}

/// Names the packs that are durable now: if the session dies later, the next one finds their
/// chunks (REPO-17).
Result<> Session::write_batch() {
    if (m_unnamed.empty()) return {};
    const Batch batch{
        .repo = m_descriptor.id, .writer = m_writer->id, .packs = std::move(m_unnamed)};
    m_unnamed.clear();
    TRY(const auto record, encode_batch(batch, m_writer->pack_key));
    auto name = "batch-" + crypto::sha256(record).hex();
    CHECK_OK_WITH("writing the batch", m_heads.put_root(name, record, m_options.min_heads));
    m_batches.push_back(std::move(name));
    return {};
}

/// A pack is never split over two records: "covered" means all of its chunks (REPO-32).
void Session::note_index(const PackId& id, const std::vector<pack::Entry>& entries) {
    if (entries.size() > limits::index_entries_per_chunk) return; // its trailer is read instead
    if (m_index.empty() ||
        m_index.back().chunks.size() + entries.size() > limits::index_entries_per_chunk)
        m_index.emplace_back();
    auto& record = m_index.back();
    const auto place = static_cast<std::uint32_t>(record.packs.size());
    record.packs.push_back(id);
    for (const auto& entry : entries)
        record.chunks.push_back({entry.header.id, place, entry.offset});
}

/// Index chunks for the data packs of this session, into its metadata pack.
Result<> Session::write_index() {
    for (const auto& record : m_index) {
        const auto plain = encode_index(record);
        TRY([[maybe_unused]] const auto id, store(seal::ChunkType::index, plain, *m_sealer));
        m_chunks_new -= 1; // bookkeeping of ours, not the user's data
    }
    return {};
}

// REPO-2: packs, index, batch; the snapshot comes after
Result<SessionTotals> Session::finish() {
    m_uploads.close();
    m_uploader.join();
    CHECK_OK(failure());
    if (!m_options.dry_run) {
        CHECK_OK(upload(*m_data.open, /*last=*/true));
        CHECK_OK(write_index());
        CHECK_OK(upload(*m_metadata.open, /*last=*/true));
        CHECK_OK(write_batch());
    }
    m_totals.bytes_new = m_bytes_new;
    m_totals.bytes_sealed = m_bytes_sealed;
    m_totals.chunks_new = m_chunks_new;
    std::ranges::sort(m_totals.missing_heads);
    if (!m_batches.empty()) {
        auto saved = m_store.save(m_batches);
        // The cache is a convenience: the next command reads the batches again.
        if (!saved && saved.error().code() == Errc::corrupt) return std::unexpected(saved.error());
    }
    return m_totals;
}

} // namespace torgo::repo
