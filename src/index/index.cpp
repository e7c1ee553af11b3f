#include "index/index.hpp"

#include "index/cache.hpp"
#include "index/merge.hpp"
#include "index/run.hpp"
#include "index/table.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <ranges>
#include <shared_mutex>
#include <utility>
#include <vector>

namespace torgo::index {

/// Lock order: m_writing, then m_mutex. Files are written under m_writing only and read under none.
class Index::Impl {
public:
    Impl(env::FileSystem& files, IndexOptions options)
        : m_options(std::move(options)),
          m_cache(files, m_options.cache_folder, m_options.fingerprint),
          m_full_at(m_options.table_entries_max) {}

    Result<std::optional<Bytes>> load();
    Result<> persist(ByteView manifest);
    Result<std::optional<Location>> find(const ChunkId& id) const;
    void add(const ChunkId& id, Location location);
    Result<> for_each(const std::function<void(const ChunkId&, Location)>& visit) const;
    Result<> clear();
    std::uint64_t count() const;
    std::size_t resident_bytes() const;

private:
    struct Candidate {
        std::shared_ptr<const Run> run;
        Summary::Range range;
    };

    bool put(const ChunkId& id, Location location);
    bool is_full() const;
    std::vector<Candidate> candidates(const ChunkId& id) const;
    Result<> write_table();
    void thaw();
    Result<> merge_runs();
    std::vector<NamedRun> runs() const;

    IndexOptions m_options;
    std::mutex m_writing;
    Cache m_cache; ///< guarded by m_writing

