#include "repo/tree_builder.hpp"

#include "base/ensure.hpp"
#include "repo/limits.hpp"

#include <iterator>

namespace torgo::repo {

std::shared_ptr<PendingDirectory> TreeBuilder::make_root(source::Entry root_entry) {
    auto above = std::make_shared<PendingDirectory>();
    above->nodes.resize(1);
    above->dropped.resize(1);
    above->nodes.front().entry = std::move(root_entry);
    above->nodes.front().entry.name.clear();
    return above;
}

std::shared_ptr<PendingDirectory>
TreeBuilder::make_child(const std::shared_ptr<PendingDirectory>& parent, std::size_t place,
                        std::size_t size) {
    begin_part(*parent);
    auto child = std::make_shared<PendingDirectory>();
    child->parent = parent;
    child->place = place;
    child->nodes.resize(size);
    child->dropped.resize(size);
    return child;
}

Result<> TreeBuilder::end_part(std::shared_ptr<PendingDirectory> directory, seal::Sealer& sealer) {
    while (directory && directory->open_parts.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        CHECK_OK(complete(*directory, sealer));
        directory = directory->parent;
    }
    return {};
}

namespace {
void leave_out_dropped(PendingDirectory& directory) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < directory.nodes.size(); ++i) {
        if (directory.dropped[i] != 0) continue;
        if (kept != i) directory.nodes[kept] = std::move(directory.nodes[i]);
        ++kept;
    }
    directory.nodes.resize(kept);
}
} // namespace

Result<> TreeBuilder::complete(PendingDirectory& directory, seal::Sealer& sealer) {
    leave_out_dropped(directory);
    if (!directory.parent) {
        TRY(const auto pages, store_pages(directory.nodes, sealer));
        ENSURE(pages.size() == 1); // one node, one page
        m_root = pages.front();
        return {};
    }
    auto& node = directory.parent->nodes.at(directory.place);
    if (count_nodes(directory.nodes) <= limits::inline_nodes_max &&
        weight(directory.nodes) <= limits::inline_bytes_max) {
        node.inlined = std::make_shared<Listing>(std::move(directory.nodes));
        return {};
    }
    TRY(node.pages, store_pages(directory.nodes, sealer));
    directory.nodes = {};
    return {};
}

Result<std::vector<ChunkId>> TreeBuilder::store_pages(Listing& nodes, seal::Sealer& sealer) {
    std::vector<ChunkId> pages;
    std::size_t begin = 0;
    for (const auto end : page_ends(nodes)) {
        const auto first = nodes.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto last = nodes.begin() + static_cast<std::ptrdiff_t>(end);
        const Listing page(std::make_move_iterator(first), std::make_move_iterator(last));
        TRY(const auto id, m_session.store(seal::ChunkType::tree, encode_page(page), sealer));
        pages.push_back(id);
        begin = end;
    }
    return pages;
}

} // namespace torgo::repo
