#include "index/run_writer.hpp"

#include "base/ensure.hpp"
#include "index/crc32c.hpp"

#include <cstring>

namespace torgo::index {

namespace {

constexpr std::size_t buffer_size = 256 * block_size;

/// One step of a 64-bit hash (the finaliser of SplitMix64).
std::uint64_t mix(std::uint64_t value) noexcept {
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31U);
}

} // namespace

RunWriter::RunWriter(std::unique_ptr<env::File> file, std::uint64_t expected,
                     const Fingerprint& fingerprint)
    : m_file(std::move(file)), m_summary(expected) {
    m_trailer.fingerprint = fingerprint;
    m_buffer.reserve(buffer_size);
}

Result<> RunWriter::add(const Entry& entry) {
    ENSURE(m_trailer.count == 0 || m_last < entry.id);
    m_last = entry.id;
    m_summary.add(entry.id);
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&entry);
    m_buffer.insert(m_buffer.end(), bytes, bytes + sizeof entry);
    ++m_trailer.count;
    if (++m_filled < entries_per_block) return {};
    close_block();
    return m_buffer.size() < buffer_size ? Result<>{} : flush();
}

void RunWriter::close_block() {
    const auto unused = entries_per_block - m_filled;
    m_buffer.resize(m_buffer.size() + unused * sizeof(Entry));
    m_buffer.resize(m_buffer.size() + block_size - entries_per_block * sizeof(Entry));
    auto* const block = m_buffer.data() + m_buffer.size() - block_size;
    const auto sum = block_checksum(m_blocks, {block, block_size});
    std::memcpy(block + block_checksum_at, &sum, sizeof sum);
    m_trailer.digest = mix(m_trailer.digest ^ sum) + m_filled;
    ++m_blocks;
    m_filled = 0;
}

Result<> RunWriter::flush() {
    CHECK_OK(m_file->append(m_buffer));
    m_buffer.clear();
    return {};
}

Result<> RunWriter::finish() {
    if (m_filled != 0) close_block();
    CHECK_OK(flush());
    m_summary.finish();
    m_trailer.cells = m_summary.cells();
    m_trailer.summary_checksum = crc32c(m_summary.bytes());
    CHECK_OK(m_file->append(m_summary.bytes()));
    CHECK_OK(m_file->append(m_trailer.encode()));
    CHECK_OK(m_file->sync());
    m_file.reset();
    return {};
}

std::shared_ptr<const Run> RunWriter::open(std::unique_ptr<env::File> file) && {
    return std::make_shared<const Run>(std::move(file), m_trailer, std::move(m_summary));
}

} // namespace torgo::index
