#include "sim/disk.hpp"

#include <algorithm>
#include <string_view>

namespace torgo::sim {

namespace {

constexpr std::size_t sector_size = 512;

std::string name_of(const std::string& path) {
    return path.substr(path.find_last_of('/') + 1);
}

/// How much of an unsynced tail is found: often none or all, as that is what careless code meets.
std::size_t surviving_size(const Node& file, Prng& chance) {
    const auto tail = file.content.size() - file.synced_size;
    if (tail == 0 || chance.chance(1, 4)) return file.synced_size;
    if (chance.chance(1, 3)) return file.content.size();
    return file.synced_size + static_cast<std::size_t>(chance.below(tail + 1));
}

/// Spoils the part of `content` from `begin` sector by sector.
void tear(Bytes& content, std::size_t begin, Prng& chance) {
    while (begin < content.size()) {
        const auto end = std::min(content.size(), (begin / sector_size + 1) * sector_size);
        const ByteSpan sector(content.data() + begin, end - begin);
        const auto fate = chance.below(4);
        if (fate == 0) std::ranges::fill(sector, std::uint8_t{0});
        if (fate == 1) chance.fill(sector);
        begin = end;
    }
}

NodePtr surviving_file(const Node& file, Prng& chance) {
    auto out = std::make_shared<Node>();
    out->secret = file.secret;
    out->content = file.content;
    out->content.resize(surviving_size(file, chance));
    tear(out->content, file.synced_size, chance);
    for (const auto& [begin, end] : file.dropped)
        for (auto i = begin; i < std::min(end, out->content.size()); ++i)
            out->content[i] = 0;
    out->synced_size = out->content.size();
    return out;
}

/// Copies what is safe, so that the copy shares nothing with the original.
class Copier {
public:
    explicit Copier(Prng& chance) : m_chance(chance) {}

    NodePtr copy(const NodePtr& node, const std::map<const Node*, Entries>& found) {
        auto& known = m_copies[node.get()];
        if (known) return known;
        if (node->type == env::FileType::file) return known = surviving_file(*node, m_chance);
        auto out = known = std::make_shared<Node>();
        out->type = node->type;
        const auto changed = found.find(node.get());
        for (const auto& [name, child] : changed == found.end() ? node->durable : changed->second)
            out->durable.emplace(name, copy(child, found));
        out->entries = out->durable;
        return out;
    }

private:
    Prng& m_chance;
    std::map<const Node*, NodePtr> m_copies;
};

/// How many of each folder's unsynced changes survive.
class Cuts {
public:
    explicit Cuts(Prng& chance) : m_chance(chance) {}

    void count(const NodePtr& folder) {
        if (m_folders[folder.get()].total++ == 0) m_order.push_back(folder.get());
    }

    void draw() {
        for (const auto* folder : m_order) {
            auto& state = m_folders[folder];
            state.left = m_chance.chance(1, 3) ? state.total : m_chance.below(state.total + 1);
        }
    }

    /// Whether the next change of the folder survives.
    bool take(const NodePtr& folder) {
        auto& left = m_folders[folder.get()].left;
        if (left == 0) return false;
        --left;
        return true;
    }

    void stop(const NodePtr& folder) { m_folders[folder.get()].left = 0; }

private:
    struct State {
        std::uint64_t total = 0;
        std::uint64_t left = 0;
    };

