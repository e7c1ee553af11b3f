#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/file_system.hpp"
#include "index/location.hpp"
#include "index/run.hpp"
#include "index/summary.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace torgo::index {

/// Writes one run file front to back. Memory: the summary, which the finished Run takes over, and
/// one buffer of 1 MiB.
class RunWriter {
public:
    /// in      `file`, new and empty; `expected`, about how many entries will come
    RunWriter(std::unique_ptr<env::File> file, std::uint64_t expected,
              const Fingerprint& fingerprint);

    /// Ids must rise from call to call; anything else is a broken invariant.
    Result<> add(const Entry& entry);

    /// Writes what is left and makes the file durable. No `add` after it.
    Result<> finish();

    std::uint64_t digest() const noexcept { return m_trailer.digest; }

    /// The finished run; `file` is the same file opened for reading.
    std::shared_ptr<const Run> open(std::unique_ptr<env::File> file) &&;

private:
    void close_block();
    Result<> flush();

    std::unique_ptr<env::File> m_file;
    RunTrailer m_trailer;
    Summary m_summary;
    ChunkId m_last;
    Bytes m_buffer;           ///< whole blocks, and the one being filled
    std::size_t m_filled = 0; ///< entries of the block being filled
    std::uint64_t m_blocks = 0;
};

} // namespace torgo::index
