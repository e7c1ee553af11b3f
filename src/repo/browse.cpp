#include "repo/browse.hpp"

#include "repo/chunk_store.hpp"
#include "repo/limits.hpp"
#include "repo/repository.hpp"
#include "repo/tree_reader.hpp"

#include <algorithm>

namespace torgo::repo {

namespace {

std::string join_path(const std::string& folder, const std::string& name) {
    return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

std::vector<std::string> components(const std::string& path) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin < path.size()) {
        const auto end = std::min(path.find('/', begin), path.size());
        if (end != begin) parts.push_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

} // namespace

Result<Listing> list_directory(TreeReader& reader, const Node& directory) {
    if (directory.entry.kind != source::Kind::directory)
        return fail(Errc::invalid_argument, directory.entry.name + " is no directory");
    if (directory.inlined) return *directory.inlined;
    Listing all;
    for (const auto& page : directory.pages) {
        TRY(auto nodes, reader.page(page));
        // REPO-25
        if (!all.empty() && !nodes.empty() && !(all.back().entry.name < nodes.front().entry.name))
            return fail(Errc::corrupt, "tree: pages out of order");
        std::ranges::move(nodes, std::back_inserter(all));
    }
    return all;
}

TreeReader::TreeReader(ChunkStore& store) : m_store(store), m_sealer(store.make_sealer()) {}

TreeReader::~TreeReader() = default;

Result<Listing> TreeReader::page(const ChunkId& id, bool root) {
    CHECK_OK_WITH("reading a tree", m_store.read(id, *m_sealer, m_plain));
    return decode_page(m_plain, root);
}

Result<std::vector<Extent>> TreeReader::extents(const Node& file) {
    if (file.content_lists.empty()) return file.content;
    std::vector<Extent> all;
    for (const auto& list : file.content_lists) {
        CHECK_OK_WITH("reading a list of extents", m_store.read(list, *m_sealer, m_plain));
        TRY(const auto part, decode_extents(m_plain));
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

// REPO-26
Result<Node> TreeReader::root(const ChunkId& tree) {
    TRY(auto nodes, page(tree, /*root=*/true));
    if (nodes.size() != 1 || nodes.front().entry.kind != source::Kind::directory)
        return fail(Errc::corrupt, "tree: a snapshot's root is one directory");
    return std::move(nodes.front());
}

Result<Listing> list_directory(Repository& repository, const Node& directory) {
    TRY(auto* store, repository.chunks());
    TreeReader reader(*store);
    return list_directory(reader, directory);
}

Result<Node> root_node(Repository& repository, const Snapshot& snapshot) {
    TRY(auto* store, repository.chunks());
    return TreeReader(*store).root(snapshot.body.tree);
}

Result<Node> find_node(Repository& repository, const Snapshot& snapshot, const std::string& path) {
    TRY(auto* store, repository.chunks());
    TreeReader reader(*store);
    TRY(auto node, reader.root(snapshot.body.tree));
    std::string walked;
    for (const auto& name : components(path)) {
        if (node.entry.kind != source::Kind::directory)
            return fail(Errc::not_found, walked + " is no directory in the snapshot");
        TRY(auto nodes, list_directory(reader, node));
        const auto at = std::ranges::lower_bound(
            nodes, name, {}, [](const Node& n) -> const std::string& { return n.entry.name; });
        walked += "/" + name;
        if (at == nodes.end() || at->entry.name != name)
            return fail(Errc::not_found, walked + " is not in the snapshot");
        node = std::move(*at);
    }
    return node;
}

namespace {

Result<> visit_below(TreeReader& reader, const Node& directory, const std::string& path,
                     const VisitNode& visit, std::size_t depth) {
    if (depth > limits::directory_depth_max)
        return fail(Errc::limit_exceeded, "tree: directories nested too deep");
    TRY(const auto nodes, list_directory(reader, directory));
    for (const auto& node : nodes) {
        const auto node_path = join_path(path, node.entry.name);
        TRY(const bool inside, visit(node_path, node));
        if (inside && node.entry.kind == source::Kind::directory)
            CHECK_OK(visit_below(reader, node, node_path, visit, depth + 1));
    }
    return {};
}

} // namespace

Result<> for_each_node(Repository& repository, const Node& start, const std::string& start_path,
                       const VisitNode& visit) {
    TRY(auto* store, repository.chunks());
    TreeReader reader(*store);
    TRY(const bool inside, visit(start_path, start));
    if (!inside || start.entry.kind != source::Kind::directory) return {};
    return visit_below(reader, start, start_path, visit, 0);
}

Result<> read_content(Repository& repository, const Node& file, const SinkBytes& sink) {
    static constexpr std::size_t zero_block = 64_KiB;
    TRY(auto* store, repository.chunks());
    TreeReader reader(*store);
    TRY(const auto extents, reader.extents(file));
    const auto sealer = store->make_sealer();
    const Bytes zeros(zero_block);
    Bytes plain;
    for (const auto& extent : extents) {
        if (extent.hole) {
            for (auto left = extent.length; left != 0;) {
                const auto n = std::min<std::uint64_t>(left, zeros.size());
                CHECK_OK(sink(ByteView(zeros).first(n)));
                left -= n;
            }
            continue;
        }
        CHECK_OK(store->read(extent.chunk, *sealer, plain));
        // REPO-38
        if (extent.offset > plain.size() || extent.length > plain.size() - extent.offset)
            return fail(Errc::corrupt, "an extent reaches beyond its chunk");
        CHECK_OK(sink(ByteView(plain).subspan(extent.offset, extent.length)));
    }
    return {};
}

} // namespace torgo::repo
