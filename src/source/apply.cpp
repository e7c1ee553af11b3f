// SPDX-License-Identifier: MIT
#include "source/apply.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

namespace torgo::source {

namespace {

constexpr std::uint32_t set_id_bits = 06000;
constexpr std::int64_t second = 1'000'000'000;

/// For the calls that take no O_PATH descriptor.
std::string proc_path(const Held& held) {
    return "/proc/self/fd/" + std::to_string(held.descriptor);
}

timespec to_timespec(std::int64_t nanoseconds) {
    auto whole = nanoseconds / second;
    auto rest = nanoseconds % second;
    if (rest < 0) {
        rest += second;
        --whole;
    }
    return {static_cast<time_t>(whole), static_cast<long>(rest)};
}

/// Takes each step, whatever became of the one before, and keeps the first failure.
class Steps {
public:
    explicit Steps(const std::string& path) : m_path(path) {}

    void take(const char* what, int error_number) {
        if (error_number != 0 && !m_first)
            m_first = system_error(error_number, m_path + ": " + what);
    }

    Result<> result() && {
        if (m_first) return std::unexpected(*std::move(m_first));
        return {};
    }

private:
    const std::string& m_path;
    std::optional<Error> m_first;
};

int errno_of(int outcome) {
    return outcome == 0 ? 0 : errno;
}

int set_owner(const Held& held, const Entry& entry) {
    return errno_of(::fchownat(held.descriptor, "", entry.uid, entry.gid, AT_EMPTY_PATH));
}

int set_mode(const Held& held, std::uint32_t mode) {
    if (!held.by_path) return errno_of(::fchmod(held.descriptor, mode));
    const int failed = errno_of(::fchmodat(held.descriptor, "", mode, AT_EMPTY_PATH));
    // Before Linux 6.6 there is no such call for O_PATH.
    if (failed != ENOSYS && failed != EINVAL && failed != EOPNOTSUPP) return failed;
    return errno_of(::chmod(proc_path(held).c_str(), mode));
}

int set_mtime(const Held& held, std::int64_t mtime_ns) {
    const timespec times[2] = {{0, UTIME_OMIT}, to_timespec(mtime_ns)};
    if (!held.by_path) return errno_of(::futimens(held.descriptor, times));
    const int failed = errno_of(::utimensat(held.descriptor, "", times, AT_EMPTY_PATH));
    if (failed != EINVAL) return failed; // before Linux 5.8
    return errno_of(::utimensat(AT_FDCWD, proc_path(held).c_str(), times, 0));
}

int set_xattr(const Held& held, const Xattr& attribute) {
    const auto& value = attribute.value;
    const char* const name = attribute.name.c_str();
    if (attribute.name.contains('\0')) return EINVAL;
    if (!held.by_path)
        return errno_of(::fsetxattr(held.descriptor, name, value.data(), value.size(), 0));
    return errno_of(::setxattr(proc_path(held).c_str(), name, value.data(), value.size(), 0));
}

int remove_xattr(const Held& held, const char* name) {
    const int failed = held.by_path ? errno_of(::removexattr(proc_path(held).c_str(), name))
                                    : errno_of(::fremovexattr(held.descriptor, name));
    return failed == ENODATA ? 0 : failed;
}

/// What a new object may have got from its directory, or an old one kept; labels of the system's
/// own (security.selinux, trusted.*) stay.
bool is_ours_to_remove(const std::string& name) {
    return name.starts_with("user.") || name.starts_with("system.posix_acl_") ||
           name == "security.capability";
}

/// The attributes that are there now. Without /proc none can be seen on what is held by its path.
std::vector<Xattr> present_xattrs(const Held& held) {
    Entry found;
    Inspector inspector(XattrCalls::through_proc);
    // The path leads to the very object, a symlink too: the kernel follows nothing after it.
    inspector.read_xattrs(AT_FDCWD, proc_path(held).c_str(), Symlinks::follow, found);
    return std::move(found.xattrs);
}

void apply_xattrs(const Held& held, const Entry& entry, Steps& steps) {
    if (held.bare && entry.xattrs.empty()) return;
    const auto present = held.bare ? std::vector<Xattr>{} : present_xattrs(held);
    for (const auto& old : present)
        if (is_ours_to_remove(old.name) &&
            !std::ranges::contains(entry.xattrs, old.name, &Xattr::name))
            steps.take(old.name.c_str(), remove_xattr(held, old.name.c_str()));
    for (const auto& attribute : entry.xattrs)
        if (!std::ranges::contains(present, attribute))
            steps.take(attribute.name.c_str(), set_xattr(held, attribute));
}

/// Whether the file system, not the caller, is why it cannot be.
bool is_unsupported(int error_number) {
    return error_number == ENOTTY || error_number == EOPNOTSUPP || error_number == EINVAL ||
           error_number == ENOSYS;
}

int set_flags(int file, std::uint32_t wanted) {
    constexpr std::uint32_t ours = flag_compressed | flag_immutable | flag_append | flag_nodump;
    unsigned flags = 0; // the kernel takes an int, whatever the type in the request's name
    if (::ioctl(file, FS_IOC_GETFLAGS, &flags) != 0) return errno;
    flags = (flags & ~ours) | (wanted & ours);
    const int failed = errno_of(::ioctl(file, FS_IOC_SETFLAGS, &flags));
    if (!is_unsupported(failed) || (flags & flag_compressed) == 0) return failed;
    flags &= ~flag_compressed;
    return errno_of(::ioctl(file, FS_IOC_SETFLAGS, &flags));
}

/// Flags exist on files and directories only; opening a device for its flags would wake the device.
int apply_flags(const Held& held, const Entry& entry) {
    if (entry.kind != Kind::file && entry.kind != Kind::directory) return 0;
    Descriptor opened;
    int file = held.descriptor;
    if (held.by_path) {
        opened = Descriptor(::open(proc_path(held).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        if (!opened) return errno;
        file = opened.get();
    }
    const int failed = set_flags(file, entry.flags);
    return is_unsupported(failed) ? 0 : failed;
}

} // namespace

Result<> apply(const Held& held, const Entry& entry, const Entry& present,
               const MetadataOptions& options) {
    Steps steps(held.path);
    bool owned = present.uid == entry.uid && present.gid == entry.gid;
    if (!owned && options.owner == Owner::restore_as_root && ::geteuid() == 0) {
        const int failed = set_owner(held, entry);
        steps.take("owner", failed);
        owned = failed == 0;
    }
    if (options.xattrs) {
        // An ordinary user needs to be able to write to the file.
        const bool locked = (present.mode & 0200U) == 0 && ::geteuid() != 0;
        if (locked && entry.kind != Kind::symlink && !entry.xattrs.empty())
            steps.take("mode", set_mode(held, present.mode | 0200U));
        apply_xattrs(held, entry, steps);
    }
    // A program that acts for its owner must not begin to act for somebody else.
    const auto mode = owned ? entry.mode & 07777U : entry.mode & 07777U & ~set_id_bits;
    // After the owner, whose change clears the set-id bits, and after the attributes, which may
    // need more than the final mode gives. An ACL has the same bits.
    if (entry.kind != Kind::symlink) steps.take("mode", set_mode(held, mode));
    steps.take("mtime", set_mtime(held, entry.mtime_ns));
    // Last: nothing can be changed on an immutable file.
    if (options.flags && entry.flags != present.flags)
        steps.take("flags", apply_flags(held, entry));
    return std::move(steps).result();
}

bool hands_attributes_on(int directory) {
    Entry found;
    if (Inspector::read_status(directory, ".", Symlinks::keep, found) != 0) return true;
    if (found.flags != 0) return true;
    const auto path = "/proc/self/fd/" + std::to_string(directory);
    const auto size = ::getxattr(path.c_str(), "system.posix_acl_default", nullptr, 0);
    return size >= 0 || (errno != ENODATA && errno != EOPNOTSUPP);
}

} // namespace torgo::source
