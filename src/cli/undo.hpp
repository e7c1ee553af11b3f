#pragma once

// The way back from a restore: what it replaces is moved aside, what it makes is noted, and both
// are turned around again by `torgo receipt rollback`. docs/spec/receipt.md 8

#include "base/error.hpp"
#include "cli/context.hpp"
#include "crypto/sign.hpp"
#include "env/world.hpp"
#include "markup/names.hpp"
#include "receipts/journal.hpp"
#include "repo/aside.hpp"
#include "source/entry.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace torgo::cli {

/// Where journals lie: `undo/UUID` in the folder of receipts.
std::string undo_folder(const std::string& receipts, const markup::Uuid& id);

receipts::LeftState left_state(const source::Entry& entry);

class RestoreUndo final : public repo::Aside {
public:
    /// in  `target`, absolute; it need not be there
    static Result<std::unique_ptr<RestoreUndo>> begin(const Context& context,
                                                      const std::string& target);

    RestoreUndo(const RestoreUndo&) = delete;
    RestoreUndo& operator=(const RestoreUndo&) = delete;
    RestoreUndo(RestoreUndo&&) = delete;
    RestoreUndo& operator=(RestoreUndo&&) = delete;
    /// Of a restore that changed nothing nothing is kept.
    ~RestoreUndo() override;

    Result<> will_make(const std::string& relative) override;
    Result<bool> move(source::TreeWriter& tree, const std::string& relative) override;
    Result<> finish(const source::TreeWriter& tree) override;

    const markup::Uuid& id() const noexcept { return m_id; }

    /// Of the journal, once the restore has ended and it is durable.
    const std::optional<Digest>& hash() const noexcept { return m_hash; }

private:
    RestoreUndo(const env::World& world, crypto::SigningKey key, const markup::Uuid& id,
                std::string folder, std::string aside, receipts::JournalWriter journal);

    Result<> write_mirror() const;
    Result<bool> move_to(source::TreeWriter& tree, const std::string& relative);

    env::World m_world;
    env::FileSystem& m_files;
    crypto::SigningKey m_key;
    markup::Uuid m_id;
    std::string m_folder;
    std::string m_aside;
    bool m_aside_made = false;
    receipts::JournalWriter m_journal;
    std::uint64_t m_moved = 0;
    std::vector<std::string> m_made; ///< whose state is noted at the end
    std::optional<Digest> m_hash;
};

} // namespace torgo::cli
