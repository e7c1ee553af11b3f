#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/file_system.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace torgo::node {

/// What was deleted or replaced at a node that keeps such things for a while: files in one folder
/// for each day. Not thread-safe. source  docs/spec/node.md 3
class Bin {
public:
    /// A day in the life of the node, which its clock on the wall has no say in (NODE-10).
    using Day = std::uint32_t;

    struct Item {
        Day day = 0;
        std::string name;    ///< as it was given to take or copy
        unsigned number = 0; ///< of several of one name on one day, the newest last
        std::string path;
        std::uint64_t size = 0;
    };

    /// `path`, made with the first thing that is taken; `files` outlives it
    Bin(env::FileSystem& files, std::string path) : m_files(files), m_path(std::move(path)) {}

    /// Moves a file into the bin, durably but for the folder that it came from. errors  as rename
    Result<> take(const std::string& file, const std::string& name, Day day);

    /// Keeps a copy of what is about to be replaced. errors  those of writing
    Result<> copy(ByteView content, const std::string& name, Day day);

    /// The oldest first. errors  those of listing
    Result<std::vector<Item>> items() const;

    struct Emptied {
        std::uint64_t items = 0;   ///< removed
        std::uint64_t bytes = 0;   ///< of those
        std::uint64_t failed = 0;  ///< items, and days that can not be listed, that are left
        std::optional<Error> last; ///< of the errors; for people
    };

    /// Removes what was put here before `day`, all that can be removed.
    Emptied empty(Day day);

private:
    void empty_day(const std::string& folder, Emptied& emptied);
    Result<std::string> place_for(const std::string& name, Day day);

    env::FileSystem& m_files;
    std::string m_path;
};

} // namespace torgo::node
