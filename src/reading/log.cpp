#include "reading/log.hpp"

#include "index/crc32c.hpp"

#include <algorithm>
#include <optional>

namespace torgo::reading {

namespace {
constexpr std::string_view magic = "TGRLOG1\n";
constexpr std::size_t frame_head = 2 + 4; ///< length, checksum
/// A kind, a source, and two varints: no record is shorter.
constexpr std::size_t frame_size_min = frame_head + 1 + 8 + 2;
constexpr std::size_t number_digits = 10;
constexpr std::size_t head_size = magic.size() + sizeof(std::uint64_t);

/// Bound to its file and place, so that the bytes of an older file are never taken for a record.
std::uint32_t checksum(std::uint64_t number, std::uint64_t sequence, ByteView payload) {
    Writer place;
    place.put(number).put(sequence).put(static_cast<std::uint16_t>(payload.size()));
    return index::crc32c(payload, index::crc32c(place.view()));
}

/// What the frame holds that `bytes` begin with; nothing where it is not whole.
std::optional<ByteView> frame_at(ByteView bytes, std::uint64_t number, std::uint64_t sequence) {
    Reader in(bytes);
    const auto size = in.get<std::uint16_t>();
    const auto code = in.get<std::uint32_t>();
    if (!size || !code || *size > record_size_max || *size > in.left()) return std::nullopt;
    const auto payload = in.raw(*size).value();
    if (*code != checksum(number, sequence, payload)) return std::nullopt;
    return payload;
}

/// Whether one of the next frames stands somewhere behind the bad one.
bool goes_on_behind(ByteView bytes, std::uint64_t number, std::uint64_t sequence) {
    for (std::size_t at = 1; at < std::min(bytes.size(), log_look_ahead); ++at)
        for (std::uint64_t next = 1; next <= 1 + at / frame_size_min; ++next)
            if (frame_at(bytes.subspan(at), number, sequence + next)) return true;
    return false;
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

Result<DecodedLog> decode_log(ByteView content, std::uint64_t number) {
    DecodedLog out;
    Reader in(content);
    const auto found = in.raw(magic.size());
    const auto found_number = in.get<std::uint64_t>();
    const bool fits =
        found_number && *found_number == number && std::ranges::equal(*found, as_bytes(magic));
    // The head is synced before the first frame is written: power went before that.
    if (!fits && content.size() <= head_size) return out;
    if (!fits) return fail(Errc::unsupported, "not a log of readings of this version");
    for (std::uint64_t sequence = 0;; ++sequence) {
        const auto rest = content.last(in.left());
        const auto payload = frame_at(rest, number, sequence);
        if (!payload) {
            out.goes_on = goes_on_behind(rest, number, sequence);
            return out;
        }
        (void)in.raw(frame_head + payload->size());
        TRY(auto record, decode_record(*payload));
        out.records.push_back(std::move(record));
    }
}

} // namespace torgo::reading
