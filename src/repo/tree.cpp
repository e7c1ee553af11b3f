#include "repo/tree.hpp"

#include "base/codec.hpp"
#include "base/ensure.hpp"
#include "repo/limits.hpp"
#include "seal/chunk.hpp"

#include <algorithm>
#include <unordered_map>

namespace torgo::repo {

namespace {

constexpr std::uint8_t page_version = 1;
constexpr std::uint8_t extents_version = 2;

enum class Form : std::uint8_t { none = 0, direct = 1, indirect = 2, bundled = 3 };

/// Chunk ids are written once a page and named by their place.
class TableWriter {
public:
    std::uint64_t place(const ChunkId& id) {
        const auto [at, added] = m_places.try_emplace(id, m_ids.size());
        if (added) m_ids.push_back(id);
        return at->second;
    }

    void write(Writer& out) const {
        out.varint(m_ids.size());
        for (const auto& id : m_ids)
            out.raw(id.view());
    }

private:
    std::vector<ChunkId> m_ids;
    std::unordered_map<ChunkId, std::uint64_t> m_places;
};

class TableReader {
public:
    Result<> read(Reader& in) {
        TRY(const auto count, in.varint(limits::chunk_table_max));
        TRY(const auto bytes, in.raw(count * ChunkId::size));
        m_bytes = bytes;
        return {};
    }

    Result<ChunkId> at(std::uint64_t place) const {
        if (place >= m_bytes.size() / ChunkId::size) // REPO-21
            return fail(Errc::corrupt, "tree: a chunk beyond the table");
        return ChunkId::from(m_bytes.subspan(place * ChunkId::size, ChunkId::size));
    }

private:
    ByteView m_bytes;
};

/// The node before, against which numbers are written as differences (REPO-24).
struct Previous {
    std::uint32_t mode = 0, uid = 0, gid = 0;
    std::int64_t mtime = 0, ctime = 0;
    std::uint64_t inode = 0, device = 0;

    void update(const source::Entry& e) {
        *this = {.mode = e.mode,
                 .uid = e.uid,
                 .gid = e.gid,
                 .mtime = e.mtime_ns,
                 .ctime = e.ctime_ns,
                 .inode = e.inode,
                 .device = e.device};
    }
};

std::int64_t difference(std::uint64_t now, std::uint64_t before) {
    return static_cast<std::int64_t>(now - before); // modulo 2^64, undone by the reader's sum
}

void write_extents(Writer& out, const std::vector<Extent>& extents, TableWriter& table) {
    out.varint(extents.size());
    for (const auto& extent : extents) {
        out.varint(extent.hole ? 0 : table.place(extent.chunk) + 1);
        if (!extent.hole) out.varint(extent.offset);
        out.varint(extent.length);
    }
}

Result<std::vector<Extent>> read_extents(Reader& in, const TableReader& table, std::size_t limit) {
    TRY(const auto count, in.varint(limit));
    std::vector<Extent> extents;
    extents.reserve(std::min<std::size_t>(count, in.left()));
    for (std::uint64_t i = 0; i < count; ++i) {
        Extent extent;
        TRY(const auto place, in.varint());
        extent.hole = place == 0;
        if (!extent.hole) {
            TRY(extent.chunk, table.at(place - 1));
            TRY(const auto offset, in.varint(seal::chunk_size_max));
            extent.offset = static_cast<std::uint32_t>(offset);
        }
        TRY(extent.length, in.varint());
        extents.push_back(extent);
    }
    return extents;
}

void write_ids(Writer& out, const std::vector<ChunkId>& ids, TableWriter& table) {
    out.varint(ids.size());
    for (const auto& id : ids)
        out.varint(table.place(id));
}

Result<std::vector<ChunkId>> read_ids(Reader& in, const TableReader& table) {
    TRY(const auto count, in.varint(limits::pages_per_directory_max));
    std::vector<ChunkId> ids;
    for (std::uint64_t i = 0; i < count; ++i) {
        TRY(const auto place, in.varint());
        TRY(const auto id, table.at(place));
        ids.push_back(id);
    }
    return ids;
}

class PageWriter {
public:
    Bytes write(const Listing& nodes) {
        listing(nodes);
        Writer out;
        out.put(page_version);
        m_table.write(out);
        return std::move(out.raw(m_body.view())).take();
    }

private:
    void listing(const Listing& nodes) {
        m_body.varint(nodes.size());
        for (const auto& node : nodes)
            this->node(node);
    }

