#include "head/open.hpp"

#include "head/dir_head.hpp"
#include "head/uri.hpp"

namespace torgo::head {

Result<std::unique_ptr<Head>> open(const std::string& uri, env::FileSystem& files) {
    TRY(const auto path, dir_path(uri));
    return std::make_unique<DirHead>(files, path);
}

Result<std::unique_ptr<Head>> create(const std::string& uri, env::FileSystem& files,
                                     const RepoId& repository, unsigned index) {
    TRY(const auto path, dir_path(uri));
    CHECK_OK(create_dir_head(files, path, {repository, index}));
    return std::make_unique<DirHead>(files, path);
}

} // namespace torgo::head
