#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/file_system.hpp"
#include "sim/prng.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// A disk under a kernel, as far as a power cut is concerned.
//
// Files. What was synced is safe. Of the tail appended since, any length may be found, and in it
// each sector of 512 bytes is right, or zero, or garbage. When a sync fails the kernel drops what
// it was to write: running programs still read the bytes, a later sync succeeds, and after a power
// cut they are zero.
//
// Names. Creating, renaming and removing is seen at once and safe only after the folder is synced;
// syncing a file does not save its name. Of the changes of one folder that were not synced a prefix
// survives, in their order; folders are independent of one another. A rename is atomic: never is
// a file lost under both names. Between two folders, syncing the target saves the new name, and the
// old name goes for certain only when the source is synced too, so that the file may be found under
// both. This allows everything that POSIX leaves open but for reordering within one folder, which
// the journals of ext4, XFS and Btrfs exclude.
namespace torgo::sim {

struct Node;
using NodePtr = std::shared_ptr<Node>;
using Entries = std::map<std::string, NodePtr>;

/// A file or a folder, with what the running programs see and what the disk holds for certain.
struct Node {
    env::FileType type = env::FileType::file;
    bool secret = false;

    Bytes content;                                            ///< of a file, as seen now
    std::size_t synced_size = 0;                              ///< this much of it is safe…
    std::vector<std::pair<std::size_t, std::size_t>> dropped; ///< …but for these [begin, end)

    Entries entries; ///< of a folder, as seen now
    Entries durable; ///< of a folder, what is safe

    unsigned shared_locks = 0;
    bool exclusive_lock = false;
};

/// The model itself: no faults, no threads. Paths are absolute. Errors as sys::FileSystem has them.
class Disk {
public:
    Disk();

    Result<NodePtr> find(const std::string& path) const;
    Result<NodePtr> create(const std::string& path, env::FileType type);
    Result<> remove(const std::string& path, env::FileType type);
    Result<> rename(const std::string& from, const std::string& to);
    Result<> sync_directory(const std::string& path);

    static void append(Node& file, ByteView bytes);
    static void sync(Node& file);
    static void drop_unsynced(Node& file);

    /// Bytes of all files that have a name.
    std::uint64_t used() const;

    /// The disk as it might be found after a power cut now; which of the possible ways is
    /// `chance`'s.
    Disk after_power_cut(Prng& chance) const;

private:
    /// One change of names that is not wholly safe: a name added, a name taken away, or both
    /// (rename).
    struct Change {
        NodePtr to;
        std::string to_name;
        NodePtr added; ///< none when the addition is safe already, or there is none
        NodePtr from;
        std::string from_name;
        NodePtr removed; ///< none when the removal is safe already, or there is none
    };

    Result<NodePtr> find_parent(const std::string& path) const;
    void save_addition(std::size_t position);
    void save_removal(Change& change);

    NodePtr m_root;
    std::vector<Change> m_changes; ///< in the order in which they were made
};

} // namespace torgo::sim
