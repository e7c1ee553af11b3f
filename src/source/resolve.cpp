// SPDX-License-Identifier: MIT
#include "source/resolve.hpp"

#include <climits>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace torgo::source {

namespace {

/// openat2 with RESOLVE_BENEATH gives EAGAIN when something was renamed meanwhile; each retry needs
/// another rename at the wrong moment.
constexpr int max_rename_retries = 64;
/// The longest path that one call takes, less its terminating zero.
constexpr std::size_t step_bytes = PATH_MAX - 1;

int openat2(int directory, const char* path, int flags) {
    open_how how{};
    how.flags = static_cast<unsigned>(flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    for (int attempt = 0;; ++attempt) {
        const auto opened = ::syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (opened >= 0 || errno != EAGAIN || attempt == max_rename_retries)
            return static_cast<int>(opened);
    }
}

/// The longest piece at the start of `path` that fits into one call and ends before a '/'.
std::size_t step_length(std::string_view path) {
    if (path.size() <= step_bytes) return path.size();
    const auto cut = path.rfind('/', step_bytes);
    return cut == std::string_view::npos || cut == 0 ? path.size() : cut;
}

int open_step(int directory, std::string_view step, int flags, Resolver resolver) {
    const std::string name(step.empty() ? std::string_view(".") : step);
    if (resolver == Resolver::kernel) return openat2(directory, name.c_str(), flags);
    return ::openat(directory, name.c_str(), flags);
}

} // namespace

Resolver preferred_resolver() {
    // Any failure counts: sandboxes answer an unknown call with ENOSYS or EPERM.
    static const Resolver found = [] {
        const Descriptor probe(openat2(AT_FDCWD, ".", O_PATH | O_CLOEXEC));
        return probe ? Resolver::kernel : Resolver::components;
    }();
    return found;
}

Descriptor open_beneath(int directory, std::string_view relative, int flags, Resolver resolver) {
    constexpr int on_the_way = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    Descriptor held;
    for (;;) {
        const int from = held ? held.get() : directory;
        const auto length = resolver == Resolver::kernel
                                ? step_length(relative)
                                : std::min(relative.find('/'), relative.size());
        const bool last = length == relative.size();
        const int step_flags = last ? flags | O_NOFOLLOW | O_CLOEXEC : on_the_way;
        Descriptor next(open_step(from, relative.substr(0, length), step_flags, resolver));
        if (last || !next) return next;
        held = std::move(next);
        relative.remove_prefix(length + 1);
    }
}

Descriptor open_following(std::string_view absolute, int flags) {
    Descriptor held;
    for (;;) {
        const auto length = step_length(absolute);
        const bool last = length == absolute.size();
        const std::string step(absolute.substr(0, length));
        const int step_flags = last ? flags | O_CLOEXEC : O_PATH | O_DIRECTORY | O_CLOEXEC;
        Descriptor next(::openat(held ? held.get() : AT_FDCWD, step.c_str(), step_flags));
        if (last || !next) return next;
        held = std::move(next);
        absolute.remove_prefix(length + 1);
    }
}

std::string join_path(std::string_view directory, std::string_view name) {
    std::string out;
    out.reserve(directory.size() + 1 + name.size());
    out = directory;
    if (!out.ends_with('/')) out += '/';
    out += name;
    return out;
}

} // namespace torgo::source
