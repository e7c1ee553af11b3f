// SPDX-License-Identifier: MIT
// Lists one directory with the metadata of all its children, in steps that threads can share.
#pragma once

#include "source/inspect.hpp"
#include "source/named.hpp"
#include "source/walk.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace torgo::source {

/// Children whose metadata one thread reads at a stretch; the stretches of a larger directory can
/// be shared.
inline constexpr std::size_t stretch_entries = 1024;

/// A directory on its way to the visitor. It goes through open, inspect (each stretch once) and
/// finish; the calls of one node never overlap, but for inspect of different stretches.
struct Node {
    enum class State : std::uint8_t { waiting, opening, inspecting, ready };

    Directory directory;
    std::vector<std::unique_ptr<Node>> subdirectories; ///< in the order of directory.children
    std::vector<Note> notes;

    const NamedPath* named = nullptr; ///< this place, while named paths lie at or below it
    bool inside = false;              ///< at or below a named path: no symlink is followed
    bool entered = true;              ///< false: a mount point that is listed only
    bool only_tag = false;            ///< a cache directory: only its tag is taken
    bool types_unknown = false;       ///< so the rules must be asked when the status is known
    std::uint64_t allowed_device = 0; ///< of the named path above

    /// The directory that this one is opened from, and where in directory.path the way from there
    /// begins. Descriptors of ancestors are not kept for it: any depth works.
    std::shared_ptr<const Descriptor> base;
    std::size_t base_length = 0;

    /// The children in the order of their inodes, which is their order on many disks.
    std::vector<std::uint32_t> order;

    // What follows belongs to the one who schedules.
    State state = State::waiting;
    std::size_t next_stretch = 0;
    std::size_t inspected = 0;
    std::list<Node*>::iterator place;

    std::size_t stretches() const noexcept {
        return (order.size() + stretch_entries - 1) / stretch_entries;
    }
};

/// The node of "/". Errors: those of opening it.
Result<std::unique_ptr<Node>> root_node(const NamedPath& named);

/// Holds buffers: one Lister for each thread.
class Lister {
public:
    explicit Lister(const WalkOptions& options) : m_options(options) {}

    /// Opens the directory and reads the names. A failure becomes a note and no children.
    void open(Node& node);

    /// Reads the metadata of one stretch; what cannot be read becomes a note.
    void inspect(Node& node, std::size_t stretch, std::vector<Note>& notes);

    /// Drops what the stretches found missing or excluded, and makes the nodes of the
    /// subdirectories.
    void finish(Node& node) const;

private:
    struct Name {
        std::size_t offset; ///< into m_buffer
        std::size_t size;
        std::uint64_t inode;
        std::uint8_t type;
    };

    bool read_names(int directory);
    void take_names(Node& node);
    void take_named(Node& node) const;
    bool wanted(const Node& node, std::string_view name, std::uint8_t type) const;
    void read_root(Node& node);
    bool excluded(const Node& node, std::string_view name, bool directory) const;
    bool inspect_one(Node& node, Entry& entry, std::vector<Note>& notes);
    std::unique_ptr<Node> make_child(const Node& node, const Entry& entry) const;

    const WalkOptions& m_options;
    Inspector m_inspector;
    std::vector<char> m_buffer;
    std::vector<Name> m_names;
};

} // namespace torgo::source
