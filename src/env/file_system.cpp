#include "env/file_system.hpp"

namespace torgo::env {

namespace {
/// Where write_file_atomically prepares: the first of these names beside the target, with a number
/// from 1 on, that is free. One that is taken is of another process, or was left by a crash.
constexpr const char* temporary_suffix = ".tmp~";
constexpr unsigned temporaries_max = 8;

std::string temporary_path(const std::string& path, unsigned number) {
    return path + temporary_suffix + std::to_string(number);
}

/// Whoever writes one holds its lock. Where that cannot be asked, they stay.
void remove_leftovers(FileSystem& files, const std::string& path) {
    for (unsigned i = 1; i <= temporaries_max; ++i) {
        const auto temporary = temporary_path(path, i);
        const auto found = files.open_read(temporary);
        if (!found) continue;
        const auto unused = (*found)->try_lock_exclusive();
        if (unused.value_or(false)) (void)files.remove(temporary);
    }
}

struct Temporary {
    std::string path;
    std::unique_ptr<File> file;
};

/// errors  those of create; `exists` when eight others write the same file
Result<Temporary> create_temporary(FileSystem& files, const std::string& path, bool secret) {
    for (unsigned i = 1; i <= 2 * temporaries_max; ++i) {
        if (i == temporaries_max + 1) remove_leftovers(files, path);
        const auto name = temporary_path(path, (i - 1) % temporaries_max + 1);
        auto file = files.create(name, secret);
        if (!file && file.error().code() == Errc::exists) continue;
        if (!file) return std::unexpected(std::move(file).error());
        (void)(*file)->try_lock_exclusive();
        return Temporary{name, *std::move(file)};
    }
    return fail(Errc::exists, "too many processes write " + path + " at once");
}

Result<> fill(File& file, ByteView content) {
    CHECK_OK(file.append(content));
    return file.sync();
}
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
    TRY(const auto temporary, create_temporary(files, path, secret));
    auto written = fill(*temporary.file, content);
    if (written) written = files.rename(temporary.path, path);
    if (!written) {
        (void)files.remove(temporary.path);
        return written;
    }
    return files.sync_directory(parent_path(path));
}

} // namespace torgo::env
