// SPDX-License-Identifier: MIT
#include "source/write.hpp"

#include "source/apply.hpp"
#include "source/directory_cache.hpp"
#include "source/resolve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <ctime>

namespace torgo::source {

namespace {

std::unexpected<Error> failed(std::string_view path) {
    return std::unexpected(system_error(errno, path));
}

/// A path from the repository, checked and cut into the directory and the name in it.
struct Place {
    std::string_view directory;
    std::string name;
    std::string_view path;
};

Result<Place> parse_place(std::string_view relative) {
    for (auto rest = relative;;) {
        const auto end = std::min(rest.find('/'), rest.size());
        const auto name = rest.substr(0, end);
        if (name.empty() || name == "." || name == ".." || name.contains('\0'))
            return fail(Errc::corrupt,
                        "a name that no file can have, in '" + std::string(relative) + "'");
        if (end == rest.size()) break;
        rest.remove_prefix(end + 1);
    }
    const auto slash = relative.rfind('/');
    if (slash == std::string_view::npos) return Place{{}, std::string(relative), relative};
    return Place{relative.substr(0, slash), std::string(relative.substr(slash + 1)), relative};
}

/// Makes a directory with all above it, as `mkdir -p`; symlinks on the way are the user's own.
Result<> make_target(const std::string& target) {
    for (std::size_t end = 0; end != target.size();) {
        end = std::min(target.find('/', end + 1), target.size());
        if (::mkdir(target.substr(0, end).c_str(), 0700) != 0 && errno != EEXIST && errno != EISDIR)
            return failed(target);
    }
    return {};
}

Result<> apply_held(int object, const std::string& path, const Entry& entry,
                    const MetadataOptions& options) {
    Entry present;
    const int reason = Inspector::read_status(object, "", Symlinks::keep, present);
    if (reason != 0) return std::unexpected(system_error(reason, path));
    if (present.kind != entry.kind)
        return fail(Errc::changed, path + ": another kind of thing is there");
    return apply({object, true, path}, entry, present, options);
}

/// One process at a time has this number, and the clock tells one from another that had it before.
std::string temporary_prefix() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return ".torgo-new-" + std::to_string(::getpid()) + "-" + std::to_string(now.tv_sec) + "." +
           std::to_string(now.tv_nsec) + "-";
}

/// renameat2(RENAME_NOREPLACE); a look and then a rename where the file system has no such call
/// (some network mounts, FUSE). Returns 0, or -1 and errno.
int rename_new(int from_directory, const char* from, int to_directory, const char* to) {
    if (::renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return -1;
    struct stat found{};
    if (::fstatat(to_directory, to, &found, AT_SYMLINK_NOFOLLOW) == 0) errno = EEXIST;
    if (errno != ENOENT) return -1;
    return ::renameat(from_directory, from, to_directory, to);
}

Entry present_status(int directory, const char* name, int& error_number) {
    Entry out;
    error_number = Inspector::read_status(directory, name, Symlinks::keep, out);
    return out;
}

} // namespace

struct TreeWriter::State {
    explicit State(Descriptor root) : cache(std::move(root)) {}

