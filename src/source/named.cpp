// SPDX-License-Identifier: MIT
#include "source/named.hpp"

#include "source/resolve.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace torgo::source {

namespace {

Result<> add_path(NamedPath& root, std::string_view path) {
    if (!path.starts_with('/')) return fail(Errc::invalid_argument, "not an absolute path");
    if (path.contains('\0')) return fail(Errc::invalid_argument, "a zero byte in a path");
    NamedPath* at = &root;
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        const auto name = path.substr(0, end);
        path.remove_prefix(std::min(end + 1, path.size()));
        if (name.empty() || name == ".") continue;
        if (name == "..") return fail(Errc::invalid_argument, "'..' in a path");
        auto& next = at->children[std::string(name)];
        if (!next) next = std::make_unique<NamedPath>();
        at = next.get();
    }
    at->named = true;
    return {};
}

/// Walks the named tree without recursion: its depth is the caller's input.
struct Visit {
    const NamedPath* at;
    std::string path;
    std::string top; ///< the first named path on the way here, empty when there is none
};

Result<> check_exists(const std::string& path) {
    struct stat info{};
    const auto slash = path.rfind('/');
    const auto directory =
        open_following(slash == 0 ? "/" : path.substr(0, slash), O_PATH | O_DIRECTORY);
    const auto name = path == "/" ? std::string(".") : path.substr(slash + 1);
    if (!directory || ::fstatat(directory.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        return std::unexpected(system_error(errno, path));
    return {};
}

/// Below `top` the walk follows no symlink; so it would not reach `path` through one.
Result<> check_reachable(const std::string& top, const std::string& path) {
    const auto parent = top == "/" ? "/" : top.substr(0, std::max(top.rfind('/'), std::size_t{1}));
    const auto base = open_following(parent, O_PATH | O_DIRECTORY);
    if (!base) return std::unexpected(system_error(errno, parent));
    const auto relative = std::string_view(path).substr(parent == "/" ? 1 : parent.size() + 1);
    if (open_beneath(base.get(), relative, O_PATH)) return {};
    if (errno != ELOOP && errno != ENOTDIR) return std::unexpected(system_error(errno, path));
    return fail(Errc::invalid_argument, path + " leads through a symlink inside of " + top +
                                            ": name what the symlink points to");
}

} // namespace

Result<NamedPath> parse_named(std::span<const std::string> absolute_paths) {
    if (absolute_paths.empty()) return fail(Errc::invalid_argument, "no path was named");
    if (absolute_paths.size() > max_named_paths)
        return fail(Errc::limit_exceeded, "too many paths were named");
    NamedPath root;
    for (const auto& path : absolute_paths)
        CHECK_OK_WITH("'" + path + "'", add_path(root, path));
    return root;
}

Result<> check_named(const NamedPath& root) {
    std::vector<Visit> open;
    open.push_back({&root, "/", {}});
    while (!open.empty()) {
        auto visit = std::move(open.back());
        open.pop_back();
        if (visit.at->named) {
            CHECK_OK(check_exists(visit.path));
            if (!visit.top.empty()) CHECK_OK(check_reachable(visit.top, visit.path));
            if (visit.top.empty()) visit.top = visit.path;
        }
        for (const auto& [name, child] : visit.at->children)
            open.push_back({child.get(), join_path(visit.path, name), visit.top});
    }
    return {};
}

} // namespace torgo::source
