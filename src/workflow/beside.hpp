#pragma once

#include "env/file_system.hpp"

#include <string>
#include <vector>

namespace torgo::workflow {

/// The regular files in a workflow's folder. A link could lead anywhere, a device or pipe could
/// hold the reader, and a hidden file is seldom meant: none of them is one. [RUN-22]
class Beside {
public:
    static Result<Beside> look(env::FileSystem& files, const std::string& folder);

    bool has(const std::string& name) const noexcept;

    /// errors  `not_found` for a name that it does not have; those of reading
    Result<Bytes> read(const std::string& name, std::size_t limit) const;

private:
    Beside(env::FileSystem& files, std::string folder, std::vector<env::DirectoryEntry> entries)
        : m_files(&files), m_folder(std::move(folder)), m_entries(std::move(entries)) {}

    env::FileSystem* m_files;
    std::string m_folder;
    std::vector<env::DirectoryEntry> m_entries;
};

} // namespace torgo::workflow
