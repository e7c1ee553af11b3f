#include "head/dir_head.hpp"

#include "head/dir_writer.hpp"
#include "head/uri.hpp"

#include <algorithm>
#include <limits>

namespace torgo::head {

namespace {

/// Key slots let a thief guess pass phrases: their files are for their owner only.
constexpr std::string_view secret_root_prefix = "key-";
constexpr std::size_t fan_out_name_size = 2;
/// Where a read may end: what the system's file offset can hold.
constexpr auto max_offset = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

Result<> check_name(std::string_view name) {
    if (is_root_name(name)) return {};
    return fail(Errc::invalid_argument,
                "\"" + std::string(name.substr(0, max_root_name)) + "\" is no name of a root");
}

} // namespace

DirHead::DirHead(env::FileSystem& files, const std::string& path)
    : m_uri(dir_uri(path)), m_folder(files, path) {}

Result<> DirHead::probe() {
    CHECK_OK(m_folder.check());
    const auto temporary = m_folder.make_temporary(false);
    if (temporary || temporary.error().code() == Errc::no_space) return {};
    return std::unexpected(m_folder.explain(temporary.error()));
}

Result<std::unique_ptr<SegmentWriter>> DirHead::begin_segment(std::uint64_t expected_size) {
    if (expected_size > max_segment_size)
        return fail(Errc::limit_exceeded, "a segment of more than 1 GiB");
    CHECK_OK(m_folder.require());
    const auto space = m_folder.files().space(m_folder.path());
    if (space && space->free < expected_size)
        return fail(Errc::no_space, m_uri + " has " + std::to_string(space->free) +
                                        " bytes left, too few for a segment of " +
                                        std::to_string(expected_size));
    auto temporary = m_folder.make_temporary(false);
    if (!temporary) return std::unexpected(m_folder.explain(std::move(temporary).error()));
    return std::make_unique<DirWriter>(m_folder, *std::move(temporary));
}

Result<> DirHead::read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) {
    const auto path = m_folder.segment_path(segment);
    const auto file = m_folder.files().open_read(path);
    if (!file) return std::unexpected(m_folder.explain(file.error()));
    if (out.empty()) return {};
    if (offset > max_offset - out.size())
        return fail(Errc::corrupt, path + " is shorter than what is asked of it");
    const auto got = (*file)->read_at(offset, out);
    if (!got) return std::unexpected(m_folder.explain(got.error()));
    if (*got != out.size())
        return fail(Errc::corrupt, path + " ends after " + std::to_string(offset + *got) +
                                       " bytes, " + std::to_string(out.size() - *got) +
                                       " bytes too early");
    return {};
}

Result<std::uint64_t> DirHead::segment_size(const SegmentId& segment) {
    const auto path = m_folder.segment_path(segment);
    const auto status = m_folder.files().status(path);
    if (!status) return std::unexpected(m_folder.explain(status.error()));
    if (status->type != env::FileType::file) return fail(Errc::corrupt, path + " is no file");
    return status->size;
}

Result<std::vector<SegmentId>> DirHead::list_fan_out(const std::string& folder,
                                                     std::string_view prefix) {
    TRY(const auto entries, m_folder.files().list(folder));
    std::vector<SegmentId> found;
    for (const auto& entry : entries) {
        if (entry.type == env::FileType::directory || !entry.name.starts_with(prefix)) continue;
        if (const auto id = SegmentId::parse(entry.name)) found.push_back(*id);
    }
    std::ranges::sort(found);
    return found;
}

Result<std::vector<SegmentId>> DirHead::list_segments(const SegmentId& after, std::size_t max) {
    CHECK_OK(m_folder.require());
    max = std::min(max, max_list_page);
    std::vector<SegmentId> out;
    // Fan-out folders are listed first, so that one that is then not there is an error: nothing of
    // ours removes them, and a disk that goes away must not end the list early.
    auto folders = m_folder.files().list(m_folder.segments_path());
    if (!folders) return std::unexpected(m_folder.explain(std::move(folders).error()));
    std::ranges::sort(*folders, {}, &env::DirectoryEntry::name);
    const auto first = to_hex(after.view().first(1));
    for (const auto& folder : *folders) {
        if (out.size() >= max) break;
        if (folder.name.size() != fan_out_name_size || folder.name < first) continue;
        if (!from_hex(folder.name)) continue;
        auto ids = list_fan_out(m_folder.segments_path() + "/" + folder.name, folder.name);
        if (!ids) return std::unexpected(m_folder.explain(std::move(ids).error()));
        const auto begin = std::ranges::upper_bound(*ids, after);
        const auto count =
            std::min<std::size_t>(max - out.size(), static_cast<std::size_t>(ids->end() - begin));
        out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
    }
    CHECK_OK(m_folder.require());
    return out;
}

