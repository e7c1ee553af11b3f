#pragma once

#include "base/bytes.hpp"
#include "base/codec.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"
#include "env/file_system.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// What each end of a link writes down of its transfers, so that both can be compared.
/// source  docs/spec/peer-protocol.md 6
namespace torgo::peer {

using TraceId = Id<struct TraceTag, 16>; ///< of a W3C traceparent: the same at both ends

/// The trace id of a header `traceparent`. errors  `invalid_argument`
Result<TraceId> parse_traceparent(std::string_view text);

enum class Transfer : std::uint8_t {
    put_segment = 1,
    get_segment,
    put_root,
    get_root,
    remove_segment,
    remove_root,
    audit,
};

/// One transfer, as one end saw it.
struct Receipt {
    static constexpr std::size_t size = 160;

    TraceId trace;
    RepoId repository;
    PeerId other;   ///< who was at the other end
    Digest subject; ///< a segment's name, or the SHA-256 of a root's name
    Digest content; ///< SHA-256 of a root's content, a segment's name, else zero
    std::uint64_t bytes = 0;
    std::int64_t time_ns = 0; ///< wall time at this end: a label
    Transfer kind = Transfer::put_segment;
    std::optional<Errc> failure;

    bool operator==(const Receipt&) const = default;
};

void encode(Writer& out, const Receipt& receipt);
Result<Receipt> decode_receipt(Reader& in);

inline constexpr std::size_t max_receipts = 4096; ///< in a batch
inline constexpr std::string_view ledger_context = "torgo/ledger/1";

/// Receipts written at once, chained to the batch before by its hash.
struct LedgerBatch {
    PeerId author;
    std::uint64_t number = 0; ///< from 0
    Digest previous;          ///< SHA-256 of the batch before; zero of the first
    std::vector<Receipt> receipts;

    bool operator==(const LedgerBatch&) const = default;
};

/// in      `key`, the author's ML-DSA-65 key, or none for an unsigned batch
Result<Bytes> encode(const LedgerBatch& batch, const crypto::SigningKey* key);

/// in      `public_key`, to demand a signature of it; empty to take signed and unsigned batches
/// errors  `corrupt`, `limit_exceeded`, `unsupported`, `authentication`
Result<LedgerBatch> decode_batch(ByteView bytes, ByteView public_key);

/// One end's receipts in a folder, a file for each batch. Thread-safe.
class Ledger {
public:
    /// Makes the folder where there is none and goes on behind the last batch in it.
    static Result<std::unique_ptr<Ledger>> open(env::FileSystem& files, const std::string& path,
                                                const PeerId& author);

    /// Notes a transfer; it is durable after the next flush only. When max_receipts wait, the
    /// oldest are given up rather than memory.
    void add(const Receipt& receipt);

    /// Writes what waits as one batch, durably; does nothing when nothing waits.
    Result<> flush(const crypto::SigningKey* key);

    /// All batches, each verified to follow the one before. errors  `corrupt`, as decode_batch
    Result<std::vector<LedgerBatch>> read_all(ByteView public_key) const;

    std::uint64_t given_up() const;

private:
    Ledger(env::FileSystem& files, std::string path, const PeerId& author)
        : m_files(files), m_path(std::move(path)), m_author(author) {}

    std::string batch_path(std::uint64_t number) const;

    env::FileSystem& m_files;
    std::string m_path;
    PeerId m_author;
    mutable std::mutex m_mutex;
    std::vector<Receipt> m_waiting;
    std::uint64_t m_given_up = 0;
    std::uint64_t m_next = 0;
    Digest m_previous;
};

/// What differs between the receipts of two ends.
struct Reconciliation {
    std::vector<Receipt> lost;    ///< ours that the other end does not have
    std::vector<Receipt> extra;   ///< theirs that we do not have
    std::vector<Receipt> altered; ///< ours where the other end saw other content, size or outcome
    std::vector<Receipt> late;    ///< ours where the labels of time differ by more than allowed

    bool clean() const noexcept {
        return lost.empty() && extra.empty() && altered.empty() && late.empty();
    }
};

/// Compares by trace, kind and subject; where one of these repeats, in order.
Reconciliation reconcile(std::span<const Receipt> ours, std::span<const Receipt> theirs,
                         std::int64_t allowed_ns);

} // namespace torgo::peer
