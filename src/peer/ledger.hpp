#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "peer/batch_folder.hpp"
#include "peer/receipt.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace torgo::peer {

struct LedgerCounts {
    std::uint64_t receipts = 0; ///< noted
    std::uint64_t batches = 0;  ///< written
    std::uint64_t lost = 0;     ///< receipts that could not be written
    std::uint64_t dropped = 0;  ///< batches over the bound
};

/// One end's receipts of one repository: a chain of signed batches in a folder. Several processes
/// may go on with one chain; each leaves a mark there while it has receipts that are not written,
/// so that the chain tells where a process ended without writing them. Thread-safe.
class Ledger {
public:
    struct Place {
        std::string path; ///< of the folder, which is made with the first receipt
        RepoId repository;
        std::uint64_t max_bytes = max_ledger_bytes;
    };

    /// in  `files`, `clock` and `key` (ML-DSA-65, the author's) outlive the ledger
    Ledger(env::FileSystem& files, env::Clock& clock, const crypto::SigningKey& key, Place place);

    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;
    Ledger(Ledger&&) = delete;
    Ledger& operator=(Ledger&&) = delete;

    /// As close; what can not be written is lost.
    ~Ledger();

    /// Notes a transfer; it is durable after the next flush only.
    /// cost    some ns; of 4,096 calls one writes a batch (a signature, two flushes of the disk),
    ///         others wait for nobody meanwhile
    void add(const Receipt& receipt);

    /// Writes what waits as one batch, durably; and one without receipts where another process
    /// ended without writing its own. errors  those of the disk; what waited is then lost
    Result<> flush();

    /// flush, when something waits since so long. in  nanoseconds
    Result<> flush_older(std::int64_t age_ns);

    /// flush, and takes the mark away.
    Result<> close();

    const BatchFolder& folder() const noexcept { return m_folder; }

    /// Since which batch other processes have receipts that they have not written; none if none.
    std::optional<std::uint64_t> open_elsewhere();

    LedgerCounts counts() const noexcept;

private:
    struct Tail {
        std::uint64_t next = 0;
        Digest previous;
    };

    using Lock = std::unique_ptr<env::File>;

    Result<> begin_run();
    Result<Lock> lock_chain();
    Result<Tail> tail() const;
    Result<std::optional<std::uint64_t>> take_stale_marks();
    Result<> write(std::span<const Receipt> receipts);
    void note_lost(std::uint64_t count);
    Result<std::vector<std::string>> marks() const;

    env::FileSystem& m_files;
    env::Clock& m_clock;
    const crypto::SigningKey& m_key;
    RepoId m_repository;
    BatchFolder m_folder;

    std::mutex m_mutex; ///< of the three lines that follow; nobody works with it
    std::vector<Receipt> m_waiting;
    std::uint64_t m_overflowed = 0;
    std::int64_t m_waits_since_ns = 0;

    std::mutex m_write_mutex; ///< held while a batch is made; of what follows
    std::unique_ptr<env::File> m_mark;
    std::string m_mark_path;
    std::optional<std::uint64_t> m_lost_since; ///< batch since which receipts were lost here

    std::atomic<bool> m_begun = false;
    std::atomic<std::uint64_t> m_receipts = 0;
    std::atomic<std::uint64_t> m_batches = 0;
    std::atomic<std::uint64_t> m_lost = 0;
    std::atomic<std::uint64_t> m_dropped = 0;
};

} // namespace torgo::peer
