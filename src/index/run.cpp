#include "index/run.hpp"

#include "base/codec.hpp"
#include "index/crc32c.hpp"

#include <algorithm>
#include <cstring>

namespace torgo::index {

namespace {

constexpr std::string_view magic = "TGX1";
constexpr std::uint16_t version = 1;
constexpr std::size_t copy_buffer = 1_MiB;
/// As many as a run of the most entries has, and room to spare.
constexpr std::uint64_t cells_max = Summary::entries_max / 8;

/// The size of a whole run file.
std::uint64_t file_size(const RunTrailer& trailer) {
    return blocks_for(trailer.count) * block_size + trailer.cells * Summary::cell_size +
           RunTrailer::size;
}

Result<> read_exactly(env::File& file, std::uint64_t offset, ByteSpan out) {
    TRY(const auto got, file.read_at(offset, out));
    if (got != out.size()) return fail(Errc::corrupt, "a run file ends too early");
    return {};
}

Result<Summary> read_summary(env::File& file, const RunTrailer& trailer) {
    Summary summary(trailer.cells, trailer.count);
    CHECK_OK(read_exactly(file, blocks_for(trailer.count) * block_size, summary.bytes()));
    if (crc32c(summary.bytes()) != trailer.summary_checksum)
        return fail(Errc::corrupt, "a run's summary is damaged");
    CHECK_OK(summary.check());
    return summary;
}

Entry entry_at(const Run::Block& block, std::size_t place) {
    Entry entry;
    std::memcpy(&entry, block.data() + place * sizeof(Entry), sizeof entry);
    return entry;
}

/// Orders the id against the entry at a place of a block.
int compare(const ChunkId& id, const Run::Block& block, std::size_t place) {
    return std::memcmp(id.bytes.data(), block.data() + place * sizeof(Entry), ChunkId::size);
}

/// The first place in [low, high) whose id is not below `id`, or `high`.
std::size_t lower_bound(const ChunkId& id, const Run::Block& block, std::size_t low,
                        std::size_t high) {
    while (low < high) {
        const auto middle = (low + high) / 2;
        if (compare(id, block, middle) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

} // namespace

std::array<std::uint8_t, RunTrailer::size> RunTrailer::encode() const {
    Writer out;
    out.raw(as_bytes(magic)).put(version).put(std::uint16_t{0});
    out.put(count).put(cells).put(digest).put(summary_checksum).raw(fingerprint.view());
    std::array<std::uint8_t, size> bytes{};
    std::ranges::copy(out.view(), bytes.begin());
    const auto sum = crc32c(ByteView(bytes).first(size - sizeof(std::uint32_t)));
    std::memcpy(bytes.data() + size - sizeof sum, &sum, sizeof sum);
    return bytes;
}

Result<RunTrailer> RunTrailer::decode(ByteView bytes) {
    Reader in(bytes);
    TRY(const auto start, in.raw(magic.size()));
    if (as_text(start) != magic) return fail(Errc::corrupt, "not a run file");
    TRY(const auto found, in.get<std::uint16_t>());
    RunTrailer trailer;
    TRY(const auto reserved, in.get<std::uint16_t>());
    TRY(trailer.count, in.get<std::uint64_t>());
    TRY(trailer.cells, in.get<std::uint64_t>());
    TRY(trailer.digest, in.get<std::uint64_t>());
    TRY(trailer.summary_checksum, in.get<std::uint32_t>());
    TRY(trailer.fingerprint, in.id<Fingerprint>());
    const auto body = bytes.first(bytes.size() - sizeof(std::uint32_t));
    if (Reader(bytes.last(sizeof(std::uint32_t))).get<std::uint32_t>() != crc32c(body))
        return fail(Errc::corrupt, "a run file's trailer is damaged");
    if (found != version) return fail(Errc::unsupported, "a run file of another version");
    // What is in memory for a run is bounded by the file's size through the number of cells.
    const bool sane = reserved == 0 && trailer.count <= Summary::entries_max && trailer.cells > 0 &&
                      trailer.cells <= cells_max;
    if (!sane) return fail(Errc::corrupt, "a run file's trailer makes no sense");
    return trailer;
}

std::uint32_t block_checksum(std::uint64_t number, ByteView block) noexcept {
    std::uint8_t place[sizeof number];
    std::memcpy(place, &number, sizeof number);
    return crc32c(block.first(block_checksum_at), crc32c(place));
}

Result<std::shared_ptr<const Run>> Run::open(env::FileSystem& files, const std::string& path,
                                             const Fingerprint& fingerprint) {
    TRY(auto file, files.open_read(path));
    TRY(const auto size, file->size());
    if (size < RunTrailer::size) return fail(Errc::corrupt, path + " is too short");
    std::array<std::uint8_t, RunTrailer::size> bytes{};
    CHECK_OK(read_exactly(*file, size - bytes.size(), bytes));
    TRY(const auto trailer, RunTrailer::decode(bytes));
    if (file_size(trailer) != size) return fail(Errc::corrupt, path + " has the wrong length");
    if (trailer.fingerprint != fingerprint)
        return fail(Errc::corrupt, path + " is of another repository");
    TRY(auto summary, read_summary(*file, trailer));
    return std::make_shared<const Run>(std::move(file), trailer, std::move(summary));
}

Run::Run(std::unique_ptr<env::File> file, RunTrailer trailer, Summary summary)
    : m_file(std::move(file)), m_trailer(trailer), m_summary(std::move(summary)) {}

std::size_t Run::entries_in(std::uint64_t block) const noexcept {
    return static_cast<std::size_t>(
        std::min<std::uint64_t>(entries_per_block, m_trailer.count - block * entries_per_block));
}

Result<> Run::read_block(std::uint64_t number, Block& block) const {
    CHECK_OK(read_exactly(*m_file, number * block_size, block));
    std::uint32_t sum = 0;
    std::memcpy(&sum, block.data() + block_checksum_at, sizeof sum);
    if (sum != block_checksum(number, block))
        return fail(Errc::corrupt, "a block of the index cache is damaged");
    return {};
}

Result<std::optional<Location>> Run::find(const ChunkId& id) const {
    return find_among(id, m_summary.candidates(id));
}

Result<std::optional<Location>> Run::find_among(const ChunkId& id, Summary::Range range) const {
    std::uint64_t first = range.first;
    std::uint64_t last = range.last;
    Block block; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read_block
    // One round but for ids that share their first bits with many others.
    while (first < last) {
        const auto number = (first + (last - first) / 2) / entries_per_block;
        CHECK_OK(read_block(number, block));
        const auto start = number * entries_per_block;
        const auto low = static_cast<std::size_t>(std::max(first, start) - start);
        const auto high =
            static_cast<std::size_t>(std::min<std::uint64_t>(last - start, entries_per_block));
        const auto place = lower_bound(id, block, low, high);
        if (place == high) {
            first = start + high;
        } else if (compare(id, block, place) == 0) {
            return entry_at(block, place).location;
        } else if (place == low) {
            last = start + low;
        } else {
            break;
        }
    }
    return std::nullopt;
}

Result<> Run::read_entries(std::uint64_t first, std::uint64_t blocks,
                           std::vector<Entry>& out) const {
    Block block; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read_block
    const auto end = std::min(first + blocks, blocks_for(m_trailer.count));
    for (auto number = first; number < end; ++number) {
        CHECK_OK(read_block(number, block));
        const auto entries = entries_in(number);
        out.resize(out.size() + entries);
        std::memcpy(out.data() + (out.size() - entries), block.data(), entries * sizeof(Entry));
    }
    return {};
}

Result<> Run::copy_to(env::File& target) const {
    Bytes buffer(copy_buffer);
    const auto size = file_size(m_trailer);
    for (std::uint64_t at = 0; at < size; at += buffer.size()) {
        buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(copy_buffer, size - at)));
        CHECK_OK(read_exactly(*m_file, at, buffer));
        CHECK_OK(target.append(buffer));
    }
    return {};
}

} // namespace torgo::index
