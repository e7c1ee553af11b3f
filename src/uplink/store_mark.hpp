#pragma once

#include "env/file_system.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace torgo::uplink {

/// Grown beyond it, a mark's file is begun anew.
inline constexpr std::size_t store_mark_size_max = 64_KiB;

/// What a file says that cannot be understood: more than any store has.
inline constexpr auto store_mark_unknown = ~std::uint64_t{0};

/// How many records the store of readings had when something of it was last acknowledged, kept
/// beside the gateway's secrets: a store that has fewer is an older copy of itself. [READING-31]
class StoreMark {
public:
    /// The file at `path`, which need not be there.
    ///
    /// errors  those of the file system
    static Result<StoreMark> open(env::FileSystem& files, std::string path);

    /// What was noted last, or store_mark_unknown; nothing where nothing was.
    std::optional<std::uint64_t> records() const noexcept { return m_records; }

    /// Durable when it returns.
    ///
    /// errors  those of the file system; nothing is noted then
    /// cost    one fsync; at first and now and then a new file; nothing where nothing has changed
    Result<> note(std::uint64_t records);

private:
    StoreMark(env::FileSystem& files, std::string path)
        : m_files(&files), m_path(std::move(path)) {}

    Result<> begin(std::uint64_t records);
    Result<> add(std::uint64_t records);

    env::FileSystem* m_files;
    std::string m_path;
    std::optional<std::uint64_t> m_records;
    std::unique_ptr<env::File> m_file; ///< none until something is noted
    std::size_t m_size = 0;
};

} // namespace torgo::uplink