    DirectoryCache cache;
    const std::string temporary = temporary_prefix();
    std::atomic<std::uint64_t> temporaries{0};
};

TreeWriter::TreeWriter(std::unique_ptr<State> state) : m_state(std::move(state)) {}

TreeWriter::TreeWriter(TreeWriter&&) noexcept = default;
TreeWriter& TreeWriter::operator=(TreeWriter&&) noexcept = default;
TreeWriter::~TreeWriter() = default;

Result<TreeWriter> TreeWriter::open(const std::string& target) {
    constexpr int flags = O_PATH | O_DIRECTORY;
    auto root = open_following(target, flags);
    if (!root && errno == ENOENT) {
        CHECK_OK(make_target(target));
        root = open_following(target, flags);
    }
    if (!root) return failed(target);
    return TreeWriter(std::make_unique<State>(std::move(root)));
}

Result<bool> TreeWriter::make_directory(std::string_view relative) {
    TRY(const auto place, parse_place(relative));
    TRY(const auto parent, m_state->cache.open(place.directory));
    const int directory = parent->descriptor.get();
    if (::mkdirat(directory, place.name.c_str(), 0700) == 0) return true;
    if (errno != EEXIST) return failed(relative);
    int reason = 0;
    const auto present = present_status(directory, place.name.c_str(), reason);
    if (reason != 0 || present.kind != Kind::directory) {
        errno = EEXIST;
        return failed(relative);
    }
    // What comes into it must be writable for its owner; apply_metadata sets the final mode.
    const bool closed = (present.mode & 0700U) != 0700U && present.uid == ::geteuid();
    if (closed &&
        ::fchmodat(directory, place.name.c_str(), present.mode | 0700U, AT_SYMLINK_NOFOLLOW) != 0)
        return failed(relative);
    return false;
}

Result<FileWriter> TreeWriter::create_file(std::string_view relative, std::uint64_t size,
                                           bool sparse) {
    // Readable too, for read_back.
    constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    TRY(const auto place, parse_place(relative));
    if (size > max_file_bytes)
        return fail(Errc::corrupt, std::string(relative) + ": a size that no file can have");
    TRY(const auto parent, m_state->cache.open(place.directory));
    Descriptor file(::openat(parent->descriptor.get(), place.name.c_str(), flags, 0600));
    if (!file) return failed(relative);
    FileWriter writer(std::move(file), std::string(relative), size, sparse, !parent->hands_on);
    if (auto space = writer.allocate(); !space) {
        ::unlinkat(parent->descriptor.get(), place.name.c_str(), 0);
        return std::unexpected(std::move(space).error());
    }
    return writer;
}

Result<> TreeWriter::make_symlink(std::string_view relative, const std::string& target) {
    TRY(const auto place, parse_place(relative));
    if (target.empty() || target.contains('\0'))
        return fail(Errc::corrupt, std::string(relative) + ": a link to nowhere");
    TRY(const auto parent, m_state->cache.open(place.directory));
    if (::symlinkat(target.c_str(), parent->descriptor.get(), place.name.c_str()) != 0)
        return failed(relative);
    return {};
}

Result<> TreeWriter::make_hard_link(std::string_view existing, std::string_view relative) {
    TRY(const auto from, parse_place(existing));
    TRY(const auto to, parse_place(relative));
    TRY(const auto from_parent, m_state->cache.open(from.directory));
    TRY(const auto to_parent, m_state->cache.open(to.directory));
    if (::linkat(from_parent->descriptor.get(), from.name.c_str(), to_parent->descriptor.get(),
                 to.name.c_str(), 0) != 0)
        return failed(relative);
    return {};
}

Result<> TreeWriter::make_node(std::string_view relative, const Entry& entry) {
    TRY(const auto place, parse_place(relative));
    mode_t type = 0;
    if (entry.kind == Kind::fifo) type = S_IFIFO;
    if (entry.kind == Kind::character_device) type = S_IFCHR;
    if (entry.kind == Kind::block_device) type = S_IFBLK;
    if (type == 0) return fail(Errc::invalid_argument, std::string(relative) + ": no special file");
    TRY(const auto parent, m_state->cache.open(place.directory));
    const dev_t number = entry.kind == Kind::fifo ? 0 : entry.rdev;
    if (::mknodat(parent->descriptor.get(), place.name.c_str(), type | 0600U, number) != 0)
        return failed(relative);
    return {};
}

Result<> TreeWriter::apply_metadata(std::string_view relative, const Entry& entry,
                                    const MetadataOptions& options) {
    TRY(const auto place, parse_place(relative));
    TRY(const auto parent, m_state->cache.open(place.directory));
    const Descriptor object(
        ::openat(parent->descriptor.get(), place.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!object) return failed(relative);
    // What the cache knows of a directory is about to change.
    if (entry.kind == Kind::directory) m_state->cache.forget(relative);
    return apply_held(object.get(), std::string(relative), entry, options);
}

Result<> TreeWriter::apply_root_metadata(const Entry& entry, const MetadataOptions& options) {
    return apply_held(m_state->cache.root(), "the target directory", entry, options);
}

Result<> TreeWriter::remove(std::string_view relative) {
    TRY(const auto place, parse_place(relative));
    TRY(const auto parent, m_state->cache.open(place.directory));
    const int directory = parent->descriptor.get();
    if (::unlinkat(directory, place.name.c_str(), 0) == 0) return {};
    if (errno != EISDIR) return failed(relative);
    m_state->cache.forget(relative);
    if (::unlinkat(directory, place.name.c_str(), AT_REMOVEDIR) == 0) return {};
    if (errno == ENOTEMPTY)
        return fail(Errc::exists, std::string(relative) + ": the directory is not empty");
    return failed(relative);
}

std::string TreeWriter::temporary_name(std::string_view relative) const {
    const auto slash = relative.rfind('/');
    const auto directory =
        slash == std::string_view::npos ? std::string_view{} : relative.substr(0, slash + 1);
    return std::string(directory) + m_state->temporary + std::to_string(m_state->temporaries++);
}

Result<> TreeWriter::rename(std::string_view from, std::string_view to, bool replace) {
    TRY(const auto old_place, parse_place(from));
    TRY(const auto new_place, parse_place(to));
    TRY(const auto old_parent, m_state->cache.open(old_place.directory));
    TRY(const auto new_parent, m_state->cache.open(new_place.directory));
    const int source = old_parent->descriptor.get();
    const int directory = new_parent->descriptor.get();
    if (replace) {
        if (::renameat(source, old_place.name.c_str(), directory, new_place.name.c_str()) == 0)
            return {};
        if (errno != EISDIR) return failed(to);
        CHECK_OK(remove(to));
    }
    if (rename_new(source, old_place.name.c_str(), directory, new_place.name.c_str()) != 0)
        return failed(to);
    return {};
}

Result<> TreeWriter::move_out(std::string_view relative, const std::string& to) {
    TRY(const auto place, parse_place(relative));
    TRY(const auto parent, m_state->cache.open(place.directory));
    m_state->cache.forget(relative);
    if (rename_new(parent->descriptor.get(), place.name.c_str(), AT_FDCWD, to.c_str()) == 0)
        return {};
    if (errno == EXDEV) return fail(Errc::unsupported, to + ": on another file system");
    return failed(relative);
}

Result<> TreeWriter::move_in(const std::string& from, std::string_view relative) {
    TRY(const auto place, parse_place(relative));
    TRY(const auto parent, m_state->cache.open(place.directory));
    if (rename_new(AT_FDCWD, from.c_str(), parent->descriptor.get(), place.name.c_str()) == 0)
        return {};
    if (errno == EXDEV) return fail(Errc::unsupported, from + ": on another file system");
    return failed(relative);
}

Result<std::optional<Entry>> TreeWriter::status(std::string_view relative) const {
    TRY(const auto place, parse_place(relative));
    const auto parent = m_state->cache.open(place.directory);
    if (!parent) {
        const auto code = parent.error().code();
        if (code == Errc::not_found || code == Errc::exists) return std::nullopt;
        return std::unexpected(parent.error());
    }
    Entry found;
    Inspector inspector;
    const int reason = inspector.read_all((*parent)->descriptor.get(), place.name, found);
    if (reason == ENOENT) return std::nullopt;
    if (reason != 0) return std::unexpected(system_error(reason, relative));
    return found;
}

Result<> TreeWriter::sync() {
    const auto root = open_beneath(m_state->cache.root(), "", O_RDONLY | O_DIRECTORY);
    if (!root || ::syncfs(root.get()) != 0) return failed("the target directory");
    return {};
}

} // namespace torgo::source
