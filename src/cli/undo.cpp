#include "cli/undo.hpp"

#include "cli/own_receipts.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "markup/envelope.hpp"
#include "markup/mirror.hpp"
#include "source/write.hpp"

#include <sys/stat.h>

namespace torgo::cli {

namespace {

/// The file system of a path, or of what is above it.
std::optional<dev_t> device_of(std::string path) {
    struct stat found{};
    while (::stat(path.c_str(), &found) != 0) {
        if (path == "/" || path.empty()) return std::nullopt;
        path = env::parent_path(path);
    }
    return found.st_dev;
}

} // namespace

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
                         std::string folder, std::string aside, receipts::JournalWriter journal)
    : m_world(world),
      m_files(*world.files),
      m_key(std::move(key)),
      m_id(id),
      m_folder(std::move(folder)),
      m_aside(std::move(aside)),
      m_journal(std::move(journal)) {}

RestoreUndo::~RestoreUndo() {
    if (m_hash || !m_made.empty() || m_moved != 0) return;
    (void)m_files.remove(m_folder + "/journal");
    (void)m_files.remove_directory(m_folder);
}

/// What is moved aside lies in the state folder, or where that is another file system, hidden in
/// the target: files are renamed, never copied. (RECEIPT-23)
Result<std::unique_ptr<RestoreUndo>> RestoreUndo::begin(const Context& context,
                                                        const std::string& target) {
    TRY(auto own, own_receipts(context));
    auto& files = *context.world.files;
    const auto receipts = own.folder.path();
    const auto id = receipts::make_uuid(*context.world.random, context.world.clock->wall_ns());
    CHECK_OK(files.make_directory(receipts, true));
    CHECK_OK(files.make_directory(receipts + "/undo", true));
    auto folder = undo_folder(receipts, id);
    CHECK_OK(files.make_directory(folder, true));
    const bool same = device_of(folder) == device_of(target);
    auto aside =
        same ? folder + "/aside" : (target == "/" ? "" : target) + "/.torgo-undo-" + id.hex();
    TRY(auto journal, receipts::JournalWriter::begin(files, folder + "/journal", target, aside));
    return std::unique_ptr<RestoreUndo>(new RestoreUndo(context.world, std::move(own.key), id,
                                                        std::move(folder), std::move(aside),
                                                        std::move(journal)));
}

Result<> RestoreUndo::will_make(const std::string& relative) {
    if (!m_journal.take_step()) return {};
    m_made.push_back(relative);
    return m_journal.made(relative);
}

Result<bool> RestoreUndo::move_to(source::TreeWriter& tree, const std::string& relative) {
    if (!m_aside_made) CHECK_OK(m_files.make_directory(m_aside, true));
    m_aside_made = true;
    CHECK_OK(m_journal.moved(m_moved, relative)); // RECEIPT-22
    auto moved = tree.move_out(relative, m_aside + "/" + std::to_string(m_moved));
    if (moved) {
        ++m_moved;
        return true;
    }
    if (moved.error().code() != Errc::unsupported) return std::unexpected(moved.error());
    ++m_moved; // its line stands in the journal, and nothing lies aside under its number
    return false;
}

Result<bool> RestoreUndo::move(source::TreeWriter& tree, const std::string& relative) {
    if (!m_journal.take_step()) return false;
    TRY(const bool moved, move_to(tree, relative));
    if (!moved && m_journal.take_step()) CHECK_OK(m_journal.lost(relative));
    return moved;
}

Result<> RestoreUndo::finish(const source::TreeWriter& tree) {
    for (const auto& path : m_made) {
        TRY(const auto there, tree.status(path));
        if (there) CHECK_OK(m_journal.left(left_state(*there), path));
    }
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
