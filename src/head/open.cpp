#include "head/open.hpp"

#include "head/dir_head.hpp"
#include "head/opener.hpp"
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

Result<std::unique_ptr<Head>> DirOpener::open(const std::string& uri) const {
    return head::open(uri, m_files);
}

Result<std::unique_ptr<Head>> DirOpener::create(const std::string& uri, const NewHead& made) const {
    return head::create(uri, m_files, made.repository, made.index);
}

Result<> DirOpener::discard(const std::string& uri, const RepoId& repository) const {
    return head::discard(uri, m_files, repository);
}

} // namespace torgo::head
