#include "head/dir_folder.hpp"
#include "head/head.hpp"

#include <algorithm>
#include <array>

namespace torgo::head {

namespace {

/// Names a folder may hold and still count as empty: what an interrupted create leaves, and what a
/// fresh ext4 disk has.
constexpr std::array<std::string_view, 4> harmless{"segments", "roots", "incoming", "lost+found"};

Result<> require_empty(env::FileSystem& files, const std::string& path) {
    auto entries = files.list(path);
    if (!entries && entries.error().code() == Errc::not_found) return {};
    if (!entries) return std::unexpected(std::move(entries).error());
    for (const auto& entry : *entries)
        if (!std::ranges::contains(harmless, entry.name))
            return fail(Errc::exists, path + " is not empty (it holds \"" + entry.name +
                                          "\"): choose an empty or a new folder");
    for (const auto* name : {"/segments", "/roots"}) {
        const auto inside = files.list(path + name);
        if (inside && !inside->empty())
            return fail(Errc::exists, path + " holds a head that lost its torgo-head file: choose "
                                             "an empty folder, or move this one away");
    }
    return {};
}

/// Success when the head that is there is the one asked for.
Result<> compare(const std::string& path, const Marker& found, const Marker& wanted) {
    if (found == wanted) return {};
    return fail(Errc::exists, path + " is head " + std::to_string(found.index) + " of repository " +
                                  found.repository.hex());
}

Result<> make_folders(env::FileSystem& files, const DirFolder& folder) {
    CHECK_OK(env::make_directories(files, folder.path()));
    for (const auto& path : {folder.segments_path(), folder.roots_path(), folder.incoming_path()})
        CHECK_OK(files.make_directory(path));
    return files.sync_directory(folder.path());
}

/// The marker comes last: a folder with a marker is a whole head.
Result<> write_marker(DirFolder& folder, const Marker& marker) {
    TRY(const auto temporary, folder.make_first_temporary());
    CHECK_OK(temporary->file().append(as_bytes(format_marker(marker))));
    CHECK_OK(temporary->file().sync());
    return temporary->publish(folder.marker_path(), Temporary::Replace::no);
}

/// Another process may be creating the same head at this moment: whoever loses looks again.
Result<> write_or_find_marker(DirFolder& folder, const Marker& marker) {
    const auto written = write_marker(folder, marker);
    if (written) return {};
    const auto found = folder.marker();
    if (!found) return written;
    return compare(folder.path(), *found, marker);
}

} // namespace

Result<> create_dir_head(env::FileSystem& files, const std::string& path, const Marker& marker) {
    if (marker.index >= max_heads)
        return fail(Errc::invalid_argument,
                    "a repository has at most " + std::to_string(max_heads) + " heads");
    DirFolder folder(files, path);
    auto found = folder.marker();
    if (!found && found.error().code() != Errc::not_a_repository &&
        found.error().code() != Errc::unavailable)
        return std::unexpected(std::move(found).error());
    if (found) CHECK_OK(compare(path, *found, marker));
    if (!found) CHECK_OK(require_empty(files, path));
    CHECK_OK(make_folders(files, folder));
    if (!found) CHECK_OK(write_or_find_marker(folder, marker));
    return folder.make_durable(folder.marker_path());
}

} // namespace torgo::head
