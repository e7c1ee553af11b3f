// SPDX-License-Identifier: MIT
#include "source/inspect.hpp"

#include <climits>
#include <fcntl.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

namespace torgo::source {

namespace {

// Linux 6.13; the same numbers on every architecture that takes part in the common table.
constexpr long sys_getxattrat = 464;
constexpr long sys_listxattrat = 465;

struct XattrArguments { // struct xattr_args of <linux/xattr.h>
    std::uint64_t value;
    std::uint32_t size;
    std::uint32_t flags;
};

constexpr std::uint32_t kept_flags = flag_compressed | flag_immutable | flag_append | flag_nodump;
static_assert(flag_compressed == STATX_ATTR_COMPRESSED && flag_immutable == STATX_ATTR_IMMUTABLE &&
              flag_append == STATX_ATTR_APPEND && flag_nodump == STATX_ATTR_NODUMP);

Kind kind_of(std::uint32_t mode) {
    switch (mode & static_cast<std::uint32_t>(S_IFMT)) {
    case S_IFDIR:
        return Kind::directory;
    case S_IFLNK:
        return Kind::symlink;
    case S_IFCHR:
        return Kind::character_device;
    case S_IFBLK:
        return Kind::block_device;
    case S_IFIFO:
        return Kind::fifo;
    case S_IFSOCK:
        return Kind::socket;
    default:
        return Kind::file;
    }
}

void fill(const struct statx& from, Entry& entry) {
    entry.kind = kind_of(from.stx_mode);
    entry.mode = from.stx_mode & 07777U;
    entry.uid = from.stx_uid;
    entry.gid = from.stx_gid;
    entry.mtime_ns = to_nanoseconds(from.stx_mtime.tv_sec, from.stx_mtime.tv_nsec);
    entry.ctime_ns = to_nanoseconds(from.stx_ctime.tv_sec, from.stx_ctime.tv_nsec);
    entry.size = entry.kind == Kind::file ? from.stx_size : 0;
    entry.inode = from.stx_ino;
    entry.device = makedev(from.stx_dev_major, from.stx_dev_minor);
    entry.links = from.stx_nlink;
    const bool is_device = entry.kind == Kind::character_device || entry.kind == Kind::block_device;
    entry.rdev = is_device ? makedev(from.stx_rdev_major, from.stx_rdev_minor) : 0;
    entry.flags = static_cast<std::uint32_t>(from.stx_attributes) & kept_flags;
}

/// The object below /proc/self/fd, for the calls that take no directory descriptor.
std::string proc_path(int directory, const char* name) {
    if (directory == AT_FDCWD) return name;
    return "/proc/self/fd/" + std::to_string(directory) + "/" + name;
}

} // namespace

std::int64_t to_nanoseconds(std::int64_t seconds, std::int64_t nanoseconds) noexcept {
    std::int64_t out = 0;
    if (!__builtin_mul_overflow(seconds, std::int64_t{1'000'000'000}, &out) &&
        !__builtin_add_overflow(out, nanoseconds, &out))
        return out;
    using Limits = std::numeric_limits<std::int64_t>;
    return seconds < 0 ? Limits::min() : Limits::max();
}

XattrCalls preferred_xattr_calls() {
    static const XattrCalls found = [] {
        const auto size = ::syscall(sys_listxattrat, AT_FDCWD, "/", 0, nullptr, std::size_t{0});
        const bool there = size >= 0 || errno == EOPNOTSUPP;
        return there ? XattrCalls::relative : XattrCalls::through_proc;
    }();
    return found;
}

struct Inspector::Call {
    int directory;
    const char* name;
    Symlinks symlinks;
    std::string path; ///< used by XattrCalls::through_proc
};

Inspector::Inspector(XattrCalls calls)
    : m_calls(calls),
      m_names(std::make_unique_for_overwrite<char[]>(XATTR_LIST_MAX)),
      m_value(std::make_unique_for_overwrite<std::uint8_t[]>(XATTR_SIZE_MAX)) {}

int Inspector::read_status(int directory, const char* name, Symlinks symlinks, Entry& entry) {
    struct statx info; // NOLINT(cppcoreguidelines-pro-type-member-init): the call fills it
    const int flags = AT_NO_AUTOMOUNT | (symlinks == Symlinks::keep ? AT_SYMLINK_NOFOLLOW : 0) |
                      (name[0] == '\0' ? AT_EMPTY_PATH : 0);
    if (::statx(directory, name, flags, STATX_BASIC_STATS, &info) != 0) return errno;
    fill(info, entry);
    return 0;
}

int Inspector::read_target(int directory, const char* name, Entry& entry) {
    std::array<char, PATH_MAX> target; // NOLINT(cppcoreguidelines-pro-type-member-init): as above
    const auto size = ::readlinkat(directory, name, target.data(), target.size());
    if (size < 0) return errno;
    entry.target.assign(target.data(), static_cast<std::size_t>(size));
    return 0;
}

long Inspector::list(const Call& call) {
    if (m_calls == XattrCalls::relative) {
        const int flags = call.symlinks == Symlinks::keep ? AT_SYMLINK_NOFOLLOW : 0;
        return ::syscall(sys_listxattrat, call.directory, call.name, flags, m_names.get(),
                         std::size_t{XATTR_LIST_MAX});
    }
    const auto function = call.symlinks == Symlinks::keep ? ::llistxattr : ::listxattr;
    return function(call.path.c_str(), m_names.get(), std::size_t{XATTR_LIST_MAX});
}

long Inspector::get(const Call& call, const char* attribute) {
    if (m_calls == XattrCalls::relative) {
        const int flags = call.symlinks == Symlinks::keep ? AT_SYMLINK_NOFOLLOW : 0;
        XattrArguments arguments{reinterpret_cast<std::uintptr_t>(m_value.get()), XATTR_SIZE_MAX,
                                 0};
        return ::syscall(sys_getxattrat, call.directory, call.name, flags, attribute, &arguments,
                         sizeof arguments);
    }
    const auto function = call.symlinks == Symlinks::keep ? ::lgetxattr : ::getxattr;
    return function(call.path.c_str(), attribute, m_value.get(), XATTR_SIZE_MAX);
}

int Inspector::read_xattrs(int directory, const char* name, Symlinks symlinks, Entry& entry) {
    entry.xattrs.clear();
    entry.xattrs_read = true;
    if (std::ranges::contains(m_without_xattrs, entry.device)) return 0;
    Call call{directory, name, symlinks, {}};
    if (m_calls == XattrCalls::through_proc) call.path = proc_path(directory, name);
    const auto size = list(call);
    if (size < 0 && errno == EOPNOTSUPP) m_without_xattrs.push_back(entry.device);
    if (size < 0) return errno == EOPNOTSUPP ? 0 : errno;
    int failed = 0;
    const char* const end = m_names.get() + size;
    for (const char* at = m_names.get(); at < end; at += std::strlen(at) + 1) {
        const auto length = get(call, at);
        if (length >= 0)
            entry.xattrs.push_back({at, Bytes(m_value.get(), m_value.get() + length)});
        else if (errno != ENODATA && failed == 0) // ENODATA: removed since it was listed
            failed = errno;
    }
    std::ranges::sort(entry.xattrs, {}, &Xattr::name);
    return failed;
}

int Inspector::read_all(int directory, const std::string& name, Entry& entry) {
    entry.name = name;
    if (const int failed = read_status(directory, name.c_str(), Symlinks::keep, entry); failed != 0)
        return failed;
    if (entry.kind == Kind::symlink)
        if (const int failed = read_target(directory, name.c_str(), entry); failed != 0)
            return failed;
    return read_xattrs(directory, name.c_str(), Symlinks::keep, entry);
}

} // namespace torgo::source
