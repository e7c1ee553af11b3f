#include "cli/undo.hpp"

#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "markup/envelope.hpp"
#include "markup/mirror.hpp"
#include "receipts/folder.hpp"
#include "source/write.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <ranges>
#include <vector>

namespace torgo::cli {

namespace {

/// What a rename stays within: btrfs has several devices in a mount, and a mount may show a folder
/// of another one's device.
struct Realm {
    std::uint64_t mount = 0;
    std::uint32_t major = 0;
    std::uint32_t minor = 0;

    bool operator==(const Realm&) const = default;
};

Result<Realm> realm_of(const std::string& path) {
    struct statx found{};
    if (::statx(AT_FDCWD, path.c_str(), AT_NO_AUTOMOUNT, STATX_MNT_ID, &found) != 0)
        return std::unexpected(system_error(errno, path));
    const bool known = (found.stx_mask & STATX_MNT_ID) != 0; // from Linux 5.8 on
    return Realm{known ? found.stx_mnt_id : 0, found.stx_dev_major, found.stx_dev_minor};
}

/// The folder that something lies in; empty at the top.
std::string folder_above(const std::string& relative) {
    const auto slash = relative.rfind('/');
    return slash == std::string::npos ? "" : relative.substr(0, slash);
}

std::string below(const std::string& folder, const std::string& name) {
    return folder.empty() ? name : folder + "/" + name;
}

} // namespace

Result<> make_durable_directory(env::FileSystem& files, const std::string& path) {
    CHECK_OK(files.make_directory(path, true));
    return files.sync_directory(env::parent_path(path));
}

std::string undo_folder(const std::string& receipts, const markup::Uuid& id) {
    return receipts + "/undo/" + id.hex();
}

receipts::LeftState left_state(const source::Entry& entry) {
    return {.kind = static_cast<std::uint64_t>(entry.kind),
            .size = entry.size,
            .inode = entry.inode,
            .mtime_ns = entry.mtime_ns,
            .ctime_ns = entry.ctime_ns};
}

RestoreUndo::RestoreUndo(const env::World& world, crypto::SigningKey key, const markup::Uuid& id,
                         std::string folder, std::string target, receipts::JournalWriter journal)
    : m_world(world),
      m_files(*world.files),
      m_key(std::move(key)),
      m_id(id),
      m_folder(std::move(folder)),
      m_target(std::move(target)),
      m_journal(std::move(journal)),
      m_journal_folder(m_folder + "/aside") {}

RestoreUndo::~RestoreUndo() {
    if (m_hash || m_noted != 0) return;
    (void)m_files.remove(m_folder + "/journal");
    (void)m_files.remove_directory(m_folder);
}

Result<std::unique_ptr<RestoreUndo>> RestoreUndo::begin(const env::World& world,
                                                        crypto::SigningKey key,
                                                        const std::string& receipts,
                                                        const std::string& target) {
    auto& files = *world.files;
    const auto id = receipts::make_uuid(*world.random, world.clock->wall_ns());
    auto folder = undo_folder(receipts, id);
    CHECK_OK(env::make_directories(files, env::parent_path(receipts)));
    CHECK_OK(make_durable_directory(files, receipts));
    CHECK_OK(make_durable_directory(files, receipts + "/undo"));
    CHECK_OK(make_durable_directory(files, folder));
    TRY(auto journal,
        receipts::JournalWriter::begin(files, folder + "/journal", target, folder + "/aside"));
    return std::unique_ptr<RestoreUndo>(
        new RestoreUndo(world, std::move(key), id, std::move(folder), target, std::move(journal)));
}

std::string RestoreUndo::at_target(const std::string& relative) const {
    if (relative.empty()) return m_target;
    return (m_target == "/" ? "" : m_target) + "/" + relative;
}

/// Hidden within the mount that `parent` lies in, as high up in the target as may be written.
Result<std::string> RestoreUndo::folder_of_mount(source::TreeWriter& tree,
                                                 const std::string& parent) {
    TRY(const auto realm, realm_of(at_target(parent)));
    std::vector<std::string> within{parent};
    while (!within.back().empty()) {
        const auto above = folder_above(within.back());
        const auto there = realm_of(at_target(above));
        if (!there || *there != realm) break;
        within.push_back(above);
    }
    Result<> made;
    for (const auto& folder : within | std::views::reverse) {
        const auto aside = below(folder, ".torgo-undo-" + m_id.hex());
        const auto done = tree.make_directory(aside);
        if (done) return at_target(aside);
        made = std::unexpected(done.error());
    }
    return std::unexpected(made.error());
}

/// What is moved aside lies in the state folder, or where that is another file system, hidden in
/// the target: files are renamed, never copied. (RECEIPT-23)
Result<std::string> RestoreUndo::folder_for(source::TreeWriter& tree, const std::string& relative) {
    const auto parent = folder_above(relative);
    if (m_last_folder && m_last_folder->first == parent) return m_last_folder->second;
    TRY(const auto here, realm_of(at_target(parent)));
    TRY(const auto home, realm_of(m_folder));
    std::string folder = m_folder + "/aside";
    if (here == home) {
        if (!m_aside_made) CHECK_OK(m_files.make_directory(folder, true));
        m_aside_made = true;
    } else {
        TRY(folder, folder_of_mount(tree, parent));
    }
    m_last_folder.emplace(parent, folder);
    return folder;
}

/// A journal that cannot be written any more ends the way back, and not the restore: to get data
/// back matters more than to undo that.
void RestoreUndo::note(Result<> noted) {
    if (!noted && !m_broken) m_broken = std::move(noted).error();
}

RestoreUndo::Way RestoreUndo::way_to_make(const std::string& relative) {
    if (!m_journal.take_steps(1)) {
        m_journal.leave_out();
        return {};
    }
    note(m_journal.made(relative));
    ++m_noted;
    return {.noted = !m_broken, .over = false, .aside = {}};
}

Result<> RestoreUndo::note_move(const std::string& folder, const std::string& relative) {
    if (m_journal_folder != folder) CHECK_OK(m_journal.aside(folder));
    m_journal_folder = folder;
    CHECK_OK(m_journal.moved(m_moved, relative));
    return m_journal.made(relative);
}

// RECEIPT-22
Result<RestoreUndo::Way> RestoreUndo::make_way(source::TreeWriter& tree,
                                               const std::string& relative, bool replace) {
    const std::lock_guard lock(m_mutex);
    if (m_broken) return Way{.noted = false, .over = replace, .aside = {}};
    if (!replace) return way_to_make(relative);
    if (!m_journal.take_steps(2)) { // as with a journal that breaks: the data matter more
        m_journal.leave_out();
        return Way{.noted = false, .over = true, .aside = {}};
    }
    TRY(const auto folder, folder_for(tree, relative));
    ++m_noted;
    note(note_move(folder, relative));
    if (m_broken) return Way{.noted = false, .over = true, .aside = {}};
    auto aside = folder + "/" + std::to_string(m_moved++);
    const auto moved = tree.move_out(relative, aside);
    if (moved) return Way{.noted = true, .over = false, .aside = std::move(aside)};
    note(m_journal.taken_back(relative));
    if (moved.error().code() == Errc::not_found) return way_to_make(relative); // gone meanwhile
    return std::unexpected(moved.error());
}

/// out  what there is to say of it
std::string RestoreUndo::take_back(source::TreeWriter& tree, const std::string& relative,
                                   const Way& way) {
    if (!way.aside.empty())
        if (const auto back = tree.move_in(way.aside, relative); !back)
            return "; what was there lies in " + way.aside;
    const std::lock_guard lock(m_mutex);
    note(m_journal.taken_back(relative));
    return "";
}

Result<bool> RestoreUndo::put(source::TreeWriter& tree, const std::string& relative, bool replace,
                              const repo::TakeName& take) {
    const auto way = make_way(tree, relative, replace);
    if (!way)
        return fail(way.error().code(), "what is there stays, as it cannot be moved aside "
                                        "(--no-undo replaces it): " +
                                            way.error().detail());
    const auto taken = take(way->over);
    if (!taken) {
        const auto more = way->noted ? take_back(tree, relative, *way) : "";
        return fail(taken.error().code(), taken.error().detail() + more);
    }
    if (!way->noted || !*taken) return false;
    const std::lock_guard lock(m_mutex);
    if (!m_broken) note(m_journal.left(left_state(**taken), relative));
    return true;
}

void RestoreUndo::changed(const std::string& relative, const source::Entry& now) {
    const std::lock_guard lock(m_mutex);
    if (!m_broken) note(m_journal.left(left_state(now), relative));
}

Result<> RestoreUndo::finish() {
    if (m_broken)
        return fail(m_broken->code(), m_broken->detail() +
                                          "; what it has replaced until then is "
                                          "named in " +
                                          m_folder + "/journal");
    TRY(m_hash, m_journal.finish());
    return write_mirror();
}

/// The journal read backwards: its steps in the order in which they are undone. (RECEIPT-28)
Result<> RestoreUndo::write_mirror() const {
    TRY(const auto status, m_files.status(m_folder + "/journal"));
    if (status.size > markup::text_max) return {};
    TRY(const auto text, env::read_file(m_files, m_folder + "/journal", markup::text_max));
    markup::Mu mu;
    mu.type = markup::MuType::shutdown_script;
    mu.created_ns = m_world.clock->wall_ns();
    mu.id = receipts::make_uuid(*m_world.random, mu.created_ns);
    mu.source_id = m_id;
    mu.source = as_text(text);
    TRY(const auto mirrored, markup::write_mu(std::move(mu), m_key));
    return env::write_file_atomically(m_files, m_folder + "/journal.mu", as_bytes(mirrored), true);
}

} // namespace torgo::cli