    Prng& m_chance;
    std::map<const Node*, State> m_folders;
    std::vector<const Node*> m_order; ///< addresses differ from run to run, the order does not
};

void erase_name(Entries& entries, const std::string& name, const NodePtr& node) {
    const auto found = entries.find(name);
    if (found != entries.end() && found->second == node) entries.erase(found);
}

} // namespace

Disk::Disk() : m_root(std::make_shared<Node>()) {
    m_root->type = env::FileType::directory;
}

Result<NodePtr> Disk::find(const std::string& path) const {
    if (!path.starts_with('/')) return fail(Errc::invalid_argument, path + " is not absolute");
    auto node = m_root;
    std::string_view rest = path;
    while (!rest.empty()) {
        const auto slash = std::min(rest.find('/'), rest.size());
        const std::string part(rest.substr(0, slash));
        rest.remove_prefix(std::min(slash + 1, rest.size()));
        if (part.empty()) continue;
        if (node->type != env::FileType::directory)
            return fail(Errc::io, path + ": Not a directory");
        const auto next = node->entries.find(part);
        if (next == node->entries.end())
            return fail(Errc::not_found, path + ": No such file or directory");
        node = next->second;
    }
    return node;
}

Result<NodePtr> Disk::find_parent(const std::string& path) const {
    TRY(auto parent, find(env::parent_path(path)));
    if (parent->type != env::FileType::directory) return fail(Errc::io, path + ": Not a directory");
    return parent;
}

Result<NodePtr> Disk::create(const std::string& path, env::FileType type) {
    TRY(const auto parent, find_parent(path));
    const auto name = name_of(path);
    if (name.empty() || parent->entries.contains(name))
        return fail(Errc::exists, path + ": File exists");
    auto node = std::make_shared<Node>();
    node->type = type;
    parent->entries.emplace(name, node);
    m_changes.push_back({parent, name, node, nullptr, {}, nullptr});
    return node;
}

Result<> Disk::remove(const std::string& path, env::FileType type) {
    TRY(const auto node, find(path));
    TRY(const auto parent, find_parent(path));
    if (node->type != type) return fail(Errc::io, path + ": of another type");
    if (!node->entries.empty()) return fail(Errc::io, path + ": Directory not empty");
    parent->entries.erase(name_of(path));
    m_changes.push_back({nullptr, {}, nullptr, parent, name_of(path), node});
    return {};
}

Result<> Disk::rename(const std::string& from, const std::string& to) {
    TRY(const auto node, find(from));
    TRY(const auto source, find_parent(from));
    TRY(const auto target, find_parent(to));
    if (to.starts_with(from + "/")) return fail(Errc::invalid_argument, to + " lies in " + from);
    const auto replaced = find(to);
    if (replaced && (*replaced)->type != env::FileType::file)
        return fail(Errc::io, to + ": Is a directory");
    if (replaced && *replaced == node) return {};
    source->entries.erase(name_of(from));
    target->entries.insert_or_assign(name_of(to), node);
    m_changes.push_back({target, name_of(to), node, source, name_of(from), node});
    return {};
}

void Disk::append(Node& file, ByteView bytes) {
    file.content.insert(file.content.end(), bytes.begin(), bytes.end());
}

void Disk::sync(Node& file) {
    file.synced_size = file.content.size();
}

void Disk::drop_unsynced(Node& file) {
    file.dropped.emplace_back(file.synced_size, file.content.size());
}

void Disk::save_removal(Change& change) {
    erase_name(change.from->durable, change.from_name, change.removed);
    change.removed = nullptr;
}

/// Saves an addition and, to keep the order of its folder, all additions there before it.
void Disk::save_addition(std::size_t position) {
    const auto folder = m_changes[position].to;
    for (std::size_t i = 0; i <= position; ++i) {
        auto& change = m_changes[i];
        if (change.to != folder || !change.added) continue;
        folder->durable.insert_or_assign(change.to_name, change.added);
        change.added = nullptr;
        if (change.from == folder) save_removal(change);
    }
}

Result<> Disk::sync_directory(const std::string& path) {
    TRY(const auto folder, find(path));
    if (folder->type != env::FileType::directory) return fail(Errc::io, path + ": Not a directory");
    for (std::size_t i = 0; i < m_changes.size(); ++i) {
        auto& change = m_changes[i];
        if (change.to == folder && change.added) {
            // A file renamed away from this name is kept by its new name only.
            for (std::size_t j = 0; j < i; ++j)
                if (m_changes[j].from == folder && m_changes[j].added && m_changes[j].removed &&
                    m_changes[j].from_name == change.to_name)
                    save_addition(j);
            save_addition(i);
        }
        if (change.from == folder && change.removed && !change.added) save_removal(change);
    }
    std::erase_if(m_changes, [](const Change& c) { return !c.added && !c.removed; });
    return {};
}

std::uint64_t Disk::used() const {
    std::uint64_t sum = 0;
    std::vector<const Node*> left{m_root.get()};
    while (!left.empty()) {
        const auto* node = left.back();
        left.pop_back();
        sum += node->content.size();
        for (const auto& [name, child] : node->entries)
            left.push_back(child.get());
    }
    return sum;
}

Disk Disk::after_power_cut(Prng& chance) const {
    Cuts cuts(chance);
    for (const auto& change : m_changes) {
        if (change.added) cuts.count(change.to);
        if (change.removed && !(change.added && change.from == change.to)) cuts.count(change.from);
    }
    cuts.draw();
    std::map<const Node*, Entries> found;
    const auto entries = [&](const NodePtr& folder) -> Entries& {
        return found.try_emplace(folder.get(), folder->durable).first->second;
    };
    for (const auto& change : m_changes) {
        const bool within = change.added && change.removed && change.from == change.to;
        const bool added = change.added && cuts.take(change.to);
        if (added) entries(change.to).insert_or_assign(change.to_name, change.added);
        if (!change.removed) continue;
        const bool removed = within ? added : cuts.take(change.from);
        if (removed && (added || !change.added))
            erase_name(entries(change.from), change.from_name, change.removed);
        else
            cuts.stop(change.from);
    }
    Disk out;
    out.m_root = Copier(chance).copy(m_root, found);
    return out;
}

} // namespace torgo::sim
