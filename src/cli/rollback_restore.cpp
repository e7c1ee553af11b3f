#include "cli/rollback_restore.hpp"

#include "cli/format.hpp"
#include "cli/undo.hpp"
#include "env/file_system.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <ranges>

namespace torgo::cli {

namespace {

constexpr std::size_t objections_max = 20;

using Kind = receipts::Step::Kind;

constexpr std::size_t named_max = 20;

/// Nothing where nothing is; what cannot be looked at is not absent.
/// errors  as lstat(2), but ENOENT
Result<std::optional<std::uint64_t>> inode_of(const std::string& path) {
    struct stat found{};
    if (::lstat(path.c_str(), &found) == 0) return found.st_ino;
    if (errno == ENOENT) return std::optional<std::uint64_t>();
    return std::unexpected(system_error(errno, path));
}

/// "NUMBER INODE"; nothing where it is something else. Earlier versions wrote no inode: then 0.
std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_put_back(std::string_view line) {
    std::pair<std::uint64_t, std::uint64_t> out{};
    const auto* const end = line.data() + line.size();
    const auto number = std::from_chars(line.data(), end, out.first);
    if (number.ec != std::errc{}) return std::nullopt;
    if (number.ptr == end) return out;
    const auto inode = std::from_chars(number.ptr + 1, end, out.second);
    if (*number.ptr != ' ' || inode.ec != std::errc{} || inode.ptr != end) return std::nullopt;
    return out;
}

/// Of a folder that a killed restore was not done with it is not noted what it was; but it is only
/// taken away when it is empty.
bool was_folder(const receipts::Step& step, const source::Entry& there) {
    if (!step.left) return there.kind == source::Kind::directory;
    return step.left->kind == static_cast<std::uint64_t>(source::Kind::directory);
}

} // namespace

RestoreRollback::RestoreRollback(const Context& context, const receipts::Journal& journal,
                                 source::TreeWriter tree, std::string put_back)
    : m_stop(context.stop),
      m_files(*context.world.files),
      m_journal(journal),
      m_tree(std::move(tree)),
      m_put_back_path(std::move(put_back)) {}

Result<RestoreRollback> RestoreRollback::open(const Context& context,
                                              const receipts::Journal& journal,
                                              std::string put_back) {
    TRY(const auto there, inode_of(journal.target));
    if (!there)
        return fail(Errc::not_found, "the folder that was restored to is gone: " + journal.target);
    TRY(auto tree, source::TreeWriter::open(journal.target));
    RestoreRollback out(context, journal, std::move(tree), std::move(put_back));
    CHECK_OK(out.read_put_back());
    return out;
}

Result<> RestoreRollback::read_put_back() {
    const auto bytes = env::read_file(m_files, m_put_back_path, receipts::journal_max);
    if (!bytes && bytes.error().code() == Errc::not_found) return {};
    if (!bytes) return std::unexpected(bytes.error());
    for (const auto line : as_text(*bytes) | std::views::split('\n')) {
        if (line.empty()) continue;
        const auto parsed = parse_put_back(std::string_view(line));
        if (!parsed) return fail(Errc::corrupt, m_put_back_path + " is damaged");
        m_begun.insert(*parsed);
    }
    return {};
}

/// What is not aside any more when a later run looks was put back by this one.
Result<> RestoreRollback::note_put_back() const {
    auto begun = m_begun;
    begun.insert(m_aside.begin(), m_aside.end());
    if (begun == m_begun) return {};
    std::string text;
    for (const auto& [number, inode] : begun)
        text += std::to_string(number) + " " + std::to_string(inode) + "\n";
    return env::write_file_atomically(m_files, m_put_back_path, as_bytes(text), true);
}

std::string RestoreRollback::aside_of(const receipts::Step& step) const {
    return m_journal.asides.at(step.folder) + "/" + std::to_string(step.aside);
}

void RestoreRollback::object(const std::string& path, std::string_view why) {
    ++m_objected;
    if (m_objections.size() < objections_max)
        m_objections.push_back(printable(path) + ": " + std::string(why));
    else
        m_objections.back() = "and " + std::to_string(m_objected - objections_max + 1) + " more";
}

/// RECEIPT-25
Result<> RestoreRollback::look_at_made(Turn& turn) {
    const auto& step = *turn.step;
    TRY(const auto there, m_tree.status(step.path));
    if (!there) {
        turn.open = false;
        return {};
    }
    const bool folder = was_folder(step, *there);
    if (folder && there->kind != source::Kind::directory)
        object(step.path, "it was a folder");
    else if (!folder && !step.left)
        object(step.path, "it was not there when the restore ended");
    else if (!folder && left_state(*there) != *step.left)
        object(step.path, "it was changed after the restore");
    ++m_to_remove;
    return {};
}

Result<> RestoreRollback::look_at(Turn& turn) {
    const auto& step = *turn.step;
    if (step.kind == Kind::made) return look_at_made(turn);
    if (step.kind == Kind::lost) {
        turn.open = false;
        ++m_lost;
        return {};
    }
    turn.open = m_aside.contains(step.aside);
    if (!turn.open) return {};
    ++m_to_put_back;
    return look_at_folder_of(step.path);
}

/// Before anything is changed: what cannot be put back would end the run in its middle each time.
Result<> RestoreRollback::look_at_folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return {};
    TRY(const auto folder, m_tree.status(path.substr(0, slash)));
    if (!folder || folder->kind != source::Kind::directory)
        object(path, "the folder it was in is not there any more: make it, and run this again");
    return {};
}

