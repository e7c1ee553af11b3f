#include "node/repository.hpp"

#include "peer/capability.hpp"
#include "peer/order.hpp"
#include "segment/regenerate.hpp"
#include "segment/verify.hpp"

#include <algorithm>

namespace torgo::node {

namespace {

constexpr std::string_view descriptor = "descriptor";
constexpr std::string_view segment_mark = "s-"; ///< of names in the bin
constexpr std::string_view root_mark = "r-";

/// Roots that an admin deletes to end what they say: to put one back would give somebody a right,
/// or a task, that he was to have no longer. Key slots are not among them: nobody could open what
/// else comes back after a thief of the keys has removed them.
bool is_ended_for_good(std::string_view root) {
    return root.starts_with(peer::capability_prefix) || root.starts_with(peer::order_prefix);
}

segment::ReadAt reader_of(env::File& file, std::uint64_t& bytes_read) {
    return [&file, &bytes_read](std::uint64_t offset, ByteSpan out) -> Result<> {
        TRY(const auto got, file.read_at(offset, out));
        bytes_read += got;
        if (got != out.size()) return fail(Errc::corrupt, "a segment ends too early");
        return {};
    };
}

} // namespace

Repository::Repository(env::FileSystem& files, std::string path, RepositoryRecord record,
                       const Setting& setting)
    : m_files(files),
      m_path(std::move(path)),
      m_record(std::move(record)),
      m_head(files, m_path + "/head"),
      m_folder(files, m_path + "/head"),
      m_setting(setting),
      m_bin(files, m_path + "/bin"),
      m_rights(m_head, m_record, setting.clock),
      m_usage(m_record.quota) {}

std::mutex& Repository::commit_mutex(const SegmentId& segment) {
    return m_commit_mutexes[segment.bytes.back() % m_commit_mutexes.size()];
}

std::uint64_t Repository::size_at(const std::string& path, bool& is_there) const {
    const auto status = m_files.status(path);
    is_there = status && status->type == env::FileType::file;
    return is_there ? status->size : 0;
}

/// What the quota counts of a root, 0 where it is not there.
std::uint64_t Repository::counted_size_of(const std::string& root) const {
    bool is_there = false;
    const auto size = size_at(m_folder.root_path(root), is_there);
    return is_uncounted_root(root, size) ? 0 : size;
}

template <class Change>
auto Repository::counted_segment(const SegmentId& segment, Change change) -> decltype(change()) {
    const auto path = m_folder.segment_path(segment);
    bool was_there = false;
    bool is_there = false;
    const auto before = size_at(path, was_there);
    auto result = change();
    const auto after = size_at(path, is_there);
    m_usage.change(before, after);
    m_usage.change_segments(was_there, is_there);
    return result;
}

template <class Change>
auto Repository::counted_root(const std::string& name, Change change) -> decltype(change()) {
    const auto before = counted_size_of(name);
    auto result = change();
    m_usage.change(before, counted_size_of(name));
    return result;
}

Result<> Repository::count() {
    const std::lock_guard lock(m_count_mutex);
    if (m_counted) return {};
    std::uint64_t bytes = 0;
    std::uint64_t segments = 0;
    for (SegmentId after;;) {
        TRY(const auto page, m_head.list_segments(after, head::max_list_page));
        if (page.empty()) break;
        for (const auto& id : page) {
            TRY(const auto size, m_head.segment_size(id));
            bytes += size;
            ++segments;
        }
        after = page.back();
    }
    TRY(const auto roots, m_head.list_roots(""));
    for (const auto& name : roots)
        bytes += counted_size_of(name);
    TRY(const auto kept, m_bin.items());
    for (const auto& item : kept)
        bytes += item.size;
    m_usage.change(0, bytes);
    for (; segments > 0; --segments)
        m_usage.change_segments(false, true);
    m_counted = true;
    return {};
}

Result<Usage::Totals> Repository::totals() {
    CHECK_OK(count());
    return m_usage.totals();
}

// PEER-12
Result<peer::RepositoryStatus> Repository::status() {
    CHECK_OK(count());
    TRY(auto status, m_head.status());
    const auto totals = m_usage.totals();
    status.free_bytes = std::min(status.free_bytes, totals.free());
    status.total_bytes = std::min(status.total_bytes, totals.quota);
    status.free_bytes = std::min(status.free_bytes, status.total_bytes);
    peer::RepositoryStatus out{.head = status, .rights = {}, .write_error = {}};
    if (const auto probed = m_head.probe(); !probed)
        out.write_error = probed.error().code();
    else if (status.free_bytes == 0)
        out.write_error = Errc::no_space;
    return out;
}

Result<std::unique_ptr<env::File>> Repository::open_segment(const SegmentId& segment) {
    auto file = m_files.open_read(m_folder.segment_path(segment));
    if (file) return file;
    return std::unexpected(m_folder.explain(std::move(file).error()));
}

// Whether the disk is there is asked around all of them, as Head::list_segments does: once for each
// id that is missing would cost ten times as much.
Result<std::vector<bool>> Repository::have(std::span<const SegmentId> ids) {
    CHECK_OK(m_folder.require());
    std::vector<bool> found;
    for (const auto& id : ids) {
        const auto status = m_files.status(m_folder.segment_path(id));
        if (!status && status.error().code() != Errc::not_found)
            return std::unexpected(m_folder.explain(status.error()));
        found.push_back(status.has_value());
    }
    CHECK_OK(m_folder.require());
    return found;
}

// PEER-8
Result<bool> Repository::keep_stored(const SegmentId& segment, std::uint64_t size) {
    const auto found = m_head.segment_size(segment);
    if (!found && found.error().code() == Errc::not_found) return false;
    if (!found) return std::unexpected(found.error());
    if (*found != size) return false;
    // Whoever put it there may not have been done with it when the node last stopped.
    if (auto kept = m_folder.make_durable(m_folder.segment_path(segment)); !kept)
        return std::unexpected(m_folder.explain(std::move(kept).error()));
    return true;
}

Repository::Upload::Upload(Repository& repository, Usage::Reservation reservation,
                           std::unique_ptr<head::SegmentWriter> writer)
    : m_repository(repository),
      m_reservation(std::move(reservation)),
      m_writer(std::move(writer)) {}

Result<> Repository::Upload::commit(const SegmentId& segment) {
    const std::lock_guard lock(m_repository.commit_mutex(segment));
    if (m_repository.m_retired) return fail(Errc::unavailable, "the head changes its number");
    return m_repository.counted_segment(segment, [&] { return m_writer->commit(segment); });
}

Result<std::unique_ptr<Repository::Upload>> Repository::begin_upload(std::uint64_t size) {
    CHECK_OK(count());
    TRY(auto reservation, m_usage.reserve(size));
    TRY(auto writer, m_head.begin_segment(size));
    return std::make_unique<Upload>(*this, std::move(reservation), std::move(writer));
}

Result<> Repository::check_unlocked() {
    TRY(const bool locked, m_rights.locked());
    if (!locked) return {};
    return fail(Errc::read_only, "the retention lock is set; the person at the node releases it");
}

Result<peer::Rights> Repository::check_right(const Asker& asker) {
    if (m_retired) return fail(Errc::unavailable, "the head changes its number");
    if (asker.is_node) return peer::Rights{peer::Rights::all};
    TRY(const auto rights, m_rights.of(asker.client));
    if (!rights.any(asker.needed)) return fail(Errc::permission, "no right to that any longer");
    return rights;
}

Result<> Repository::store_root(const std::string& name, ByteView content) {
    return counted_root(name, [&] { return m_head.put_root(name, content); });
}

/// How much more the quota counts when a root of this size is there. One that is stored again takes
/// no more room, so that a full quota refuses no retry.
// PEER-11
std::uint64_t Repository::growth_by(const std::string& name, std::uint64_t size) const {
    const auto before = counted_size_of(name);
    return is_uncounted_root(name, size) || size <= before ? 0 : size - before;
}

// PEER-11: of a descriptor as large as the one that is there only the body says whether the bin
// gets another.
Result<> Repository::check_room(const std::string& name, std::uint64_t size) {
    CHECK_OK(count());
    const auto before = counted_size_of(name);
    const bool is_binned = name == descriptor && before != size && m_setting.day != Setting::no_bin;
    CHECK_OK(m_usage.reserve(growth_by(name, size) + (is_binned ? before : 0)));
    return {};
}

/// No other root is ever replaced: a head refuses that. What is there goes to the bin first, where
/// there is one; the caller has reserved what the new one takes more.
// PEER-21 NODE-9
Result<> Repository::replace_descriptor(ByteView content, peer::Rights rights) {
    const std::string name(descriptor);
    const auto found = m_head.get_root(name);
    if (!found && found.error().code() != Errc::not_found) return std::unexpected(found.error());
    if (!found || std::ranges::equal(*found, content)) return store_root(name, content);
    if (!rights.any(peer::Rights::admin))
        return fail(Errc::permission, "only an admin replaces the descriptor");
    CHECK_OK(check_unlocked());
    if (const auto day = m_setting.day.load(); day != Setting::no_bin) {
        TRY(const auto room, m_usage.reserve(found->size()));
        CHECK_OK(m_bin.copy(*found, std::string(root_mark) + name, static_cast<Bin::Day>(day)));
        m_usage.change(0, found->size());
    }
    return store_root(name, content);
}

// PEER-39
Result<> Repository::check_takeover(ByteView content) {
    TRY(const auto takeover, peer::open_takeover(content, m_record.repository));
    const auto name = std::string(peer::order_prefix) + takeover.order.hex();
    const auto record = m_head.get_root(name);
    if (!record && record.error().code() == Errc::not_found)
        return fail(Errc::permission, "the order of this takeover is not here");
    if (!record) return std::unexpected(record.error());
    TRY(const auto order, peer::open_order(*record, m_record.repository, m_record.owner.ml_dsa));
    return peer::check_takeover(takeover, order, takeover.order);
}

// PEER-18
Result<> Repository::put_root(const std::string& name, ByteView content, const Asker& asker) {
    CHECK_OK(check_rights_root(m_record, name, content));
    CHECK_OK(count());
    const std::lock_guard lock(m_root_mutex);
    TRY(const auto reservation, m_usage.reserve(growth_by(name, content.size())));
    TRY(const auto rights, check_right(asker));
    if (name.starts_with(peer::takeover_prefix)) CHECK_OK(check_takeover(content));
    const auto kind = name.substr(0, name.find('-') + 1);
    if (const auto most = max_roots_of(name); most != 0) {
        TRY(const auto others, m_head.list_roots(kind));
        if (others.size() >= most && !std::ranges::contains(others, name))
            return fail(Errc::limit_exceeded,
                        "a repository has at most " + std::to_string(most) + " roots " + kind);
    }
    if (name == descriptor) return replace_descriptor(content, rights);
    if (!is_rights_root(name)) return store_root(name, content);
    auto put = store_root(name, content);
    m_rights.forget(); // also after a failure, which may come after the deed
    return put;
}

// PEER-22
Result<> Repository::remove_segment(const SegmentId& segment, const Asker& asker) {
    CHECK_OK(count());
    const std::lock_guard roots(m_root_mutex);
    CHECK_OK(check_right(asker));
    CHECK_OK(check_unlocked());
    const std::lock_guard lock(commit_mutex(segment));
    const auto path = m_folder.segment_path(segment);
    CHECK_OK(put_aside(path, std::string(segment_mark) + segment.hex()));
    return counted_segment(segment, [&] { return m_head.remove_segment(segment); });
}

// PEER-21 PEER-22
Result<> Repository::remove_root(const std::string& name, const Asker& asker) {
    if (name.starts_with(peer::revocation_prefix) || name.starts_with(peer::lock_prefix))
        return fail(Errc::permission, "no request deletes a revocation or a lock");
    CHECK_OK(count());
    const std::lock_guard lock(m_root_mutex);
    auto removed = remove_guarded(name, asker);
    if (is_rights_root(name)) m_rights.forget(); // as after a put: it may lie in the bin already
    return removed;
}

Result<> Repository::remove_guarded(const std::string& name, const Asker& asker) {
    CHECK_OK(check_right(asker));
    CHECK_OK(check_unlocked());
    CHECK_OK(put_aside(m_folder.root_path(name), std::string(root_mark) + name));
    return counted_root(name, [&] { return m_head.remove_root(name); });
}

/// Moves what is about to be removed into the bin, where there is one: it takes as much room there
/// as before. What can not be looked at is not removed. (NODE-9)
Result<> Repository::put_aside(const std::string& path, const std::string& name) {
    const auto day = m_setting.day.load();
    if (day == Setting::no_bin) return {};
    CHECK_OK(m_folder.require());
    const auto status = m_files.status(path);
    if (!status && status.error().code() == Errc::not_found) return {};
    if (!status) return std::unexpected(m_folder.explain(status.error()));
    if (status->type != env::FileType::file) return fail(Errc::corrupt, path + " is no file");
    CHECK_OK(m_bin.take(path, name, static_cast<Bin::Day>(day)));
    if (name.starts_with(segment_mark)) m_usage.change_segments(true, false);
    return m_files.sync_directory(env::parent_path(path));
}

Bin::Emptied Repository::empty_bin(Bin::Day day) {
    (void)count(); // where that fails, what is removed here is not counted later
    const std::lock_guard lock(m_root_mutex);
    auto emptied = m_bin.empty(day);
    m_usage.change(emptied.bytes, 0);
    return emptied;
}

Result<Repository::Retrieved> Repository::retrieve() {
    CHECK_OK(count());
    const std::lock_guard lock(m_root_mutex);
    Retrieved out;
    TRY(auto items, m_bin.items());
    for (auto item = items.rbegin(); item != items.rend(); ++item) { // the newest first
        const bool is_segment = item->name.starts_with(segment_mark);
        const auto name = item->name.substr(is_segment ? segment_mark.size() : root_mark.size());
        const auto id = SegmentId::parse(name);
        if (is_segment && !id) continue;
        if (!is_segment && is_ended_for_good(name)) {
            ++out.withheld;
            continue;
        }
        if (is_segment) CHECK_OK(m_folder.make_fan_out(*id));
        const auto path = is_segment ? m_folder.segment_path(*id) : m_folder.root_path(name);
        const auto put = m_files.rename_new(item->path, path);
        if (!put && put.error().code() != Errc::exists) return std::unexpected(put.error());
        if (!put) {
            ++out.left;
            continue;
        }
        CHECK_OK(m_files.sync_directory(env::parent_path(path)));
        if (is_segment) m_usage.change_segments(false, true);
        ++(is_segment ? out.segments : out.roots);
    }
    m_rights.forget();
    return out;
}

// PEER-50: until when an unreadable one stands nobody knows, so it is not soon.
Result<std::vector<std::pair<std::string, peer::Lock>>> Repository::locks() {
    std::vector<std::pair<std::string, peer::Lock>> out;
    TRY(const auto names, m_head.list_roots(std::string(peer::lock_prefix)));
    for (const auto& name : names) {
        auto lock = m_head.get_root(name).and_then([&](const Bytes& content) {
            return peer::open_lock(content, m_record.repository, m_record.owner.ml_dsa);
        });
        if (!lock && lock.error().code() == Errc::not_found) continue; // released a moment ago
        out.emplace_back(name, lock ? *std::move(lock)
                                    : peer::Lock{.repository = m_record.repository,
                                                 .until_ns = peer::lock_until_max});
    }
    return out;
}

void Repository::retire() {
    const std::lock_guard lock(m_root_mutex);
    m_retired = true;
}

Result<> Repository::release_lock(const std::string& name) {
    if (!name.starts_with(peer::lock_prefix))
        return fail(Errc::invalid_argument, name + " is no retention lock");
    (void)count(); // what can not be counted must not keep a lock there
    const std::lock_guard lock(m_root_mutex);
    auto removed = counted_root(name, [&] { return m_head.remove_root(name); });
    m_rights.forget();
    return removed;
}

// PEER-16
Result<Bytes> Repository::audit(const SegmentId& segment, const peer::AuditRequest& request) {
    TRY(const auto file, open_segment(segment));
    TRY(const auto size, file->size());
    std::uint64_t bytes_read = 0;
    const auto read = reader_of(*file, bytes_read);
    const auto trailer = segment::read_trailer(read, size);
    bool damaged = !trailer;
    std::vector<peer::LeafProof> proofs;
    Bytes cell(segment::cell_size);
    for (const auto leaf : request.leaves) {
        if (damaged) break;
        if (leaf >= trailer->leaves.size())
            return fail(Errc::invalid_argument, "the segment has no cell " + std::to_string(leaf));
        CHECK_OK(read(std::uint64_t{leaf} * segment::cell_size, cell));
        damaged = trailer->id() != segment || segment::leaf_hash(cell) != trailer->leaves[leaf];
        const auto evidence = peer::evidence_of(request.nonce, cell);
        const auto shown = request.form == peer::AuditForm::full ? ByteView(cell) : evidence.view();
        proofs.push_back({Bytes(shown.begin(), shown.end()), trailer->leaves[leaf],
                          segment::prove(trailer->leaves, leaf)});
    }
    if (!damaged) return peer::encode(request, proofs);
    CHECK_OK(scrub(segment, bytes_read));
    return fail(Errc::corrupt, "the segment is damaged");
}

// PEER-41
Result<Bytes> Repository::combined(const SegmentId& segment, std::uint64_t first, std::size_t count,
                                   std::uint8_t factor) {
    TRY(const auto file, open_segment(segment));
    TRY(const auto size, file->size());
    std::uint64_t bytes_read = 0;
    const auto read = reader_of(*file, bytes_read);
    const auto trailer = segment::read_trailer(read, size);
    bool damaged = !trailer || trailer->id() != segment;
    if (!damaged && (first > trailer->leaves.size() || count > trailer->leaves.size() - first))
        return fail(Errc::corrupt, "the segment has fewer cells than are to be combined");
    Bytes cell(segment::cell_size);
    Bytes out(count * segment::half_cell);
    for (std::size_t i = 0; i < count && !damaged; ++i) {
        CHECK_OK(read((first + i) * segment::cell_size, cell));
        damaged = segment::leaf_hash(cell) != trailer->leaves[first + i];
        segment::combine_cells(cell, factor,
                               ByteSpan(out).subspan(i * segment::half_cell, segment::half_cell));
    }
    if (!damaged) return out;
    CHECK_OK(scrub(segment, bytes_read));
    return fail(Errc::corrupt, "the segment is damaged");
}

Result<Scrubbed> Repository::scrub(const SegmentId& segment, std::uint64_t& bytes_read) {
    CHECK_OK(count());
    const std::lock_guard lock(commit_mutex(segment));
    const auto file = open_segment(segment);
    if (!file && file.error().code() == Errc::not_found) return Scrubbed::gone;
    if (!file) return std::unexpected(file.error());
    TRY(const auto size, (*file)->size());
    const auto verified = segment::verify_segment(reader_of(**file, bytes_read), size, segment);
    if (verified) return Scrubbed::good;
    if (verified.error().code() == Errc::corrupt || verified.error().code() == Errc::unsupported)
        return quarantine(segment, size);
    return std::unexpected(m_folder.explain(verified.error()));
}

// NODE-4
Result<Scrubbed> Repository::quarantine(const SegmentId& segment, std::uint64_t size) {
    const auto folder = m_path + "/quarantine";
    const auto path = m_folder.segment_path(segment);
    CHECK_OK(m_files.make_directory(folder));
    CHECK_OK(m_files.rename(path, folder + "/" + segment.hex()));
    m_usage.change(size, 0);
    m_usage.change_segments(true, false);
    CHECK_OK(m_files.sync_directory(folder));
    CHECK_OK(m_files.sync_directory(env::parent_path(path)));
    return Scrubbed::damaged;
}

} // namespace torgo::node
