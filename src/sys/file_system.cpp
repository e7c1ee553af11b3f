#include "sys/file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace torgo::sys {

namespace {

std::unexpected<Error> failed(const std::string& path) {
    return std::unexpected(system_error(errno, path));
}

env::FileType type_of(mode_t mode) {
    if (S_ISREG(mode)) return env::FileType::file;
    if (S_ISDIR(mode)) return env::FileType::directory;
    return env::FileType::other;
}

class PosixFile final : public env::File {
public:
    PosixFile(int descriptor, std::string path)
        : m_descriptor(descriptor), m_path(std::move(path)) {}

    PosixFile(const PosixFile&) = delete;
    PosixFile& operator=(const PosixFile&) = delete;
    PosixFile(PosixFile&&) = delete;
    PosixFile& operator=(PosixFile&&) = delete;
    ~PosixFile() override { ::close(m_descriptor); }

    Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
        std::size_t done = 0;
        while (done < out.size()) {
            const auto got = ::pread(m_descriptor, out.data() + done, out.size() - done,
                                     static_cast<off_t>(offset + done));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return failed(m_path);
            if (got == 0) break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

    Result<> append(ByteView bytes) override {
        while (!bytes.empty()) {
            const auto put = ::write(m_descriptor, bytes.data(), bytes.size());
            if (put < 0 && errno == EINTR) continue;
            if (put < 0) return failed(m_path);
            bytes = bytes.subspan(static_cast<std::size_t>(put));
            m_unhinted += put;
        }
        return {};
    }

    Result<std::uint64_t> size() override {
        struct stat info{};
        if (::fstat(m_descriptor, &info) != 0) return failed(m_path);
        return static_cast<std::uint64_t>(info.st_size);
    }

    Result<> sync() override {
        // fdatasync also writes the size, which is all that reading the content back needs.
        if (::fdatasync(m_descriptor) != 0) return failed(m_path);
        return {};
    }

    void hint_writeback() override {
        const auto begin = m_hinted;
        m_hinted += std::exchange(m_unhinted, 0);
        (void)::sync_file_range(m_descriptor, begin, m_hinted - begin, SYNC_FILE_RANGE_WRITE);
    }

    Result<> lock_shared() override {
        while (::flock(m_descriptor, LOCK_SH) != 0)
            if (errno != EINTR) return lock_failed();
        return {};
    }

    Result<bool> try_lock_exclusive() override {
        if (::flock(m_descriptor, LOCK_EX | LOCK_NB) == 0) return true;
        if (errno == EWOULDBLOCK) return false;
        return lock_failed();
    }

private:
    std::unexpected<Error> lock_failed() const {
        // EBADF: some network file systems lock only what is open for writing.
        if (errno == ENOLCK || errno == ENOSYS || errno == EBADF) errno = EOPNOTSUPP;
        return failed(m_path);
    }

    int m_descriptor;
    std::string m_path;
    off_t m_hinted = 0;   ///< appended bytes that the disk has been asked to write
    off_t m_unhinted = 0; ///< appended bytes after those
};

} // namespace

Result<std::unique_ptr<env::File>> FileSystem::open_read(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return failed(path);
    return std::make_unique<PosixFile>(descriptor, path);
}

Result<std::unique_ptr<env::File>> FileSystem::create(const std::string& path, bool secret) {
    const mode_t mode = secret ? 0600 : 0644;
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC;
    const int descriptor = ::open(path.c_str(), flags, mode);
    if (descriptor < 0) return failed(path);
    return std::make_unique<PosixFile>(descriptor, path);
}

Result<> FileSystem::rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return failed(to);
    return {};
}

Result<> FileSystem::rename_new(const std::string& from, const std::string& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
    // EINVAL: a file system that does not know the flag.
    if (errno != EINVAL && errno != ENOSYS) return failed(to);
    return env::FileSystem::rename_new(from, to);
}

Result<> FileSystem::remove(const std::string& path) {
    if (::unlink(path.c_str()) != 0) return failed(path);
    return {};
}

Result<> FileSystem::make_directory(const std::string& path, bool secret) {
    if (::mkdir(path.c_str(), secret ? 0700 : 0777) == 0) return {};
    const int reason = errno;
    struct stat status{};
    if (reason == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
        return {};
    errno = reason;
    return failed(path);
}

Result<> FileSystem::remove_directory(const std::string& path) {
    if (::rmdir(path.c_str()) != 0) return failed(path);
    return {};
}

Result<> FileSystem::sync_directory(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return failed(path);
    const int outcome = ::fsync(descriptor);
    const int reason = errno;
    ::close(descriptor);
    // EINVAL: a file system that keeps directories durable by itself (some network and FUSE ones).
    if (outcome == 0 || reason == EINVAL) return {};
    return std::unexpected(system_error(reason, path));
}

Result<std::vector<env::DirectoryEntry>> FileSystem::list(const std::string& path) {
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) return failed(path);
    std::vector<env::DirectoryEntry> entries;
    errno = 0;
    while (const dirent* item = ::readdir(directory)) { // NOLINT(concurrency-mt-unsafe): own DIR
        const std::string name = item->d_name;
        if (name == "." || name == "..") continue;
        auto type = env::FileType::other;
        if (item->d_type == DT_REG) type = env::FileType::file;
        if (item->d_type == DT_DIR) type = env::FileType::directory;
        entries.push_back({name, type});
        errno = 0;
    }
    const int reason = errno;
    ::closedir(directory);
    if (reason != 0) return std::unexpected(system_error(reason, path));
    return entries;
}

Result<env::FileStatus> FileSystem::status(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return failed(path);
    return env::FileStatus{type_of(info.st_mode), static_cast<std::uint64_t>(info.st_size)};
}

Result<env::Space> FileSystem::space(const std::string& path) {
    struct statvfs info{};
    if (::statvfs(path.c_str(), &info) != 0) return failed(path);
    return env::Space{std::uint64_t{info.f_bavail} * info.f_frsize,
                      std::uint64_t{info.f_blocks} * info.f_frsize};
}

} // namespace torgo::sys
