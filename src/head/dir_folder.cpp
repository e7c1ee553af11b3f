#include "head/dir_folder.hpp"

#include <utility>

namespace torgo::head {

namespace {

constexpr std::size_t max_marker_size = 4_KiB;
/// Names tried before giving up: more than there can be writers and leftovers at once.
constexpr unsigned max_temporary_attempts = 100'000;
constexpr std::string_view temporary_suffix = ".part";

bool is_directory(env::FileSystem& files, const std::string& path) {
    const auto status = files.status(path);
    return status && status->type == env::FileType::directory;
}

} // namespace

Temporary::Temporary(env::FileSystem& files, std::string path, std::unique_ptr<env::File> file,
                     std::unique_ptr<env::File> lock)
    : m_files(files), m_path(std::move(path)), m_file(std::move(file)), m_lock(std::move(lock)) {}

Temporary::~Temporary() {
    if (!m_published) (void)m_files.remove(m_path); // what stays behind is swept later
}

Result<> Temporary::publish(const std::string& target, Replace replace) {
    CHECK_OK(replace == Replace::yes ? m_files.rename(m_path, target)
                                     : m_files.rename_new(m_path, target));
    m_published = true;
    return {};
}

bool Temporary::is_lost() {
    const auto status = m_files.status(m_path);
    return !status && status.error().code() == Errc::not_found;
}

DirFolder::DirFolder(env::FileSystem& files, std::string path)
    : m_files(files), m_path(std::move(path)) {}

std::string DirFolder::fan_out_path(const SegmentId& segment) const {
    return segments_path() + "/" + to_hex(segment.view().first(1));
}

std::string DirFolder::segment_path(const SegmentId& segment) const {
    return fan_out_path(segment) + "/" + segment.hex();
}

std::string DirFolder::root_path(const std::string& name) const {
    return roots_path() + "/" + name;
}

Result<Marker> DirFolder::marker() {
    const auto content = env::read_file(m_files, marker_path(), max_marker_size);
    if (!content) return explain_marker(content.error());
    return parse_and_compare(*content);
}

Result<Marker> DirFolder::parse_and_compare(ByteView content) {
    auto parsed = parse_marker(as_text(content));
    if (!parsed) return std::unexpected(std::move(parsed).error().with(m_path));
    const std::lock_guard lock(m_mutex);
    if (!m_marker) m_marker = *parsed;
    if (*m_marker != *parsed)
        return fail(Errc::unavailable, m_path + " now holds head " + std::to_string(parsed->index) +
                                           " of repository " + parsed->repository.hex() +
                                           ": another disk is in its place");
    return *parsed;
}

std::unexpected<Error> DirFolder::explain_marker(const Error& error) {
    if (error.code() == Errc::permission) return std::unexpected(error);
    if (error.code() == Errc::limit_exceeded)
        return fail(Errc::corrupt, m_path + ": the head's torgo-head file is far too long");
    if (error.code() != Errc::not_found) return fail(Errc::unavailable, error.detail());
    {
        const std::lock_guard lock(m_mutex);
        if (m_marker)
            return fail(Errc::unavailable,
                        m_path + " holds no head any more: is its disk mounted?");
    }
    if (is_directory(m_files, m_path))
        return fail(Errc::not_a_repository, m_path + " holds no head: none was created there, or "
                                                     "the disk that belongs there is not mounted");
    return fail(Errc::unavailable, m_path + " is not there: is its disk mounted?");
}

Result<Marker> DirFolder::check() {
    TRY(const auto found, marker());
    for (const auto& folder : {segments_path(), roots_path(), incoming_path()})
        if (!is_directory(m_files, folder)) {
            // The whole disk may have gone since the marker was read.
            TRY(const auto again, marker());
            return fail(Errc::corrupt, folder + " is missing from head " +
                                           std::to_string(again.index) +
                                           ": mount it if it is a disk of its own, else heal");
        }
    return found;
}

Result<Marker> DirFolder::require() {
    auto found = marker();
    if (found || found.error().code() == Errc::permission) return found;
    return fail(Errc::unavailable, found.error().detail());
}

Error DirFolder::explain(Error error) {
    const auto found = check();
    if (found || error.code() == Errc::unavailable) return error;
    return {Errc::unavailable, found.error().detail(), error.where()};
}

Result<std::unique_ptr<env::File>> DirFolder::lock_against_sweep() {
    auto opened = m_files.open_read(marker_path());
    if (!opened) return explain_marker(opened.error());
    auto& file = **opened;
    {
        const std::lock_guard lock(m_mutex);
        if (!std::exchange(m_swept, true) && file.try_lock_exclusive().value_or(false))
            sweep_incoming();
    }
    // A file system without locks: nobody sweeps there either.
    if (const auto locked = file.lock_shared();
        !locked && locked.error().code() != Errc::unsupported)
        return std::unexpected(locked.error());
    return opened;
}

void DirFolder::sweep_incoming() {
    const auto entries = m_files.list(incoming_path());
    if (!entries) return; // best effort: leftovers cost room and nothing else
    for (const auto& entry : *entries)
        if (entry.name.ends_with(temporary_suffix))
            (void)m_files.remove(incoming_path() + "/" + entry.name);
}

Result<std::unique_ptr<Temporary>> DirFolder::make_temporary(bool secret) {
    TRY(auto lock, lock_against_sweep());
    return create_temporary(secret, std::move(lock));
}

Result<std::unique_ptr<Temporary>> DirFolder::make_first_temporary() {
    return create_temporary(false, nullptr);
}

Result<std::unique_ptr<Temporary>> DirFolder::create_temporary(bool secret,
                                                               std::unique_ptr<env::File> lock) {
    for (unsigned attempt = 0; attempt < max_temporary_attempts; ++attempt) {
        auto path = incoming_path() + "/" + std::to_string(m_next_temporary++) +
                    std::string(temporary_suffix);
        auto file = m_files.create(path, secret);
        if (file)
            return std::make_unique<Temporary>(m_files, std::move(path), *std::move(file),
                                               std::move(lock));
        if (file.error().code() != Errc::exists) return std::unexpected(std::move(file).error());
    }
    return fail(Errc::limit_exceeded, incoming_path() + " is full of leftovers");
}

Result<> DirFolder::make_durable(const std::string& file_path) {
    TRY(const auto file, m_files.open_read(file_path));
    CHECK_OK(file->sync());
    return m_files.sync_directory(env::parent_path(file_path));
}

Result<> DirFolder::make_fan_out(const SegmentId& segment) {
    if (m_fan_out[segment.bytes[0]]) return {};
    return m_files.make_directory(fan_out_path(segment));
}

Result<> DirFolder::save_fan_out(const SegmentId& segment) {
    auto& is_saved = m_fan_out[segment.bytes[0]];
    if (is_saved) return {};
    CHECK_OK(m_files.sync_directory(segments_path()));
    is_saved = true;
    return {};
}

void DirFolder::forget_fan_out(const SegmentId& segment) {
    m_fan_out[segment.bytes[0]] = false;
}

} // namespace torgo::head
