#include "uplink/store_mark.hpp"

#include "base/codec.hpp"
#include "index/crc32c.hpp"

#include <algorithm>

namespace torgo::uplink {

namespace {
constexpr std::string_view magic = "TGRMRK1\n";
constexpr std::size_t frame_size = sizeof(std::uint64_t) + sizeof(std::uint32_t);

Bytes frame(std::uint64_t records) {
    Writer out;
    out.put(records);
    out.put(index::crc32c(out.view()));
    return std::move(out).take();
}

/// The last whole frame: what follows it was not acknowledged yet when the power went.
std::optional<std::uint64_t> last_of(ByteView content) {
    if (content.size() < magic.size() ||
        !std::ranges::equal(content.first(magic.size()), as_bytes(magic)))
        return std::nullopt;
    std::optional<std::uint64_t> out;
    for (auto rest = content.subspan(magic.size()); rest.size() >= frame_size;
         rest = rest.subspan(frame_size)) {
        Reader in(rest);
        const auto records = in.get<std::uint64_t>().value();
        if (!std::ranges::equal(rest.first(frame_size), frame(records))) break;
        out = records;
    }
    return out;
}
} // namespace

Result<StoreMark> StoreMark::open(env::FileSystem& files, std::string path) {
    StoreMark out(files, std::move(path));
    const auto content = env::read_file(files, out.m_path, store_mark_size_max + frame_size);
    if (content) {
        out.m_records = last_of(*content).value_or(store_mark_unknown);
    } else if (content.error().code() == Errc::limit_exceeded) {
        out.m_records = store_mark_unknown;
    } else if (content.error().code() != Errc::not_found) {
        return std::unexpected(content.error());
    }
    return out;
}

Result<> StoreMark::note(std::uint64_t records) {
    if (m_records == records) return {};
    auto noted = m_file == nullptr || m_size > store_mark_size_max - frame_size ? begin(records)
                                                                                : add(records);
    if (noted)
        m_records = records;
    else
        m_file.reset(); // its tail is not known any more
    return noted;
}

Result<> StoreMark::add(std::uint64_t records) {
    CHECK_OK(m_file->append(frame(records)));
    m_size += frame_size;
    return m_file->sync();
}

/// A file whose first frame says what is noted now, in the place of the old one.
Result<> StoreMark::begin(std::uint64_t records) {
    const auto beside = m_path + ".new";
    auto old = m_files->remove(beside);
    if (!old && old.error().code() != Errc::not_found) return old;
    TRY(m_file, m_files->create(beside, /*secret=*/true));
    Writer out;
    out.raw(as_bytes(magic)).raw(frame(records));
    CHECK_OK(m_file->append(out.view()));
    CHECK_OK(m_file->sync());
    CHECK_OK(m_files->rename(beside, m_path));
    m_size = out.size();
    return m_files->sync_directory(env::parent_path(m_path));
}

} // namespace torgo::uplink
