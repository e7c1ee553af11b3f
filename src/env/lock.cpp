#include "env/lock.hpp"

namespace torgo::env {

namespace {

constexpr std::int64_t nap_ns = 2'000'000;

/// A folder that can only be read may hold a lock all the same.
Result<std::unique_ptr<File>> open_lock(FileSystem& files, const std::string& path, bool secret) {
    auto file = files.open_read(path);
    if (file || file.error().code() != Errc::not_found) return file;
    const auto made = files.create(path, secret);
    if (!made && made.error().code() != Errc::exists) return std::unexpected(made.error());
    return files.open_read(path);
}

} // namespace

Result<std::unique_ptr<File>> try_lock_file(FileSystem& files, const std::string& path,
                                            bool secret) {
    TRY(auto file, open_lock(files, path, secret));
    TRY(const bool mine, file->try_lock_exclusive());
    if (!mine) return nullptr;
    return file;
}

Result<std::unique_ptr<File>> lock_file(FileSystem& files, Clock& clock, const std::string& path) {
    TRY(auto file, open_lock(files, path, /*secret=*/false));
    const auto deadline = clock.monotonic_ns() + lock_patience_ns;
    while (true) {
        const auto mine = file->try_lock_exclusive();
        if (!mine && mine.error().code() != Errc::unsupported) return std::unexpected(mine.error());
        if (!mine || *mine) return file;
        if (clock.monotonic_ns() > deadline)
            return fail(Errc::timeout, "others keep " + path + " locked");
        clock.sleep_ns(nap_ns);
    }
}

} // namespace torgo::env
