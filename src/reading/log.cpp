#include "reading/log.hpp"

#include "index/crc32c.hpp"

#include <algorithm>

namespace torgo::reading {

namespace {
constexpr std::string_view magic = "TGRLOG1\n";
constexpr std::size_t frame_head = 2 + 4; ///< length, checksum
constexpr std::size_t number_digits = 10;
constexpr std::size_t head_size = magic.size() + sizeof(std::uint64_t);

/// Bound to its file and place, so that the bytes of an older file are never taken for a record.
std::uint32_t checksum(std::uint64_t number, std::uint64_t sequence, ByteView payload) {
    Writer place;
    place.put(number).put(sequence).put(static_cast<std::uint16_t>(payload.size()));
    return index::crc32c(payload, index::crc32c(place.view()));
}
} // namespace

std::string log_name(std::uint64_t number) {
    auto text = std::to_string(number);
    if (text.size() < number_digits) text.insert(0, number_digits - text.size(), '0');
    return "log-" + text;
}

Result<LogWriter> LogWriter::create(env::FileSystem& files, const std::string& folder,
                                    std::uint64_t number) {
    LogWriter out;
    out.m_number = number;
    TRY(out.m_file, files.create(folder + "/" + log_name(number), /*secret=*/true));
    Writer head;
    head.raw(as_bytes(magic)).put(number);
    CHECK_OK(out.m_file->append(head.view()));
    CHECK_OK(out.m_file->sync());
    CHECK_OK(files.sync_directory(folder));
    out.m_size = head.size();
    return out;
}

void LogWriter::add(const Record& record) {
    Writer payload;
    encode(record, payload);
    Writer frame;
    frame.put(static_cast<std::uint16_t>(payload.size()));
    frame.put(checksum(m_number, m_sequence++, payload.view())).raw(payload.view());
    m_waiting.insert(m_waiting.end(), frame.view().begin(), frame.view().end());
}

Result<> LogWriter::sync() {
    if (m_waiting.empty()) return {};
    CHECK_OK(m_file->append(m_waiting));
    CHECK_OK(m_file->sync());
    m_size += m_waiting.size();
    m_waiting.clear();
    return {};
}

Result<std::vector<Record>> decode_log(ByteView content, std::uint64_t number) {
    std::vector<Record> out;
    Reader in(content);
    const auto found = in.raw(magic.size());
    const auto found_number = in.get<std::uint64_t>();
    const bool fits =
        found_number && *found_number == number && std::ranges::equal(*found, as_bytes(magic));
    // The head is synced before the first frame is written: power went before that.
    if (!fits && content.size() <= head_size) return out;
    if (!fits) return fail(Errc::unsupported, "not a log of readings of this version");
    for (std::uint64_t sequence = 0;; ++sequence) {
        const auto size = in.get<std::uint16_t>();
        const auto code = in.get<std::uint32_t>();
        if (!size || !code || *size > record_size_max || *size > in.left()) return out;
        const auto payload = in.raw(*size).value();
        if (*code != checksum(number, sequence, payload)) return out;
        TRY(auto record, decode_record(payload));
        out.push_back(std::move(record));
    }
}

} // namespace torgo::reading
