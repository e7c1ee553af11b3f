#include "cli/snapshot_filter.hpp"

#include "cli/format.hpp"
#include "cli/open.hpp"

#include <algorithm>

namespace torgo::cli {

namespace {

bool any_of(const std::vector<std::string>& wanted, const std::vector<std::string>& have) {
    return wanted.empty() || std::ranges::any_of(wanted, [&](const std::string& item) {
               return std::ranges::contains(have, item);
           });
}

} // namespace

std::vector<Option> filter_options(SnapshotFilter& filter) {
    return {list_option(filter.hosts, "host", "NAME", "only snapshots of this host"),
            list_option(filter.tags, "tag", "TAG", "only snapshots with this tag"),
            list_option(filter.paths, "path", "PATH", "only snapshots of this path")};
}

std::vector<repo::Snapshot> filtered(std::vector<repo::Snapshot> list,
                                     const SnapshotFilter& filter) {
    std::erase_if(list, [&](const repo::Snapshot& snapshot) {
        const auto& body = snapshot.body;
        return !any_of(filter.hosts, {body.host}) || !any_of(filter.tags, body.tags) ||
               !any_of(filter.paths, body.paths);
    });
    return list;
}

Result<std::vector<repo::Snapshot>> named_snapshots(repo::Repository& repository,
                                                    const std::vector<std::string>& names) {
    std::vector<repo::Snapshot> out;
    for (const auto& name : names) {
        TRY(auto snapshot, repository.find_snapshot(name));
        out.push_back(std::move(snapshot));
    }
    return out;
}

Json snapshot_object(const repo::Snapshot& snapshot) {
    const auto& body = snapshot.body;
    std::vector<std::string> parents;
    for (const auto& parent : snapshot.parents)
        parents.push_back(parent.hex());
    return Json("snapshot")
        .text("id", snapshot.id.hex())
        .text("short_id", short_id(snapshot.id))
        .text("time", utc_time(body.time_ns))
        .text("hostname", body.host)
        .text("username", body.user)
        .texts("paths", body.paths)
        .texts("tags", body.tags)
        .text("tree", body.tree.hex())
        .texts("parents", parents)
        .text("writer", snapshot.writer.hex())
        .number("counter", snapshot.counter)
        .number("files", body.files)
        .number("dirs", body.directories)
        .number("bytes", body.bytes)
        .number("data_added_packed", body.bytes_new)
        .text("program_version", body.program)
        .flag("withdrawn", snapshot.withdrawn);
}

std::string_view kind_name(source::Kind kind) noexcept {
    switch (kind) {
    case source::Kind::file:
        return "file";
    case source::Kind::directory:
        return "dir";
    case source::Kind::symlink:
        return "symlink";
    case source::Kind::character_device:
        return "chardev";
    case source::Kind::block_device:
        return "dev";
    case source::Kind::fifo:
        return "fifo";
    case source::Kind::socket:
        return "socket";
    }
    return "file";
}

char kind_letter(source::Kind kind) noexcept {
    switch (kind) {
    case source::Kind::file:
        return '-';
    case source::Kind::directory:
        return 'd';
    case source::Kind::symlink:
        return 'l';
    case source::Kind::character_device:
        return 'c';
    case source::Kind::block_device:
        return 'b';
    case source::Kind::fifo:
        return 'p';
    case source::Kind::socket:
        return 's';
    }
    return '?';
}

Json node_object(const std::string& path, const repo::Node& node) {
    const auto& entry = node.entry;
    Json out("node");
    out.text("name", entry.name)
        .text("type", kind_name(entry.kind))
        .text("path", path)
        .number("uid", entry.uid)
        .number("gid", entry.gid)
        .number("mode", entry.mode)
        .text("permissions", mode_text(kind_letter(entry.kind), entry.mode))
        .text("mtime", utc_time(entry.mtime_ns))
        .text("ctime", utc_time(entry.ctime_ns));
    if (entry.kind == source::Kind::file) out.number("size", entry.size);
    if (entry.kind == source::Kind::symlink) out.text("linktarget", entry.target);
    return out;
}

} // namespace torgo::cli