    mutable std::shared_mutex m_mutex;
    Table m_table;                                ///< newest
    std::shared_ptr<const Table> m_being_written; ///< older, being turned into a run
    std::vector<NamedRun> m_runs;                 ///< oldest first
    std::size_t m_full_at;
};

bool Index::Impl::is_full() const {
    return m_cache.enabled() && m_table.size() >= m_full_at;
}

bool Index::Impl::put(const ChunkId& id, Location location) {
    const std::unique_lock lock(m_mutex);
    m_table.put(id, location);
    return is_full();
}

void Index::Impl::add(const ChunkId& id, Location location) {
    if (!put(id, location)) return;
    const std::lock_guard writing(m_writing);
    {
        const std::shared_lock lock(m_mutex);
        if (!is_full()) return; // another thread has written it meanwhile
    }
    if (const auto written = write_table(); !written) return;
    (void)merge_runs(); // too many runs cost time only; the next write tries again
}

/// Turns the newest entries into a run. On failure they are the newest entries again.
Result<> Index::Impl::write_table() {
    std::shared_ptr<const Table> table;
    {
        const std::unique_lock lock(m_mutex);
        if (m_table.size() == 0) return {};
        table = std::make_shared<const Table>(std::exchange(m_table, Table()));
        m_being_written = table;
    }
    std::vector<std::unique_ptr<EntryStream>> streams;
    streams.push_back(stream_of(table->sorted()));
    auto run = m_cache.write(Merge(std::move(streams)), table->size());
    if (!run) {
        thaw();
        return std::unexpected(std::move(run).error().with("writing the index cache"));
    }
    const std::unique_lock lock(m_mutex);
    m_runs.push_back(*std::move(run));
    m_being_written.reset();
    m_full_at = m_options.table_entries_max;
    return {};
}

void Index::Impl::thaw() {
    const std::unique_lock lock(m_mutex);
    for (const auto& entry : m_being_written->sorted())
        if (!m_table.find(entry.id)) m_table.put(entry.id, entry.location);
    m_being_written.reset();
    m_full_at = m_table.size() + m_options.table_entries_max;
}

std::vector<NamedRun> Index::Impl::runs() const {
    const std::shared_lock lock(m_mutex);
    return m_runs;
}

Result<> Index::Impl::merge_runs() {
    const auto all = runs();
    std::vector<std::uint64_t> counts;
    for (const auto& run : all)
        counts.push_back(run.run->count());
    const auto start = merge_from(counts, m_options.runs_max);
    if (start == all.size()) return {};

    std::vector<std::unique_ptr<EntryStream>> streams;
    std::uint64_t expected = 0;
    for (auto i = all.size(); i-- > start; expected += counts[i])
        streams.push_back(stream_of(all[i].run));
    TRY(const auto merged, m_cache.write(Merge(std::move(streams)), expected));
    {
        const std::unique_lock lock(m_mutex);
        m_runs.resize(start);
        m_runs.push_back(merged);
    }
    for (const auto& old : all | std::views::drop(start))
        if (old.name != merged.name) m_cache.discard(old.name);
    return {};
}

Result<std::optional<Bytes>> Index::Impl::load() {
    if (!m_cache.enabled()) return std::nullopt;
    const std::lock_guard writing(m_writing);
    TRY(auto content, m_cache.load());
    if (!content) return std::nullopt;
    const std::unique_lock lock(m_mutex);
    m_runs = std::move(content->runs);
    return std::move(content->record);
}

Result<> Index::Impl::persist(ByteView manifest) {
    if (!m_cache.enabled()) return {};
    const std::lock_guard writing(m_writing);
    CHECK_OK(write_table());
    CHECK_OK(merge_runs());
    return m_cache.save(runs(), manifest);
}

std::vector<Index::Impl::Candidate> Index::Impl::candidates(const ChunkId& id) const {
    std::vector<Candidate> found;
    for (const auto& named : m_runs)
        named.run->summary().prefetch(id);
    for (const auto& named : std::views::reverse(m_runs)) {
        const auto range = named.run->summary().candidates(id);
        if (!range.empty()) found.push_back({named.run, range});
    }
    return found;
}

Result<std::optional<Location>> Index::Impl::find(const ChunkId& id) const {
    std::vector<Candidate> to_read;
    {
        const std::shared_lock lock(m_mutex);
        if (const auto found = m_table.find(id)) return found;
        if (m_being_written) {
            if (const auto found = m_being_written->find(id)) return found;
        }
        to_read = candidates(id);
    }
    for (const auto& candidate : to_read) {
        TRY(const auto found, candidate.run->find_among(id, candidate.range));
        if (found) return found;
    }
    return std::nullopt;
}

Result<> Index::Impl::for_each(const std::function<void(const ChunkId&, Location)>& visit) const {
    std::vector<std::unique_ptr<EntryStream>> streams;
    {
        const std::shared_lock lock(m_mutex);
        streams.push_back(stream_of(m_table.sorted()));
        if (m_being_written) streams.push_back(stream_of(m_being_written->sorted()));
        for (const auto& named : std::views::reverse(m_runs))
            streams.push_back(stream_of(named.run));
    }
    Merge merge(std::move(streams));
    while (true) {
        TRY(const auto* entry, merge.next());
        if (entry == nullptr) return {};
        visit(entry->id, entry->location);
    }
}

Result<> Index::Impl::clear() {
    const std::lock_guard writing(m_writing);
    {
        const std::unique_lock lock(m_mutex);
        m_table = Table();
        m_runs.clear();
        m_full_at = m_options.table_entries_max;
    }
    return m_cache.enabled() ? m_cache.clear() : Result<>{};
}

std::uint64_t Index::Impl::count() const {
    const std::shared_lock lock(m_mutex);
    std::uint64_t sum = m_table.size() + (m_being_written ? m_being_written->size() : 0);
    for (const auto& named : m_runs)
        sum += named.run->count();
    return sum;
}

std::size_t Index::Impl::resident_bytes() const {
    const std::shared_lock lock(m_mutex);
    auto sum = m_table.resident_bytes();
    if (m_being_written) sum += m_being_written->resident_bytes();
    for (const auto& named : m_runs)
        sum += named.run->resident_bytes();
    return sum;
}

Index::Index(env::FileSystem& files, IndexOptions options)
    : m_impl(std::make_unique<Impl>(files, std::move(options))) {}

Index::~Index() = default;

Result<std::optional<Bytes>> Index::load_manifest() {
    return m_impl->load();
}

Result<> Index::persist(ByteView manifest) {
    return m_impl->persist(manifest);
}

Result<std::optional<Location>> Index::find(const ChunkId& id) const {
    return m_impl->find(id);
}

void Index::add(const ChunkId& id, Location location) {
    m_impl->add(id, location);
}

Result<> Index::for_each(const std::function<void(const ChunkId&, Location)>& visit) const {
    return m_impl->for_each(visit);
}

Result<> Index::clear() {
    return m_impl->clear();
}

std::uint64_t Index::count() const {
    return m_impl->count();
}

std::size_t Index::resident_bytes() const {
    return m_impl->resident_bytes();
}

} // namespace torgo::index
