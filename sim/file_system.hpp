#pragma once

#include "env/file_system.hpp"
#include "sim/disk.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace torgo::sim {

enum class Operation : std::uint8_t {
    // These change something and are counted.
    create,
    append,
    sync,
    rename,
    remove,
    make_directory,
    remove_directory,
    sync_directory,
    // These only look.
    open_read,
    read,
    list,
    status,
    space,
};

/// One counted operation, as it was asked for; it may have failed.
struct Event {
    Operation operation;
    std::string path; ///< of a rename, the target

    bool operator==(const Event&) const = default;
};

struct FoundFile {
    std::string path;
    std::uint64_t size = 0;
    bool secret = false;
};

/// What a program sees of a disk that is taken away.
enum class Vanished : std::uint8_t {
    folder_missing,    ///< the mount point went too: nothing is found at or below the path
    empty_mount_point, ///< unmounted: an empty folder of the disk beneath, which takes writes
    io_errors,         ///< pulled out: everything at or below the path fails with `io`
};

/// A file system in memory that keeps account of what a power cut would leave (sim/disk.hpp), and
/// fails on demand. The same calls and seeds give the same results. Thread-safe.
class FileSystem final : public env::FileSystem {
public:
    FileSystem();
    FileSystem(const FileSystem&) = delete;
    FileSystem& operator=(const FileSystem&) = delete;
    FileSystem(FileSystem&&) = delete;
    FileSystem& operator=(FileSystem&&) = delete;
    ~FileSystem() override;

    Result<std::unique_ptr<env::File>> open_read(const std::string& path) override;
    Result<std::unique_ptr<env::File>> create(const std::string& path, bool secret) override;
    Result<> rename(const std::string& from, const std::string& to) override;
    Result<> rename_new(const std::string& from, const std::string& to) override;
    Result<> remove(const std::string& path) override;
    Result<> make_directory(const std::string& path, bool secret = false) override;
    Result<> remove_directory(const std::string& path) override;
    Result<> sync_directory(const std::string& path) override;
    Result<std::vector<env::DirectoryEntry>> list(const std::string& path) override;
    Result<env::FileStatus> status(const std::string& path) override;
    Result<env::Space> space(const std::string& path) override;

    /// The power goes during the `n`-th counted operation from now (1: the next). That one may be
    /// found done or not; it and everything after it fails with `unavailable`, looking included.
    void set_crash_after(std::uint64_t n);

    /// The disk as it might be found when the power comes back, whether or not it has gone yet.
    /// Nothing is wrong with it any more but its content. Capacity is kept.
    std::unique_ptr<FileSystem> crash(std::uint64_t seed) const;

    /// True once the power has gone.
    bool is_without_power() const;

    /// Bytes that all files together may hold. An append that does not fit writes what fits.
    void set_capacity(std::uint64_t bytes);

    /// Everything that changes something fails with `read_only`.
    void set_read_only(bool value);

    void vanish(const std::string& path, Vanished how);
    void reappear(const std::string& path);

    /// The `n`-th operation of this kind from now fails once, without effect; but a failed append
    /// may have added a part, and a failed sync loses what it was to save.
    void fail_nth(Operation operation, std::uint64_t n, Errc code);

    void fail_next(Operation operation, Errc code) { fail_nth(operation, 1, code); }

    /// The same for the `n`-th counted operation of any kind.
    void fail_nth_change(std::uint64_t n, Errc code);

    /// Turns one bit of a file, as decay does. Bit 0 is the lowest of byte 0.
    void flip(const std::string& path, std::uint64_t bit);

    /// Counted operations so far.
    std::uint64_t operation_count() const;
    std::vector<Event> operations() const;

    /// All files below `path`, by path.
    std::vector<FoundFile> files_below(const std::string& path) const;

private:
    struct State;
    class OpenFile;

    std::shared_ptr<State> m_state; ///< shared with the open files
};

} // namespace torgo::sim
