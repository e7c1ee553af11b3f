#include "repo/browse.hpp"
#include "repo/chunk_store.hpp"
#include "repo/repository.hpp"
#include "repo/tree_reader.hpp"

#include <unordered_set>

namespace torgo::repo {

namespace {

class Counting {
public:
    Counting(ChunkStore& store, Stats& stats, const std::stop_token& stop)
        : m_store(store),
          m_reader(store),
          m_sealer(store.make_sealer()),
          m_stats(stats),
          m_stop(stop) {}

    Result<> tree_chunk(const ChunkId& id) { return use(id); }

    /// A page seen before brings nothing new for the chunks, yet its files count again.
    Result<> directory(const Node& directory) {
        if (m_stop.stop_requested()) return fail(Errc::cancelled, "stopped");
        for (const auto& page : directory.pages)
            CHECK_OK(use(page));
        TRY(const auto nodes, list_directory(m_reader, directory));
        for (const auto& node : nodes)
            CHECK_OK(this->node(node));
        return {};
    }

private:
    Result<> node(const Node& node) {
        if (node.entry.kind == source::Kind::directory) {
            m_stats.directories += 1;
            return directory(node);
        }
        if (node.entry.kind != source::Kind::file) return {};
        m_stats.files += 1;
        m_stats.restore_bytes += node.entry.size;
        for (const auto& list : node.content_lists)
            CHECK_OK(use(list));
        TRY(const auto extents, m_reader.extents(node));
        for (const auto& extent : extents)
            if (!extent.hole) CHECK_OK(use(extent.chunk));
        return {};
    }

    Result<> use(const ChunkId& id) {
        if (!m_seen.insert(id).second) return {};
        TRY(const auto found, m_store.locate(id, *m_sealer));
        m_stats.chunks += 1;
        m_stats.plain_bytes += found.entry.header.plain_size;
        m_stats.sealed_bytes += found.entry.header.sealed_size();
        return {};
    }

    ChunkStore& m_store;
    TreeReader m_reader;
    std::unique_ptr<seal::Sealer> m_sealer;
    Stats& m_stats;
    const std::stop_token& m_stop;
    std::unordered_set<ChunkId> m_seen;
};

} // namespace

Result<Stats> stats(Repository& repository, const std::vector<Snapshot>& of, std::stop_token stop) {
    TRY(auto* store, repository.chunks());
    Stats stats;
    Counting counting(*store, stats, stop);
    for (const auto& snapshot : of) {
        stats.snapshots += 1;
        CHECK_OK(counting.tree_chunk(snapshot.body.tree));
        TRY(const auto root, root_node(repository, snapshot));
        CHECK_OK(counting.directory(root));
    }
    for (std::uint32_t i = 0; i < store->pack_count(); ++i) {
        const auto& info = store->pack(i).info;
        stats.packs += 1;
        stats.pack_bytes += info.size;
        stats.head_bytes += info.segment_file_size() * info.code.n;
    }
    return stats;
}

} // namespace torgo::repo
