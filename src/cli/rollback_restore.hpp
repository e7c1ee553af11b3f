#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"
#include "receipts/journal.hpp"
#include "source/write.hpp"

#include <cstdint>
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

    static Result<RestoreRollback> open(const Context& context, const receipts::Journal& journal);

    /// Looks at all that is there, and changes nothing.
    Result<> look();

    std::vector<Line> plan() const;

    /// What stands in the way, a sentence each, bounded.
    const std::vector<std::string>& objections() const noexcept { return m_objections; }

    /// Does it, from the last step to the first. errors  the first step that fails
    Result<> run();

    Figures figures() const;
    std::string summary() const;

private:
    struct Turn {
        const receipts::Step* step = nullptr;
        bool open = true; ///< false: done already
    };

    RestoreRollback(const Context& context, const receipts::Journal& journal,
                    source::TreeWriter tree);

    Result<> look_at(Turn& turn);
    Result<> look_at_made(Turn& turn);
    void object(const std::string& path, std::string_view why);
    Result<> undo(const receipts::Step& step);
    Result<> take_away(const receipts::Step& step);
    std::string aside_of(const receipts::Step& step) const;

    std::stop_token m_stop;
    const receipts::Journal& m_journal;
    source::TreeWriter m_tree;
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

/// Deletes a folder of things moved aside with all in it. errors  those of the disk
Result<> delete_aside(const std::string& aside);

} // namespace torgo::cli
