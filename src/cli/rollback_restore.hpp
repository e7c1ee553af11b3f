#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"
#include "receipts/journal.hpp"
#include "source/write.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace torgo::cli {

/// Undoes a restore from its journal. docs/spec/receipt.md 8
class RestoreRollback {
public:
    using Line = std::pair<std::string, std::string>; ///< step and sentence
    using Figures = std::vector<std::pair<std::string, std::uint64_t>>;

    /// in  `put_back`: the file that tells what this or an earlier run was to put back
    static Result<RestoreRollback> open(const Context& context, const receipts::Journal& journal,
                                        std::string put_back);

    /// Looks at all that is there, and changes nothing. errors  what cannot be looked at
    Result<> look();

    std::vector<Line> plan() const;

    /// What stands in the way, a sentence each, bounded.
    const std::vector<std::string>& objections() const noexcept { return m_objections; }

    /// Things that were moved aside and are not there, nor were they put back.
    std::uint64_t gone() const noexcept { return m_gone.size(); }

    /// Does it, from the last step to the first. errors  the first step that fails; `changed` where
    /// something is not any more as it was when look() saw it
    Result<> run();

    Figures figures() const;
    std::string summary() const;

private:
    struct Turn {
        const receipts::Step* step = nullptr;
        bool open = true; ///< false: done already
    };

    RestoreRollback(const Context& context, const receipts::Journal& journal,
                    source::TreeWriter tree, std::string put_back);

    Result<> look_aside();
    Result<> read_put_back();
    Result<bool> was_put_back(const receipts::Step& step) const;
    Result<> note_put_back() const;
    Result<> look_at(Turn& turn);
    Result<> look_at_folder_of(const std::string& path);
    Result<> look_at_made(Turn& turn);
    void object(const std::string& path, std::string_view why);
    Result<> undo(const receipts::Step& step);
    Result<> take_away(const receipts::Step& step);
    std::string aside_of(const receipts::Step& step) const;

    std::stop_token m_stop;
    env::FileSystem& m_files;
    const receipts::Journal& m_journal;
    source::TreeWriter m_tree;
    std::string m_put_back_path;
    using Inodes = std::map<std::uint64_t, std::uint64_t>; ///< of things moved aside, by number
    Inodes m_begun;                    ///< what this or an earlier run was to put back
    Inodes m_aside;                    ///< what lies aside
    std::set<std::string> m_untouched; ///< was put back before, or cannot be: what is there stays
    std::vector<std::string> m_gone;
    std::vector<Turn> m_turns;
    std::vector<std::string> m_objections;
    std::uint64_t m_objected = 0;
    std::uint64_t m_to_remove = 0;
    std::uint64_t m_to_put_back = 0;
    std::uint64_t m_lost = 0;
    std::uint64_t m_removed = 0;
    std::uint64_t m_put_back = 0;
    std::uint64_t m_kept = 0; ///< folders that hold something by now
};

/// Deletes the folders of things moved aside with all in them. errors  those of the disk
Result<> delete_asides(const std::vector<std::string>& asides);

} // namespace torgo::cli