Result<> DirHead::remove_segment(const SegmentId& segment) {
    CHECK_OK(m_folder.require());
    const auto removed = m_folder.files().remove(m_folder.segment_path(segment));
    if (removed) return {};
    auto error = m_folder.explain(removed.error());
    if (error.code() == Errc::not_found) return {};
    return std::unexpected(std::move(error));
}

Result<> DirHead::put_root(const std::string& name, ByteView content) {
    CHECK_OK(check_name(name));
    if (content.size() > max_root_size)
        return fail(Errc::limit_exceeded, "a root of more than 16 MiB: " + name);
    CHECK_OK(m_folder.require());
    auto found = env::read_file(m_folder.files(), m_folder.root_path(name), max_root_size);
    auto put = found ? keep_root(name, *found, content) : write_root(name, content);
    if (!found && found.error().code() != Errc::not_found) put = std::unexpected(found.error());
    if (put) return {};
    return std::unexpected(m_folder.explain(std::move(put).error()));
}

Result<> DirHead::keep_root(const std::string& name, ByteView found, ByteView content) {
    if (std::ranges::equal(found, content)) return m_folder.make_durable(m_folder.root_path(name));
    if (is_mutable_root(name)) return write_root(name, content);
    return fail(Errc::exists, m_uri + " holds another root of the name " + name);
}

Result<> DirHead::write_root(const std::string& name, ByteView content) {
    TRY(const auto temporary, m_folder.make_temporary(name.starts_with(secret_root_prefix)));
    CHECK_OK(temporary->file().append(content));
    CHECK_OK(temporary->file().sync());
    const auto replace = is_mutable_root(name) ? Temporary::Replace::yes : Temporary::Replace::no;
    const auto path = m_folder.root_path(name);
    const auto moved = temporary->publish(path, replace);
    if (!moved && moved.error().code() == Errc::exists) {
        // Another process was faster. Its bytes may be ours.
        TRY(const auto theirs, env::read_file(m_folder.files(), path, max_root_size));
        return keep_root(name, theirs, content);
    }
    CHECK_OK(moved);
    return m_folder.files().sync_directory(m_folder.roots_path());
}

Result<Bytes> DirHead::get_root(const std::string& name) {
    CHECK_OK(check_name(name));
    CHECK_OK(m_folder.require());
    auto content = env::read_file(m_folder.files(), m_folder.root_path(name), max_root_size);
    if (content) return content;
    if (content.error().code() == Errc::limit_exceeded)
        return fail(Errc::corrupt, m_uri + " holds a root of more than 16 MiB: " + name);
    return std::unexpected(m_folder.explain(std::move(content).error()));
}

Result<std::vector<std::string>> DirHead::list_roots(const std::string& prefix) {
    CHECK_OK(m_folder.require());
    auto entries = m_folder.files().list(m_folder.roots_path());
    if (!entries) return std::unexpected(m_folder.explain(std::move(entries).error()));
    CHECK_OK(m_folder.require());
    std::vector<std::string> out;
    for (auto& entry : *entries)
        if (entry.type != env::FileType::directory && is_root_name(entry.name) &&
            entry.name.starts_with(prefix))
            out.push_back(std::move(entry.name));
    std::ranges::sort(out);
    return out;
}

Result<> DirHead::remove_root(const std::string& name) {
    CHECK_OK(check_name(name));
    CHECK_OK(m_folder.require());
    const auto removed = m_folder.files().remove(m_folder.root_path(name));
    if (!removed && removed.error().code() != Errc::not_found)
        return std::unexpected(m_folder.explain(removed.error()));
    if (auto synced = m_folder.files().sync_directory(m_folder.roots_path()); !synced)
        return std::unexpected(m_folder.explain(std::move(synced).error()));
    return {};
}

Result<HeadStatus> DirHead::status() {
    TRY(const auto found, m_folder.check());
    const auto space = m_folder.files().space(m_folder.path());
    if (!space) return std::unexpected(m_folder.explain(space.error()));
    return HeadStatus{found.repository, found.index, space->free, space->total};
}

} // namespace torgo::head
