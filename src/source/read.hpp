// SPDX-License-Identifier: MIT
// The content of one regular file, and whether it stayed the same while it was read.
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "source/descriptor.hpp"
#include "source/entry.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace torgo::source {

/// A stretch of a file that holds data; what lies between extents reads as zeros.
struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;

    bool operator==(const Extent&) const = default;
};

/// What tells that a file is another one or was written to.
struct Status {
    std::uint64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;
    std::uint64_t inode = 0;

    bool same_as(const Entry& entry) const noexcept;
};

class FileReader {
public:
    /// Opens without following a symlink, without waiting for a FIFO's other end, and without
    /// touching the access time where the system allows that.
    ///
    /// errors  `not_found` it vanished; `changed` it is no longer a regular file; `permission`, …
    static Result<FileReader> open(const std::string& path);
    /// The same for `name` in an open directory; shorter for the system and safe against renames.
    static Result<FileReader> open(const Descriptor& directory, const std::string& name);

    /// Fills `out` from where the last read ended; fewer bytes only at the end of the file, 0
    /// there.
    Result<std::size_t> read(ByteSpan out);
    /// Fills `out` from `offset`; does not move the place where `read` goes on. Thread-safe.
    Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) const;

    /// The extents in order, without overlap, up to the size at opening. One extent for a file
    /// whose blocks cover its size, with no system call; none for an empty file.
    Result<std::vector<Extent>> data_extents() const;

    /// Whether size, mtime, ctime and inode are still those of `entry`: false means that what was
    /// read may be a mixture of two states.
    Result<bool> unchanged_since(const Entry& entry) const;
    /// The same values as they are now.
    Result<Status> status() const;

    /// At opening.
    std::uint64_t size() const noexcept { return m_size; }

private:
    static Result<FileReader> from(Descriptor file, std::string path);

    FileReader(Descriptor descriptor, std::string path, std::uint64_t size, bool sparse)
        : m_descriptor(std::move(descriptor)),
          m_path(std::move(path)),
          m_size(size),
          m_sparse(sparse) {}

    Descriptor m_descriptor;
    std::string m_path;
    std::uint64_t m_size;
    std::uint64_t m_next = 0;
    bool m_sparse;
};

/// Opens, reads up to `out.size()` bytes from the start, takes the status after that, and closes:
/// four system calls where the file fits. It was read whole where the result is `status.size`.
///
/// errors  those of FileReader::open
Result<std::size_t> read_small(const Descriptor& directory, const std::string& name, ByteSpan out,
                               Status& status);
Result<std::size_t> read_small(const std::string& path, ByteSpan out, Status& status);

} // namespace torgo::source