/// By an earlier run, which was stopped: what has the name is what lay aside then.
Result<bool> RestoreRollback::was_put_back(const receipts::Step& step) const {
    const auto begun = m_begun.find(step.aside);
    if (begun == m_begun.end()) return false;
    if (begun->second == 0) return true;
    TRY(const auto there, m_tree.status(step.path));
    return there && there->inode == begun->second;
}

/// Which of what was moved aside is there, was put back, or is gone.
Result<> RestoreRollback::look_aside() {
    std::set<std::string> lost; // earlier versions noted this after a move that was not done
    for (const auto& step : m_journal.steps)
        if (step.kind == Kind::lost) lost.insert(step.path);
    for (const auto& step : m_journal.steps) {
        if (step.kind != Kind::moved || step.taken_back) continue;
        TRY(const auto there, inode_of(aside_of(step)));
        if (there) {
            m_aside.emplace(step.aside, *there);
            continue;
        }
        if (lost.contains(step.path)) continue;
        m_untouched.insert(step.path);
        TRY(const bool back, was_put_back(step));
        if (!back) m_gone.push_back(step.path);
    }
    return {};
}

/// What was put back by a run that was stopped must not be taken for what the restore made; and
/// where what was there is gone, what the restore made is all that there is.
Result<> RestoreRollback::look() {
    CHECK_OK(look_aside());
    for (const auto& step : m_journal.steps) {
        Turn turn{&step, true};
        if (step.taken_back || (step.kind == Kind::made && m_untouched.contains(step.path)))
            turn.open = false;
        else
            CHECK_OK(look_at(turn));
        m_turns.push_back(turn);
    }
    return {};
}

std::vector<RestoreRollback::Line> RestoreRollback::plan() const {
    std::vector<Line> out;
    const auto below = " below " + printable(m_journal.target) + ".";
    out.emplace_back("remove", "Take away " + plural(m_to_remove, "thing", "things") +
                                   " that the restore made" + below);
    out.emplace_back("put_back", "Put back " + plural(m_to_put_back, "thing", "things") +
                                     " that it replaced" + below);
    if (m_lost != 0)
        out.emplace_back("lost", plural(m_lost, "thing", "things") +
                                     " that it replaced could not be kept, and stay lost.");
    for (std::size_t i = 0; i < m_gone.size() && i < named_max; ++i)
        out.emplace_back("gone", printable(m_gone[i]) + ": what it replaced is not aside any more; "
                                                        "what is there stays.");
    if (m_gone.size() > named_max)
        out.emplace_back("gone", "and " + std::to_string(m_gone.size() - named_max) + " more.");
    if (m_journal.unnoted != 0)
        out.emplace_back("unnoted", plural(m_journal.unnoted, "change", "changes") +
                                        " over the bound were not noted, and stay.");
    out.emplace_back("stay", "Folders that were there before keep the attributes that it gave "
                             "them.");
    return out;
}

/// Compared once more: much may have happened since look(). (RECEIPT-25)
Result<> RestoreRollback::take_away(const receipts::Step& step) {
    TRY(const auto there, m_tree.status(step.path));
    if (!there) return {};
    const bool folder = was_folder(step, *there);
    const bool same = folder ? there->kind == source::Kind::directory
                             : step.left && left_state(*there) == *step.left;
    if (!same) return fail(Errc::changed, "it was changed while this ran, and stays");
    auto gone = m_tree.remove(step.path);
    if (gone) {
        ++m_removed;
        return {};
    }
    if (gone.error().code() == Errc::not_found) return {};
    if (!folder || gone.error().code() != Errc::exists) return gone;
    ++m_kept;
    return {};
}

Result<> RestoreRollback::undo(const receipts::Step& step) {
    if (step.kind == Kind::made) return take_away(step);
    CHECK_OK(m_tree.move_in(aside_of(step), step.path));
    ++m_put_back;
    return {};
}

/// RECEIPT-26
Result<> RestoreRollback::run() {
    CHECK_OK(note_put_back());
    for (const auto& turn : std::views::reverse(m_turns)) {
        if (!turn.open) continue;
        if (m_stop.stop_requested()) return fail(Errc::cancelled, "stopped; run it again to go on");
        CHECK_OK_WITH(printable(turn.step->path), undo(*turn.step));
    }
    return m_tree.sync();
}

RestoreRollback::Figures RestoreRollback::figures() const {
    return {{"removed", m_removed}, {"put_back", m_put_back}, {"kept_folders", m_kept}};
}

std::string RestoreRollback::summary() const {
    auto out = plural(m_removed, "thing", "things") + " taken away, " + std::to_string(m_put_back) +
               " put back";
    if (m_kept != 0)
        out += ", " + plural(m_kept, "folder", "folders") + " kept that hold something new";
    return out;
}

Result<> delete_asides(const std::vector<std::string>& asides) {
    for (const auto& aside : asides) {
        std::error_code problem;
        std::filesystem::remove_all(aside, problem);
        if (problem) return std::unexpected(system_error(problem.value(), aside));
    }
    return {};
}

} // namespace torgo::cli
