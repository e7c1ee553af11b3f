#pragma once

#include "env/file_system.hpp"
#include "mesh/store.hpp"

#include <memory>
#include <string>

namespace torgo::mesh {

/// Records in one file that is only ever added to: each change is one short write at the end and
/// one flush, so that flash wears slowly. When it has grown too long it is written anew beside
/// itself and takes the old one's name (docs/spec/mesh-stack.md 6).
class FileStore final : public Store {
public:
    static constexpr std::size_t file_max = 16_MiB;
    /// Written anew when it is this much longer than its records.
    static constexpr std::size_t slack_max = 256_KiB;

    /// Reads what is there (nothing: an empty store) and writes it anew, so that a torn end is
    /// gone. Only one process may have it open.
    ///
    /// errors  `corrupt` where the file is no such store; `limit_exceeded`; those of the disk
    static Result<std::unique_ptr<FileStore>> open(env::FileSystem& files, std::string path);

    Result<> save(RecordKey key, ByteView record) override;
    void each(const std::function<void(RecordKey, ByteView)>& visit) const override;
    Result<> clear() override;

private:
    FileStore(env::FileSystem& files, std::string path);

    Result<> read();
    Result<> write_anew();

    env::FileSystem& m_files;
    std::string m_path;
    MemoryStore m_records;
    std::unique_ptr<env::File> m_file;
    std::size_t m_size = 0;
};

} // namespace torgo::mesh
