#include "head/dir_folder.hpp"
#include "head/open.hpp"
#include "head/uri.hpp"

namespace torgo::head {

Result<> discard(const std::string& uri, env::FileSystem& files, const RepoId& repository) {
    TRY(const auto path, dir_path(uri));
    TRY(const auto head, open(uri, files));
    TRY(const auto status, head->status());
    if (status.repository != repository)
        return fail(Errc::exists, uri + " is a head of repository " + status.repository.hex());
    TRY(const auto segments, head->list_segments(SegmentId{}, 1));
    if (!segments.empty()) return fail(Errc::exists, uri + " holds segments");
    TRY(const auto roots, head->list_roots(""));
    for (const auto& name : roots)
        CHECK_OK(head->remove_root(name));
    const DirFolder folder(files, path);
    CHECK_OK(files.remove(folder.marker_path()));
    CHECK_OK(files.sync_directory(path));
    for (const auto& inside :
         {folder.segments_path(), folder.roots_path(), folder.incoming_path(), path})
        (void)files.remove_directory(inside); // what is not empty is not ours
    return {};
}

} // namespace torgo::head
