#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/file_system.hpp"
#include "index/location.hpp"
#include "index/run_format.hpp"
#include "index/summary.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace torgo::index {

/// What a run file says about itself, in its last 96 bytes.
struct RunTrailer {
    static constexpr std::size_t size = 96;

    std::uint64_t count = 0;
    std::uint64_t cells = 0;  ///< of the summary
    std::uint64_t digest = 0; ///< of all blocks: two runs with the same one hold the same entries
    std::uint32_t summary_checksum = 0; ///< CRC-32C
    Fingerprint fingerprint;

    std::array<std::uint8_t, size> encode() const;
    static Result<RunTrailer> decode(ByteView bytes);
};

/// The checksum of a block's first `block_checksum_at` bytes, which also covers where it belongs.
std::uint32_t block_checksum(std::uint64_t number, ByteView block) noexcept;

/// An immutable file of entries sorted by id, with a summary in memory. The file stays readable
/// after it is unlinked. Thread-safe.
class Run {
public:
    using Block = std::array<std::uint8_t, block_size>;

    /// Reads the summary into memory and checks it; blocks are checked whenever they are read.
    ///
    /// errors  `corrupt` when the file is damaged or of another repository; `unsupported` when a
    ///         newer version wrote it; those of FileSystem::open_read
    static Result<std::shared_ptr<const Run>> open(env::FileSystem& files, const std::string& path,
                                                   const Fingerprint& fingerprint);

    /// For the writer, which has the summary in memory already.
    Run(std::unique_ptr<env::File> file, RunTrailer trailer, Summary summary);

    /// Where the chunk lies; nothing when this run does not hold it.
    ///
    /// errors  `corrupt`, `io`
    /// cost    memory only for nearly all unknown ids, else one block
    Result<std::optional<Location>> find(const ChunkId& id) const;

    /// The same for an id whose candidates are known.
    Result<std::optional<Location>> find_among(const ChunkId& id, Summary::Range range) const;

    /// Reads blocks from `first` on and appends their entries to `out`; checks each block.
    Result<> read_entries(std::uint64_t first, std::uint64_t blocks, std::vector<Entry>& out) const;

    /// Copies the whole file, for a cache where it was deleted.
    Result<> copy_to(env::File& target) const;

    const Summary& summary() const noexcept { return m_summary; }

    std::uint64_t count() const noexcept { return m_trailer.count; }

    std::uint64_t digest() const noexcept { return m_trailer.digest; }

    std::size_t resident_bytes() const noexcept { return m_summary.bytes().size(); }

private:
    Result<> read_block(std::uint64_t number, Block& block) const;
    std::size_t entries_in(std::uint64_t block) const noexcept;

    std::unique_ptr<env::File> m_file;
    RunTrailer m_trailer;
    Summary m_summary;
};

} // namespace torgo::index
