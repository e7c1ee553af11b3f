#include "mesh/file_store.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "mesh/wiped_bytes.hpp"

#include <algorithm>

namespace torgo::mesh {

namespace {

constexpr std::string_view head = "torgo-mesh-node 1\n";
constexpr std::size_t check_size = 8;
constexpr std::size_t frame_overhead = sizeof(RecordKey) + sizeof(std::uint16_t) + check_size;

/// Key, length, bytes, and the first bytes of SHA-256 over them: a torn record is told from a whole
/// one.
Bytes framed(RecordKey key, ByteView record) {
    Writer out;
    out.put(key).put(static_cast<std::uint16_t>(record.size()));
    WipedBytes whole(joined({out.view(), record}));
    const auto digest = crypto::sha256(whole.bytes);
    return joined({whole.bytes, digest.view().first(check_size)});
}

/// Whether a whole record begins anywhere here. Kinds are small numbers, which spares most places
/// the checksum.
bool holds_a_record(ByteView bytes) {
    constexpr std::size_t kind_at = 2;
    for (; bytes.size() >= frame_overhead; bytes = bytes.subspan(1)) {
        const bool is_kind = bytes[kind_at] != 0 && bytes[kind_at + 1] == 0;
        const std::size_t size = bytes[4] | std::size_t{bytes[5]} << 8U;
        if (!is_kind || size > Store::record_max || bytes.size() < frame_overhead + size) continue;
        const auto end = frame_overhead - check_size + size;
        const auto digest = crypto::sha256(bytes.first(end));
        if (std::ranges::equal(bytes.subspan(end, check_size), digest.view().first(check_size)))
            return true;
    }
    return false;
}

/// The next whole record; an error at the torn end.
Result<> read_record(Reader& in, ByteView all, MemoryStore& records) {
    const auto start = all.size() - in.left();
    TRY(const auto key, in.get<RecordKey>());
    TRY(const auto size, in.get<std::uint16_t>());
    TRY(const auto record, in.raw(size));
    const auto end = all.size() - in.left();
    TRY(const auto check, in.raw(check_size));
    const auto digest = crypto::sha256(all.subspan(start, end - start));
    if (!std::ranges::equal(check, digest.view().first(check_size)))
        return fail(Errc::corrupt, "a record's checksum does not fit");
    return records.save(key, record);
}

} // namespace

FileStore::FileStore(env::FileSystem& files, std::string path)
    : m_files(files), m_path(std::move(path)) {}

Result<std::unique_ptr<FileStore>> FileStore::open(env::FileSystem& files, std::string path) {
    std::unique_ptr<FileStore> store(new FileStore(files, std::move(path)));
    CHECK_OK(store->read());
    CHECK_OK(store->write_anew());
    return store;
}

Result<> FileStore::read() {
    auto found = env::read_file(m_files, m_path, file_max);
    if (!found && found.error().code() == Errc::not_found) return {};
    if (!found) return std::unexpected(found.error());
    const WipedBytes content(*std::move(found));
    if (!as_text(content.bytes).starts_with(head))
        return fail(Errc::corrupt, m_path + " is no store of a mesh node");
    const auto body = ByteView(content.bytes).subspan(head.size());
    Reader in(body);
    while (!in.empty()) {
        const auto start = body.size() - in.left();
        if (read_record(in, body, m_records)) continue;
        // A record that a power cut tore was never confirmed, and nothing whole comes after it.
        // Where something does the disk has forgotten what it confirmed. [MESH-15]
        if (!holds_a_record(body.subspan(start + 1))) break;
        return fail(Errc::corrupt,
                    m_path + " is damaged at byte " + std::to_string(head.size() + start) +
                        " and whole records follow. A node that went on would use sequence "
                        "numbers twice: move the file away and give the mesh new keys");
    }
    return {};
}

Result<> FileStore::write_anew() {
    // From here on what is at the old name may be gone, and what is added to it lost.
    m_file.reset();
    WipedBytes content{{}};
    content.bytes.reserve(head.size() + m_records.bytes() + m_records.count() * frame_overhead);
    content.bytes.insert(content.bytes.end(), head.begin(), head.end());
    m_records.each([&](RecordKey key, ByteView record) {
        const WipedBytes frame(framed(key, record));
        content.bytes.insert(content.bytes.end(), frame.bytes.begin(), frame.bytes.end());
    });
    const auto beside = m_path + ".new";
    if (const auto removed = m_files.remove(beside);
        !removed && removed.error().code() != Errc::not_found)
        return removed;
    TRY(auto file, m_files.create(beside, true));
    CHECK_OK(file->append(content.bytes));
    CHECK_OK(file->sync());
    CHECK_OK(m_files.rename(beside, m_path));
    CHECK_OK(m_files.sync_directory(env::parent_path(m_path)));
    m_file = std::move(file);
    m_size = content.bytes.size();
    return {};
}

Result<> FileStore::save(RecordKey key, ByteView record) {
    CHECK_OK(m_records.save(key, record));
    // After a failed write the file's end is unknown: the next change writes everything anew.
    if (m_file == nullptr || m_size > m_records.bytes() * 2 + slack_max) return write_anew();
    const WipedBytes frame(framed(key, record));
    auto written = m_file->append(frame.bytes);
    if (written) written = m_file->sync();
    if (!written) m_file.reset();
    m_size += frame.bytes.size();
    return written;
}

void FileStore::each(const std::function<void(RecordKey, ByteView)>& visit) const {
    m_records.each(visit);
}

Result<> FileStore::clear() {
    CHECK_OK(m_records.clear());
    return write_anew();
}

} // namespace torgo::mesh