    void attributes(const source::Entry& e) {
        m_body.put(static_cast<std::uint8_t>(e.kind)).text(e.name);
        m_body.signed_varint(difference(e.mode, m_previous.mode));
        m_body.signed_varint(difference(e.uid, m_previous.uid));
        m_body.signed_varint(difference(e.gid, m_previous.gid));
        m_body.signed_varint(difference(static_cast<std::uint64_t>(e.mtime_ns),
                                        static_cast<std::uint64_t>(m_previous.mtime)));
        m_body.signed_varint(difference(static_cast<std::uint64_t>(e.ctime_ns),
                                        static_cast<std::uint64_t>(m_previous.ctime)));
        m_body.signed_varint(difference(e.inode, m_previous.inode));
        m_body.signed_varint(difference(e.device, m_previous.device));
        m_body.varint(e.links).varint(e.flags).varint(e.xattrs.size());
        for (const auto& [name, value] : e.xattrs)
            m_body.text(name).blob(value);
        m_previous.update(e);
    }

    void node(const Node& node) {
        attributes(node.entry);
        switch (node.entry.kind) {
        case source::Kind::file:
            content(node);
            break;
        case source::Kind::directory:
            directory(node);
            break;
        case source::Kind::symlink:
            m_body.text(node.entry.target);
            break;
        case source::Kind::character_device:
        case source::Kind::block_device:
            m_body.varint(node.entry.rdev);
            break;
        case source::Kind::fifo:
        case source::Kind::socket:
            break;
        }
    }

    void content(const Node& node) {
        m_body.varint(node.entry.size);
        if (node.tag) return bundled(node);
        const bool indirect = !node.content_lists.empty();
        m_body.put(static_cast<std::uint8_t>(indirect ? Form::indirect : Form::direct));
        if (indirect)
            write_ids(m_body, node.content_lists, m_table);
        else
            write_extents(m_body, node.content, m_table);
    }

    void bundled(const Node& node) {
        const auto& extent = node.content.at(0);
        ENSURE(node.content.size() == 1 && !extent.hole && extent.length == node.entry.size);
        m_body.put(static_cast<std::uint8_t>(Form::bundled)).raw(*node.tag);
        m_body.varint(m_table.place(extent.chunk)).varint(extent.offset);
    }

    void directory(const Node& node) {
        const bool stored = !node.pages.empty();
        m_body.put(static_cast<std::uint8_t>(stored         ? Form::indirect
                                             : node.inlined ? Form::direct
                                                            : Form::none));
        if (stored)
            write_ids(m_body, node.pages, m_table);
        else if (node.inlined)
            listing(*node.inlined);
    }

