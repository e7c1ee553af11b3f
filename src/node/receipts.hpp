#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"
#include "env/clock.hpp"
#include "node/store.hpp"
#include "peer/ledger_book.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace torgo::node {

/// What a client's batches take of a node's disk at most, and how many clients of a repository may
/// leave batches. Beside the quota.
inline constexpr std::uint64_t max_mirror_bytes = 16_MiB;
inline constexpr std::size_t max_mirrors = 64;

/// A node's receipts, and those of its clients that it keeps for them. Thread-safe.
/// source  docs/spec/peer-protocol.md 6
class Receipts {
public:
    /// in  `store`, `clock` and `key`, the node's, outlive it
    Receipts(Store& store, env::Clock& clock, const crypto::SigningKey& key);

    void note(const RepoId& repository, const peer::Receipt& receipt) {
        of(repository).add(receipt);
    }

    peer::Ledger& of(const RepoId& repository) { return m_book.of(repository); }

    /// Batches from a number on: the node's own, after what waits was written, or a client's.
    Result<Bytes> page(const RepoId& repository, const std::optional<PeerId>& client,
                       std::uint64_t from);

    /// Keeps a client's batch. out  false when it is kept, or was, already
    /// errors  `permission` for the batch of somebody else; `authentication`, `corrupt`, `exists`
    ///         for one that is not the next; `limit_exceeded`; those of the disk
    Result<bool> mirror(const RepoId& repository, const PeerId& client, ByteView bytes);

    /// Writes what waits for longer than a while.
    Result<> write_old() { return m_book.flush_older(longest_wait_ns); }

    /// Writes all that waits.
    Result<> close() { return m_book.close(); }

    peer::LedgerCounts counts() const { return m_book.counts(); }

    std::uint64_t mirrored() const { return m_mirrored; }

private:
    static constexpr std::int64_t longest_wait_ns = 60'000'000'000;

    std::string mirrors_path(const RepoId& repository) const;
    peer::BatchFolder mirror_of(const RepoId& repository, const PeerId& client) const;
    Result<> check_next(const peer::BatchFolder& folder, const peer::LedgerBatch& batch) const;
    Result<> check_room(const RepoId& repository, const PeerId& client) const;

    Store& m_store;
    peer::LedgerBook m_book;
    std::mutex m_mirror_mutex; ///< held while a client's batch is taken
    std::atomic<std::uint64_t> m_mirrored = 0;
};

} // namespace torgo::node
