#pragma once

#include "base/bytes.hpp"
#include "base/codec.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"
#include "peer/exchange.hpp"
#include "peer/targets.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
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

/// "put segment", "audit".
std::string_view name(Transfer kind) noexcept;

/// One transfer, as one end saw it.
struct Receipt {
    static constexpr std::size_t size = 144;

    TraceId trace;  ///< zero where the request named none
    PeerId other;   ///< who was at the other end
    Digest subject; ///< a segment's name, or the SHA-256 of a root's name
    /// What this end knows by itself to have passed: a segment's name, the SHA-256 of a root's
    /// content; zero where it knows nothing, and after a failure.
    Digest content;
    std::uint64_t bytes = 0;  ///< announced of the content; 0 after a failure
    std::int64_t time_ns = 0; ///< wall time at this end: a label
    Transfer kind = Transfer::put_segment;
    std::optional<Errc> failure;

    bool operator==(const Receipt&) const = default;
};

void encode(Writer& out, const Receipt& receipt);
Result<Receipt> decode_receipt(Reader& in);

/// The receipt of a request that is a transfer, with kind and subject; else nothing.
std::optional<Receipt> begin_receipt(const Target& target, Method method);

inline constexpr std::size_t max_receipts = 4096; ///< in a batch
inline constexpr auto ledger_scheme = crypto::SignatureScheme::ml_dsa_65;
inline constexpr std::size_t max_batch =
    4 + 1 + crypto::sizes_of(ledger_scheme).public_key + RepoId::size + 8 + Digest::size + 8 + 8 +
    4 + max_receipts * Receipt::size + crypto::sizes_of(ledger_scheme).signature;

/// What a ledger takes of a disk at most: over 400,000 receipts.
inline constexpr std::uint64_t max_ledger_bytes = 64_MiB;

/// Receipts of one repository written at once, chained to the batch before by its hash.
struct LedgerBatch {
    Bytes public_key; ///< of the author, ML-DSA-65
    RepoId repository;
    std::uint64_t number = 0; ///< from 0
    Digest previous;          ///< SHA-256 of the batch before; zero of the first
    /// So many batches, this one the last of them, may lack receipts, as a process ended without
    /// writing them; at most number + 1.
    std::uint64_t unsure = 0;
    std::int64_t time_ns = 0; ///< wall time when it was closed: a label
    std::vector<Receipt> receipts;

    PeerId author() const;

    bool operator==(const LedgerBatch&) const = default;
};

/// Signed. in  `key`, ML-DSA-65, whose public key takes the place of the batch's
Result<Bytes> encode(LedgerBatch batch, const crypto::SigningKey& key);

/// What the signature covers.
Bytes signed_part(const LedgerBatch& batch);

/// The form, without the signature's truth. errors  `corrupt`, `limit_exceeded`, `unsupported`
Result<LedgerBatch> parse_batch(ByteView bytes);

/// Form and signature. errors  as parse_batch; `authentication`
Result<LedgerBatch> decode_batch(ByteView bytes);

/// A batch as somebody keeps it, who may keep another under its number, or a damaged one.
struct KeptBatch {
    std::uint64_t number = 0;
    Bytes bytes;

    bool operator==(const KeptBatch&) const = default;
};

/// Batches one after another, ascending, as one answer carries them.
inline constexpr std::size_t max_batch_page = 4 * max_batch;
inline constexpr std::size_t kept_batch_overhead = 12;

void encode(Writer& page, std::uint64_t number, ByteView batch);
/// errors  `corrupt`, `limit_exceeded`
Result<std::vector<KeptBatch>> decode_batch_page(ByteView body);

} // namespace torgo::peer
