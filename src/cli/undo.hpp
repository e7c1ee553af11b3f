#pragma once

// The way back from a restore: what it replaces is moved aside, what it makes is noted, and both
// are turned around again by `torgo receipt rollback`. docs/spec/receipt.md 8

#include "base/error.hpp"
#include "crypto/sign.hpp"
#include "env/world.hpp"
#include "markup/names.hpp"
#include "receipts/journal.hpp"
#include "repo/aside.hpp"
#include "source/entry.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace torgo::cli {

/// Where journals lie: `undo/UUID` in the folder of receipts.
std::string undo_folder(const std::string& receipts, const markup::Uuid& id);

/// One level, for its owner alone, that would survive a power cut.
Result<> make_durable_directory(env::FileSystem& files, const std::string& path);

receipts::LeftState left_state(const source::Entry& entry);

class RestoreUndo final : public repo::Aside {
public:
    /// in  `receipts`: their folder; `target`, absolute; it need not be there
    static Result<std::unique_ptr<RestoreUndo>> begin(const env::World& world,
                                                      crypto::SigningKey key,
                                                      const std::string& receipts,
                                                      const std::string& target);

    RestoreUndo(const RestoreUndo&) = delete;
    RestoreUndo& operator=(const RestoreUndo&) = delete;
    RestoreUndo(RestoreUndo&&) = delete;
    RestoreUndo& operator=(RestoreUndo&&) = delete;
    /// Of a restore that changed nothing nothing is kept.
    ~RestoreUndo() override;

    Result<bool> put(source::TreeWriter& tree, const std::string& relative, bool replace,
                     const repo::TakeName& take) override;
    void changed(const std::string& relative, const source::Entry& now) override;
    Result<> finish() override;

    const markup::Uuid& id() const noexcept { return m_id; }

    /// Of the journal, once the restore has ended and it is durable.
    const std::optional<Digest>& hash() const noexcept { return m_hash; }

    /// Changes over the bound of steps, which can not be undone.
    std::uint64_t unnoted() const noexcept { return m_journal.unnoted(); }

private:
    RestoreUndo(const env::World& world, crypto::SigningKey key, const markup::Uuid& id,
                std::string folder, std::string target, receipts::JournalWriter journal);

    /// How a name was made free.
    struct Way {
        bool noted = false;
        bool over = false; ///< nothing keeps what has the name: it is replaced
        std::string aside; ///< where what had the name lies now
    };

    Result<Way> make_way(source::TreeWriter& tree, const std::string& relative, bool replace);
    Way way_to_make(const std::string& relative);
    Result<> note_move(const std::string& folder, const std::string& relative);
    Result<std::string> folder_for(source::TreeWriter& tree, const std::string& relative);
    Result<std::string> folder_of_mount(source::TreeWriter& tree, const std::string& parent);
    std::string take_back(source::TreeWriter& tree, const std::string& relative, const Way& way);
    void note(Result<> noted);
    std::string at_target(const std::string& relative) const;
    Result<> write_mirror() const;

    env::World m_world;
    env::FileSystem& m_files;
    crypto::SigningKey m_key;
    markup::Uuid m_id;
    std::string m_folder;
    std::string m_target;
    bool m_aside_made = false;
    std::mutex m_mutex; ///< of all below
    receipts::JournalWriter m_journal;
    std::string m_journal_folder; ///< that what is moved lies in by its last lines
    std::optional<std::pair<std::string, std::string>> m_last_folder; ///< of which parent
    std::uint64_t m_moved = 0;
    std::uint64_t m_noted = 0;
    std::optional<Error> m_broken; ///< why no step is noted any more
    std::optional<Digest> m_hash;
};

} // namespace torgo::cli
