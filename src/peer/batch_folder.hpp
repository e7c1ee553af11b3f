#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/file_system.hpp"
#include "peer/receipt.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace torgo::peer {

/// Batches of one author in a folder, a file for each, named by its number. What is in the files is
/// for others to judge.
class BatchFolder {
public:
    /// in  `max_bytes`, over which the oldest batches are dropped, but the newest never
    BatchFolder(env::FileSystem& files, std::string path, std::uint64_t max_bytes)
        : m_files(files), m_path(std::move(path)), m_max_bytes(max_bytes) {}

    const std::string& path() const noexcept { return m_path; }

    /// Makes the folder. errors  those of the disk
    Result<> make() const;

    /// Ascending; nothing where there is no folder.
    Result<std::vector<std::uint64_t>> numbers() const;

    Result<Bytes> read(std::uint64_t number) const;

    /// Durable when it returns; drops what is over the bound, and tells how many that were.
    Result<std::uint64_t> put(std::uint64_t number, ByteView batch) const;

    /// The batches from a number on, at least one where there is one, as many as a page holds.
    Result<Bytes> page(std::uint64_t from) const;

private:
    std::string file(std::uint64_t number) const;
    Result<std::uint64_t> prune() const;

    env::FileSystem& m_files;
    std::string m_path;
    std::uint64_t m_max_bytes;
};

} // namespace torgo::peer
