#pragma once

#include "env/file_system.hpp"

namespace torgo::sys {

/// The machine's own disks, by POSIX calls.
class FileSystem final : public env::FileSystem {
public:
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
};

} // namespace torgo::sys
