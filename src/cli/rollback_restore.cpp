#include "cli/rollback_restore.hpp"

#include "cli/format.hpp"
#include "cli/undo.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <ranges>
#include <set>

namespace torgo::cli {

namespace {

constexpr std::size_t objections_max = 20;

using Kind = receipts::Step::Kind;

bool is_there(const std::string& path) {
    struct stat found{};
    return ::lstat(path.c_str(), &found) == 0;
}

bool is_folder(const receipts::Step& step) {
    return step.left && step.left->kind == static_cast<std::uint64_t>(source::Kind::directory);
}

} // namespace

RestoreRollback::RestoreRollback(const Context& context, const receipts::Journal& journal,
                                 source::TreeWriter tree)
    : m_stop(context.stop), m_journal(journal), m_tree(std::move(tree)) {}

Result<RestoreRollback> RestoreRollback::open(const Context& context,
                                              const receipts::Journal& journal) {
    if (!is_there(journal.target))
        return fail(Errc::not_found, "the folder that was restored to is gone: " + journal.target);
    TRY(auto tree, source::TreeWriter::open(journal.target));
    return RestoreRollback(context, journal, std::move(tree));
}

std::string RestoreRollback::aside_of(const receipts::Step& step) const {
    return m_journal.aside + "/" + std::to_string(step.aside);
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
    if (!step.left)
        object(step.path, "it was not there when the restore ended");
    else if (is_folder(step) && there->kind != source::Kind::directory)
        object(step.path, "it was a folder");
    else if (!is_folder(step) && left_state(*there) != *step.left)
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
    turn.open = is_there(aside_of(step));
    if (turn.open) ++m_to_put_back;
    return {};
}

/// What was put back by a run that was stopped must not be taken for what the restore made.
Result<> RestoreRollback::look() {
    std::set<std::string> put_back;
    std::set<std::string> lost;
    for (const auto& step : m_journal.steps) {
        if (step.kind == Kind::lost) lost.insert(step.path);
        if (step.kind == Kind::moved && !is_there(aside_of(step))) put_back.insert(step.path);
    }
    for (const auto& step : m_journal.steps) {
        Turn turn{&step, true};
        const bool was_put_back = put_back.contains(step.path) && !lost.contains(step.path);
        if (step.kind == Kind::made && was_put_back)
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
    if (m_journal.unnoted != 0)
        out.emplace_back("unnoted", plural(m_journal.unnoted, "change", "changes") +
                                        " over the bound were not noted, and stay.");
    out.emplace_back("stay", "Folders that were there before keep the attributes that it gave "
                             "them.");
    return out;
}

Result<> RestoreRollback::take_away(const receipts::Step& step) {
    auto gone = m_tree.remove(step.path);
    if (gone) {
        ++m_removed;
        return {};
    }
    if (gone.error().code() == Errc::not_found) return {};
    if (!is_folder(step) || gone.error().code() != Errc::exists) return gone;
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

Result<> delete_aside(const std::string& aside) {
    std::error_code problem;
    std::filesystem::remove_all(aside, problem);
    if (problem) return std::unexpected(system_error(problem.value(), aside));
    return {};
}

} // namespace torgo::cli
