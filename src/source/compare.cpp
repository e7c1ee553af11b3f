// SPDX-License-Identifier: MIT
#include "source/compare.hpp"

namespace torgo::source {

namespace {

bool is_device(Kind kind) {
    return kind == Kind::character_device || kind == Kind::block_device;
}

/// Both lists are sorted by name, so one pass finds what is missing, added or other.
void compare_xattrs(const std::vector<Xattr>& want, const std::vector<Xattr>& got,
                    std::vector<std::string>& out) {
    auto w = want.begin();
    auto g = got.begin();
    while (w != want.end() || g != got.end()) {
        if (g == got.end() || (w != want.end() && w->name < g->name)) {
            out.push_back("xattr " + w++->name);
        } else if (w == want.end() || g->name < w->name) {
            out.push_back("xattr " + g++->name);
        } else {
            if (w->value != g->value) out.push_back("xattr " + w->name);
            ++w;
            ++g;
        }
    }
}

} // namespace

std::vector<std::string> differences(const Entry& want, const Entry& got,
                                     const CompareOptions& options) {
    if (want.kind != got.kind) return {"kind"};
    std::vector<std::string> out;
    const auto check = [&out](bool same, const char* name) {
        if (!same) out.emplace_back(name);
    };
    // Linux gives every symlink mode 0777 and lets nobody change it.
    check(want.kind == Kind::symlink || want.mode == got.mode, "mode");
    check(!options.owner || want.uid == got.uid, "uid");
    check(!options.owner || want.gid == got.gid, "gid");
    check(!options.mtime || want.mtime_ns == got.mtime_ns, "mtime");
    check(want.kind != Kind::file || want.size == got.size, "size");
    check(want.kind != Kind::symlink || want.target == got.target, "target");
    check(!is_device(want.kind) || want.rdev == got.rdev, "rdev");
    check(!options.flags || want.flags == got.flags, "flags");
    if (options.xattrs) compare_xattrs(want.xattrs, got.xattrs, out);
    return out;
}

} // namespace torgo::source
