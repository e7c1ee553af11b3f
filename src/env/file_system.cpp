#include "env/file_system.hpp"

namespace torgo::env {

namespace {
/// Where write_file_atomically prepares; one name per target, so a leftover is overwritten next
/// time.
constexpr const char* temporary_suffix = ".tmp~";
} // namespace

Result<> FileSystem::rename_new(const std::string& from, const std::string& to) {
    const auto found = status(to);
    if (found) return fail(Errc::exists, to + " is there already");
    if (found.error().code() != Errc::not_found) return std::unexpected(found.error());
    return rename(from, to);
}

std::string parent_path(const std::string& path) {
    const auto slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Result<> make_directories(FileSystem& files, const std::string& path) {
    const auto status = files.status(path);
    if (status && status->type == FileType::directory) return {};
    if (status) return fail(Errc::exists, path + " is in the way: it is no directory");
    const auto parent = parent_path(path);
    if (parent != path) CHECK_OK(make_directories(files, parent));
    CHECK_OK(files.make_directory(path));
    return files.sync_directory(parent);
}

Result<Bytes> read_file(FileSystem& files, const std::string& path, std::size_t limit) {
    TRY(const auto file, files.open_read(path));
    TRY(const auto size, file->size());
    if (size > limit) return fail(Errc::limit_exceeded, path + " is larger than expected");
    Bytes content(size);
    TRY(const auto got, file->read_at(0, content));
    content.resize(got);
    return content;
}

Result<> write_file_atomically(FileSystem& files, const std::string& path, ByteView content,
                               bool secret) {
    const auto temporary = path + temporary_suffix;
    (void)files.remove(temporary); // a leftover of a crash; absence is the normal case
    TRY(auto file, files.create(temporary, secret));
    CHECK_OK(file->append(content));
    CHECK_OK(file->sync());
    file.reset();
    CHECK_OK(files.rename(temporary, path));
    return files.sync_directory(parent_path(path));
}

} // namespace torgo::env