    Writer m_body;
    TableWriter m_table;
    Previous m_previous;
};

/// A name that stays inside its directory. The root alone has none.
bool acceptable_name(std::string_view name, bool only_node_of_page) {
    if (name.empty()) return only_node_of_page;
    if (name == "." || name == "..") return false;
    return name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

class PageReader {
public:
    PageReader(ByteView page, bool root) : m_in(page), m_root(root) {}

    // REPO-20
    Result<Listing> read() {
        TRY(const auto version, m_in.get<std::uint8_t>());
        if (version != page_version)
            return fail(Errc::unsupported, "tree: a newer format: use a newer torgo");
        CHECK_OK(m_table.read(m_in));
        TRY(auto nodes, listing(0));
        CHECK_OK(m_in.done());
        return nodes;
    }

private:
    Result<Listing> listing(std::size_t depth) {
        if (depth > limits::inline_nodes_max) // no writer inlines more nodes than that
            return fail(Errc::limit_exceeded, "tree: directories nested too deep");
        TRY(const auto count, m_in.varint(limits::nodes_per_chunk_max - m_count));
        m_count += count;
        Listing nodes;
        nodes.reserve(std::min<std::size_t>(count, m_in.left()));
        for (std::uint64_t i = 0; i < count; ++i) {
            TRY(auto next, node(depth));
            if (!acceptable_name(next.entry.name, m_root && depth == 0 && count == 1)) // REPO-22
                return fail(Errc::corrupt, "tree: a name that could leave its directory");
            if (!nodes.empty() && !(nodes.back().entry.name < next.entry.name)) // REPO-23
                return fail(Errc::corrupt, "tree: names out of order");
            nodes.push_back(std::move(next));
        }
        return nodes;
    }

    template <class T>
    Result<T> sum(T before) {
        TRY(const auto change, m_in.signed_varint());
        return static_cast<T>(static_cast<std::uint64_t>(before) +
                              static_cast<std::uint64_t>(change));
    }

    Result<source::Entry> attributes() {
        source::Entry e;
        TRY(const auto kind, m_in.get<std::uint8_t>());
        if (kind < 1 || kind > static_cast<std::uint8_t>(source::Kind::socket))
            return fail(Errc::corrupt, "tree: an unknown kind of node");
        e.kind = static_cast<source::Kind>(kind);
        TRY(e.name, m_in.text(limits::name_size_max));
        TRY(e.mode, sum(m_previous.mode));
        TRY(e.uid, sum(m_previous.uid));
        TRY(e.gid, sum(m_previous.gid));
        TRY(e.mtime_ns, sum(m_previous.mtime));
        TRY(e.ctime_ns, sum(m_previous.ctime));
        TRY(e.inode, sum(m_previous.inode));
        TRY(e.device, sum(m_previous.device));
        TRY(e.links, m_in.varint());
        TRY(const auto flags, m_in.varint(UINT32_MAX));
        e.flags = static_cast<std::uint32_t>(flags);
        TRY(const auto xattrs, m_in.varint(limits::xattrs_per_node_max));
        for (std::uint64_t i = 0; i < xattrs; ++i) {
            TRY(auto name, m_in.text(limits::name_size_max));
            TRY(const auto value, m_in.blob(limits::xattr_value_size_max));
            e.xattrs.push_back({std::move(name), Bytes(value.begin(), value.end())});
        }
        m_previous.update(e);
        return e;
    }

    Result<Node> node(std::size_t depth) {
        Node node;
        TRY(node.entry, attributes());
        switch (node.entry.kind) {
        case source::Kind::file:
            CHECK_OK(content(node));
            break;
        case source::Kind::directory:
            CHECK_OK(directory(node, depth));
            break;
        case source::Kind::symlink: {
            TRY(node.entry.target, m_in.text(limits::link_target_size_max));
            break;
        }
        case source::Kind::character_device:
        case source::Kind::block_device: {
            TRY(node.entry.rdev, m_in.varint());
            break;
        }
        case source::Kind::fifo:
        case source::Kind::socket:
            break;
        }
        return node;
    }

    Result<Form> form() {
        TRY(const auto value, m_in.get<std::uint8_t>());
        if (value > static_cast<std::uint8_t>(Form::bundled))
            return fail(Errc::corrupt, "tree: an unknown form");
        return static_cast<Form>(value);
    }

    Result<> content(Node& node) {
        TRY(node.entry.size, m_in.varint());
        TRY(const auto how, form());
        if (how == Form::bundled) return bundled(node);
        if (how == Form::indirect) {
            TRY(node.content_lists, read_ids(m_in, m_table));
            if (node.content_lists.empty()) return fail(Errc::corrupt, "tree: an empty list");
            return {};
        }
        if (how != Form::direct) return fail(Errc::corrupt, "tree: a file without content");
        TRY(node.content, read_extents(m_in, m_table, limits::extents_per_list));
        return {};
    }

    // REPO-46
    Result<> bundled(Node& node) {
        TRY(const auto tag, m_in.raw(std::tuple_size_v<ContentTag>));
        std::ranges::copy(tag, node.tag.emplace().begin());
        TRY(const auto place, m_in.varint());
        TRY(const auto chunk, m_table.at(place));
        TRY(const auto offset, m_in.varint(seal::chunk_size_max));
        if (node.entry.size == 0) return fail(Errc::corrupt, "tree: an empty file in a bundle");
        node.content = {{.chunk = chunk,
                         .offset = static_cast<std::uint32_t>(offset),
                         .length = node.entry.size}};
        return {};
    }

    Result<> directory(Node& node, std::size_t depth) {
        TRY(const auto how, form());
        if (how == Form::bundled) return fail(Errc::corrupt, "tree: a directory in a bundle");
        if (how == Form::direct) {
            TRY(auto nodes, listing(depth + 1));
            node.inlined = std::make_shared<Listing>(std::move(nodes));
        }
        if (how == Form::indirect) {
            TRY(node.pages, read_ids(m_in, m_table));
            if (node.pages.empty()) return fail(Errc::corrupt, "tree: a directory of no pages");
        }
        return {};
    }

    Reader m_in;
    bool m_root;
    TableReader m_table;
    Previous m_previous;
    std::size_t m_count = 0;
};

/// A rough upper bound of what a node adds to a page.
std::size_t weight(const Node& node) {
    std::size_t bytes = node.entry.name.size() + node.entry.target.size() + 80;
    bytes += (node.content.size() + node.content_lists.size() + node.pages.size()) * 48;
    for (const auto& [name, value] : node.entry.xattrs)
        bytes += name.size() + value.size() + 8;
    if (node.inlined)
        for (const auto& child : *node.inlined)
            bytes += weight(child);
    return bytes;
}

/// FNV-1a: where pages end is no secret, pages are sealed and padded.
bool name_ends_page(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : name)
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
    return ((hash ^ (hash >> 32U)) & (limits::page_nodes_normal - 1)) == 0;
}

} // namespace

Bytes encode_page(const Listing& nodes) {
    return PageWriter().write(nodes);
}

Result<Listing> decode_page(ByteView page, bool root) {
    return PageReader(page, root).read();
}

// REPO-43
Bytes encode_extents(const std::vector<Extent>& extents) {
    TableWriter table;
    Writer body;
    write_extents(body, extents, table);
    Writer out;
    out.put(extents_version);
    table.write(out);
    return std::move(out.raw(body.view())).take();
}

Result<std::vector<Extent>> decode_extents(ByteView list) {
    Reader in(list);
    TRY(const auto version, in.get<std::uint8_t>());
    if (version != extents_version) return fail(Errc::unsupported, "tree: no list of extents");
    TableReader table;
    CHECK_OK(table.read(in));
    TRY(auto extents, read_extents(in, table, limits::extents_per_list));
    CHECK_OK(in.done());
    return extents;
}

std::vector<std::size_t> page_ends(const Listing& nodes) {
    std::vector<std::size_t> ends;
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        count += 1 + (nodes[i].inlined ? count_nodes(*nodes[i].inlined) : 0);
        bytes += weight(nodes[i]);
        const bool by_name = count >= limits::page_nodes_min && name_ends_page(nodes[i].entry.name);
        if (by_name || count >= limits::page_nodes_max || bytes >= limits::page_bytes_max) {
            ends.push_back(i + 1);
            count = 0;
            bytes = 0;
        }
    }
    if (count != 0 || ends.empty()) ends.push_back(nodes.size());
    return ends;
}

std::size_t weight(const Listing& nodes) {
    std::size_t bytes = 0;
    for (const auto& node : nodes)
        bytes += weight(node);
    return bytes;
}

std::size_t count_nodes(const Listing& nodes) {
    std::size_t count = nodes.size();
    for (const auto& node : nodes)
        if (node.inlined) count += count_nodes(*node.inlined);
    return count;
}

} // namespace torgo::repo
