#include "peer/batch_folder.hpp"

#include <algorithm>
#include <charconv>

namespace torgo::peer {

namespace {

constexpr std::string_view suffix = ".ledger";
constexpr std::size_t number_digits = 16;
constexpr int base = 16;

std::optional<std::uint64_t> number_of(std::string_view file) {
    if (file.size() != number_digits + suffix.size() || !file.ends_with(suffix))
        return std::nullopt;
    std::uint64_t number = 0;
    const auto* end = file.data() + number_digits;
    const auto [stop, problem] = std::from_chars(file.data(), end, number, base);
    if (problem != std::errc{} || stop != end) return std::nullopt;
    return number;
}

} // namespace

std::string BatchFolder::file(std::uint64_t number) const {
    Bytes bytes;
    for (unsigned shift = 64; shift > 0; shift -= 8)
        bytes.push_back(static_cast<std::uint8_t>(number >> (shift - 8)));
    return m_path + "/" + to_hex(bytes) + std::string(suffix);
}

Result<> BatchFolder::make() const {
    return env::make_directories(m_files, m_path);
}

Result<std::vector<std::uint64_t>> BatchFolder::numbers() const {
    std::vector<std::uint64_t> found;
    const auto entries = m_files.list(m_path);
    if (!entries && entries.error().code() == Errc::not_found) return found;
    if (!entries) return std::unexpected(entries.error());
    for (const auto& entry : *entries)
        if (const auto number = number_of(entry.name)) found.push_back(*number);
    std::ranges::sort(found);
    return found;
}

Result<Bytes> BatchFolder::read(std::uint64_t number) const {
    return env::read_file(m_files, file(number), max_batch);
}

Result<std::uint64_t> BatchFolder::put(std::uint64_t number, ByteView batch) const {
    CHECK_OK(env::write_file_atomically(m_files, file(number), batch));
    return prune();
}

// PEER-32
Result<std::uint64_t> BatchFolder::prune() const {
    TRY(const auto found, numbers());
    std::uint64_t kept = 0;
    std::uint64_t dropped = 0;
    for (auto number = found.rbegin(); number != found.rend(); ++number) {
        TRY(const auto status, m_files.status(file(*number)));
        kept += status.size;
        if (kept <= m_max_bytes || number == found.rbegin()) continue;
        CHECK_OK(m_files.remove(file(*number)));
        ++dropped;
    }
    return dropped;
}

Result<Bytes> BatchFolder::page(std::uint64_t from) const {
    TRY(const auto found, numbers());
    Writer out;
    for (auto number = std::ranges::lower_bound(found, from); number != found.end(); ++number) {
        const auto batch = read(*number);
        if (!batch && batch.error().code() == Errc::not_found) continue; // dropped meanwhile
        if (!batch) return std::unexpected(batch.error());
        if (out.size() + kept_batch_overhead + batch->size() > max_batch_page) break;
        encode(out, *number, *batch);
    }
    return std::move(out).take();
}

} // namespace torgo::peer
