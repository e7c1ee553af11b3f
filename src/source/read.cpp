// SPDX-License-Identifier: MIT
#include "source/read.hpp"

#include "source/inspect.hpp"
#include "source/resolve.hpp"

#include <climits>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace torgo::source {

namespace {

/// From this size on the kernel is told to read ahead further; smaller files are read in one go.
constexpr std::uint64_t read_ahead_from = 1U << 20U;
/// st_blocks counts these, whatever the file system's own block size.
constexpr std::uint64_t status_block = 512;

std::unexpected<Error> failed(const std::string& path) {
    return std::unexpected(system_error(errno, path));
}

std::unexpected<Error> not_a_file(const std::string& path) {
    return fail(Errc::changed, path + ": no longer a regular file");
}

/// O_NONBLOCK matters only where something else took the file's name: opening a FIFO must not wait.
Result<Descriptor> open_file(int directory, const std::string& path) {
    constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    // O_NOATIME is for the owner and for root only.
    for (const int extra : {O_NOATIME, 0}) {
        Descriptor opened(::openat(directory, path.c_str(), flags | extra));
        if (opened) return opened;
        if (errno != EPERM) break;
    }
    // ELOOP is a symlink, ENXIO a socket or a device without its driver.
    if (errno == ELOOP || errno == ENXIO) return not_a_file(path);
    return failed(path);
}

Result<Descriptor> open_path(const std::string& path) {
    if (path.size() < PATH_MAX) return open_file(AT_FDCWD, path);
    const auto slash = path.rfind('/');
    const auto directory = open_following(std::string_view(path).substr(0, slash), O_PATH);
    if (!directory) return failed(path);
    return open_file(directory.get(), path.substr(slash + 1));
}

Result<struct stat> status_of(const Descriptor& file, const std::string& path) {
    struct stat info{};
    if (::fstat(file.get(), &info) != 0) return failed(path);
    if (!S_ISREG(info.st_mode)) return not_a_file(path);
    return info;
}

Status to_status(const struct stat& info) {
    return {static_cast<std::uint64_t>(info.st_size),
            to_nanoseconds(info.st_mtim.tv_sec, info.st_mtim.tv_nsec),
            to_nanoseconds(info.st_ctim.tv_sec, info.st_ctim.tv_nsec), info.st_ino};
}

/// The usual small file is there after one read: its size, asked for after that, says so.
Result<std::size_t> read_whole(const Descriptor& file, const std::string& path, ByteSpan out,
                               Status& status) {
    std::size_t done = 0;
    for (;;) {
        const auto got =
            ::pread(file.get(), out.data() + done, out.size() - done, static_cast<off_t>(done));
        const int reason = errno;
        TRY(const auto info, status_of(file, path));
        if (got < 0 && reason == EINTR) continue;
        if (got < 0) return std::unexpected(system_error(reason, path));
        status = to_status(info);
        done += static_cast<std::size_t>(got);
        if (got == 0 || done == out.size() || done >= status.size) return done;
    }
}

} // namespace

bool Status::same_as(const Entry& entry) const noexcept {
    return size == entry.size && mtime_ns == entry.mtime_ns && ctime_ns == entry.ctime_ns &&
           inode == entry.inode;
}

Result<FileReader> FileReader::from(Descriptor file, std::string path) {
    TRY(const auto info, status_of(file, path));
    const auto size = static_cast<std::uint64_t>(info.st_size);
    const bool sparse = static_cast<std::uint64_t>(info.st_blocks) * status_block < size;
    if (size >= read_ahead_from) ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    return FileReader(std::move(file), std::move(path), size, sparse);
}

Result<FileReader> FileReader::open(const std::string& path) {
    TRY(auto file, open_path(path));
    return from(std::move(file), path);
}

Result<FileReader> FileReader::open(const Descriptor& directory, const std::string& name) {
    TRY(auto file, open_file(directory.get(), name));
    return from(std::move(file), name);
}

Result<std::size_t> FileReader::read(ByteSpan out) {
    TRY(const auto done, read_at(m_next, out));
    m_next += done;
    return done;
}

Result<std::size_t> FileReader::read_at(std::uint64_t offset, ByteSpan out) const {
    std::size_t done = 0;
    while (done < out.size()) {
        const auto got = ::pread(m_descriptor.get(), out.data() + done, out.size() - done,
                                 static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed(m_path);
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

Result<std::vector<Extent>> FileReader::data_extents() const {
    const Extent whole{0, m_size};
    if (m_size == 0) return std::vector<Extent>{};
    if (!m_sparse) return std::vector{whole};
    std::vector<Extent> out;
    for (std::uint64_t at = 0; at < m_size;) {
        const auto data = ::lseek(m_descriptor.get(), static_cast<off_t>(at), SEEK_DATA);
        if (data < 0 && errno == ENXIO) break; // nothing but a hole up to the end
        // A file system without the question keeps no holes that it would tell about.
        if (data < 0 && errno == EINVAL) return std::vector{whole};
        if (data < 0) return failed(m_path);
        const auto hole = ::lseek(m_descriptor.get(), data, SEEK_HOLE);
        if (hole < 0 && errno == ENXIO) break; // it shrank meanwhile
        if (hole < 0) return failed(m_path);
        const auto begin = static_cast<std::uint64_t>(data);
        const auto end = std::min(static_cast<std::uint64_t>(hole), m_size);
        if (begin >= end) break; // it grew meanwhile
        out.push_back({begin, end - begin});
        at = end;
    }
    return out;
}

Result<Status> FileReader::status() const {
    TRY(const auto info, status_of(m_descriptor, m_path));
    return to_status(info);
}

Result<bool> FileReader::unchanged_since(const Entry& entry) const {
    TRY(const auto now, status());
    return now.same_as(entry);
}

Result<std::size_t> read_small(const Descriptor& directory, const std::string& name, ByteSpan out,
                               Status& status) {
    TRY(const auto file, open_file(directory.get(), name));
    return read_whole(file, name, out, status);
}

Result<std::size_t> read_small(const std::string& path, ByteSpan out, Status& status) {
    TRY(const auto file, open_path(path));
    return read_whole(file, path, out, status);
}

} // namespace torgo::source
