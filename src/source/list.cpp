// SPDX-License-Identifier: MIT
#include "source/list.hpp"

#include "source/resolve.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <numeric>

namespace torgo::source {

namespace {

/// What one getdents64 call may fill; two calls list most directories.
constexpr std::size_t names_step = 64 * 1024;
/// A buffer that a huge directory made larger than this is given back.
constexpr std::size_t names_kept = 1024 * 1024;

/// The first bytes of a cache directory's tag (bford.info/cachedir).
constexpr std::string_view tag_name = "CACHEDIR.TAG";
constexpr std::string_view tag_signature = "Signature: 8a477f597d28d172789f06886806bc55";

/// The record that getdents64 gives, as far as its name.
struct DirectoryRecord {
    std::uint64_t inode;
    std::int64_t next;
    std::uint16_t size;
    std::uint8_t type;
};

constexpr std::size_t name_offset = offsetof(DirectoryRecord, type) + 1;

Note make_note(Note::Kind kind, std::string path, int error_number) {
    auto error = system_error(error_number, path);
    return {kind, std::move(path), std::move(error)};
}

Note::Kind kind_of_failure(int error_number) {
    return error_number == ENOENT ? Note::Kind::vanished : Note::Kind::unreadable;
}

/// Opens the node's directory: by its name where symlinks may be followed, else strictly beneath.
Descriptor open_node(const Node& node, int flags) {
    const auto relative = std::string_view(node.directory.path).substr(node.base_length);
    if (node.inside || relative.empty()) return open_beneath(node.base->get(), relative, flags);
    return Descriptor(::openat(node.base->get(), std::string(relative).c_str(), flags | O_CLOEXEC));
}

Descriptor open_listed(const Node& node) {
    if (node.directory.partial) return open_node(node, O_PATH | O_DIRECTORY);
    // O_NOATIME is for the owner and for root only.
    auto opened = open_node(node, O_RDONLY | O_DIRECTORY | O_NOATIME);
    if (opened || errno != EPERM) return opened;
    return open_node(node, O_RDONLY | O_DIRECTORY);
}

bool is_cache(int directory) {
    std::array<char, tag_signature.size()> head{};
    const Descriptor tag(::openat(directory, std::string(tag_name).c_str(),
                                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!tag) return false;
    const auto size = ::read(tag.get(), head.data(), head.size());
    return size == static_cast<ssize_t>(head.size()) &&
           std::string_view(head.data(), head.size()) == tag_signature;
}

} // namespace

Result<std::unique_ptr<Node>> root_node(const NamedPath& named) {
    auto base = std::make_shared<Descriptor>(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!*base) return std::unexpected(system_error(errno, "/"));
    auto node = std::make_unique<Node>();
    node->directory.path = "/";
    node->directory.partial = !named.named;
    node->named = &named;
    node->inside = named.named;
    node->base = std::move(base);
    node->base_length = 1;
    return node;
}

bool Lister::read_names(int directory) {
    m_names.clear();
    if (m_buffer.size() > names_kept) m_buffer = {};
    std::size_t used = 0;
    for (;;) {
        if (m_buffer.size() < used + names_step)
            m_buffer.resize(std::max(2 * m_buffer.size(), used + names_step));
        const auto got =
            ::syscall(SYS_getdents64, directory, m_buffer.data() + used, m_buffer.size() - used);
        if (got < 0) return false;
        if (got == 0) return true;
        const auto end = used + static_cast<std::size_t>(got);
        while (used < end) {
            DirectoryRecord record; // NOLINT(cppcoreguidelines-pro-type-member-init)
            std::memcpy(&record, m_buffer.data() + used, sizeof record);
            const std::string_view name(m_buffer.data() + used + name_offset);
            if (name != "." && name != "..")
                m_names.push_back({used + name_offset, name.size(), record.inode, record.type});
            used += record.size;
        }
    }
}

bool Lister::excluded(const Node& node, std::string_view name, bool directory) const {
    return !m_options.excludes.empty() &&
           m_options.excludes.excluded(join_path(node.directory.path, name), directory);
}

bool Lister::wanted(const Node& node, std::string_view name, std::uint8_t type) const {
    if (node.named != nullptr && node.named->find(name) != nullptr) return true;
    if (node.only_tag && name != tag_name) return false;
    return type == DT_UNKNOWN || !excluded(node, name, type == DT_DIR);
}

/// The names that getdents gave, less what is excluded, as entries to be filled.
void Lister::take_names(Node& node) {
    const auto name_of = [this](const Name& name) {
        return std::string_view(m_buffer.data() + name.offset, name.size);
    };
    std::ranges::sort(m_names, {}, name_of);
    node.only_tag = m_options.exclude_caches &&
                    std::ranges::binary_search(m_names, tag_name, {}, name_of) &&
                    is_cache(node.directory.descriptor->get());
    auto& children = node.directory.children;
    children.reserve(m_names.size());
    for (const auto& name : m_names) {
        if (name.type == DT_UNKNOWN) node.types_unknown = true;
        if (!wanted(node, name_of(name), name.type)) continue;
        auto& entry = children.emplace_back();
        entry.name = name_of(name);
        entry.inode = name.inode;
    }
}

void Lister::take_named(Node& node) const {
    for (const auto& [name, child] : node.named->children)
        node.directory.children.emplace_back().name = name;
}

/// The root is no directory's child: it has to tell about itself.
void Lister::read_root(Node& node) {
    auto& entry = node.directory.entry;
    const int root = node.directory.descriptor->get();
    int failed = Inspector::read_status(root, ".", Symlinks::keep, entry);
    if (failed == 0) failed = m_inspector.read_xattrs(root, ".", Symlinks::keep, entry);
    if (failed != 0)
        node.notes.push_back(make_note(Note::Kind::attributes_unreadable, "/", failed));
    node.allowed_device = entry.device;
}

void Lister::open(Node& node) {
    if (!node.entered) return;
    auto& directory = node.directory;
    auto opened = open_listed(node);
    if (!opened || (!directory.partial && !read_names(opened.get()))) {
        node.notes.push_back(make_note(kind_of_failure(errno), directory.path, errno));
        directory.unreadable = true;
        return;
    }
    directory.descriptor = std::make_shared<const Descriptor>(std::move(opened));
    if (directory.path == "/") read_root(node);
    if (directory.partial) {
        take_named(node);
        node.base.reset(); // what lies below is opened from here
    } else {
        take_names(node);
    }
    node.order.resize(directory.children.size());
    std::iota(node.order.begin(), node.order.end(), 0U);
    const auto inode_of = [&](std::uint32_t i) {
        return directory.children[i].inode;
    };
    if (!directory.partial) std::ranges::sort(node.order, {}, inode_of);
}

bool Lister::inspect_one(Node& node, Entry& entry, std::vector<Note>& notes) {
    const auto path = [&] {
        return join_path(node.directory.path, entry.name);
    };
    const int directory = node.directory.descriptor->get();
    const char* const name = entry.name.c_str();
    const auto* const named = node.named == nullptr ? nullptr : node.named->find(entry.name);
    // Above the named paths symlinks are followed, as whoever typed the path meant.
    const bool above = !node.inside && (named == nullptr || !named->named);
    const auto symlinks = above ? Symlinks::follow : Symlinks::keep;
    int failed = Inspector::read_status(directory, name, symlinks, entry);
    if (failed == 0 && above && entry.kind != Kind::directory) failed = ENOENT;
    if (failed == 0 && entry.kind == Kind::symlink)
        failed = Inspector::read_target(directory, name, entry);
    if (failed != 0) {
        notes.push_back(make_note(kind_of_failure(failed), path(), failed));
        return false;
    }
    if (node.types_unknown && named == nullptr &&
        excluded(node, entry.name, entry.kind == Kind::directory))
        return false;
    if (entry.kind == Kind::socket) {
        Error error(Errc::unsupported, path() + ": a socket has no content to save");
        notes.push_back({Note::Kind::socket_skipped, path(), std::move(error)});
        return false;
    }
    entry.xattrs_read = entry.ctime_ns >= m_options.xattrs_changed_since_ns;
    if (entry.xattrs_read) failed = m_inspector.read_xattrs(directory, name, symlinks, entry);
    if (failed != 0) notes.push_back(make_note(Note::Kind::attributes_unreadable, path(), failed));
    return true;
}

void Lister::inspect(Node& node, std::size_t stretch, std::vector<Note>& notes) {
    const auto begin = stretch * stretch_entries;
    const auto end = std::min(begin + stretch_entries, node.order.size());
    for (auto i = begin; i < end; ++i) {
        auto& entry = node.directory.children[node.order[i]];
        // An empty name marks what finish is to drop.
        if (!inspect_one(node, entry, notes)) entry.name.clear();
    }
}

std::unique_ptr<Node> Lister::make_child(const Node& node, const Entry& entry) const {
    auto child = std::make_unique<Node>();
    const auto& parent = node.directory;
    child->named = node.named == nullptr ? nullptr : node.named->find(entry.name);
    const bool is_named = child->named != nullptr && child->named->named;
    child->directory.path = join_path(parent.path, entry.name);
    child->directory.entry = entry;
    child->inside = node.inside || is_named;
    child->allowed_device = is_named ? entry.device : node.allowed_device;
    const bool other_system = m_options.one_file_system && entry.device != child->allowed_device;
    // What is out, but has a named path below it, is only passed through.
    bool whole = is_named || !parent.partial;
    if (!is_named && whole && child->named != nullptr)
        whole = !excluded(node, entry.name, true) && !(node.only_tag && entry.name != tag_name);
    if (!is_named && other_system) whole = false;
    child->directory.partial = !whole && child->named != nullptr;
    child->entered = whole || child->directory.partial;
    child->base = parent.partial ? parent.descriptor : node.base;
    child->base_length =
        parent.partial ? parent.path.size() + (parent.path == "/" ? 0 : 1) : node.base_length;
    return child;
}

void Lister::finish(Node& node) const {
    auto& children = node.directory.children;
    std::erase_if(children, [&](const Entry& entry) { return entry.name.empty(); });
    for (const auto& entry : children)
        if (entry.kind == Kind::directory) node.subdirectories.push_back(make_child(node, entry));
    std::ranges::stable_sort(node.notes, {}, &Note::path);
    node.order = {};
}

} // namespace torgo::source
