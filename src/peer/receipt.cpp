#include "peer/receipt.hpp"

#include "crypto/hash.hpp"
#include "crypto/tls.hpp"

#include <algorithm>
#include <array>

namespace torgo::peer {

namespace {

constexpr std::string_view magic = "TGL1";
constexpr std::uint8_t version = 1;
constexpr std::size_t reserved_size = 13;
constexpr std::string_view context = "torgo/ledger/1";
constexpr auto signature_size = crypto::sizes_of(ledger_scheme).signature;
constexpr auto public_key_size = crypto::sizes_of(ledger_scheme).public_key;

std::optional<Transfer> transfer_of(Route route, Method method) {
    const bool segment = route == Route::segment;
    if (route == Route::audit) return Transfer::audit;
    if (!segment && route != Route::root) return std::nullopt;
    switch (method) {
    case Method::put:
        return segment ? Transfer::put_segment : Transfer::put_root;
    case Method::get:
        return segment ? Transfer::get_segment : Transfer::get_root;
    case Method::remove:
        return segment ? Transfer::remove_segment : Transfer::remove_root;
    default:
        return std::nullopt;
    }
}

Result<std::vector<Receipt>> decode_receipts(Reader& in) {
    TRY(const auto count, in.get<std::uint32_t>());
    if (count > max_receipts) return fail(Errc::limit_exceeded, "a batch of too many receipts");
    if (count * Receipt::size > in.left()) return fail(Errc::corrupt, "a batch ends too early");
    std::vector<Receipt> receipts;
    receipts.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        TRY(auto receipt, decode_receipt(in));
        receipts.push_back(receipt);
    }
    return receipts;
}

} // namespace

Result<TraceId> parse_traceparent(std::string_view text) {
    constexpr std::size_t whole = 55; // 00-<32 digits>-<16 digits>-<2 digits>
    constexpr std::size_t digits = 32;
    const auto wrong = [] {
        return fail(Errc::invalid_argument, "a traceparent of an unknown form");
    };
    if (text.size() != whole || !text.starts_with("00-") || text[35] != '-' || text[52] != '-')
        return wrong();
    const auto parent = from_hex(text.substr(36, 16));
    const auto id = TraceId::parse(text.substr(3, digits));
    if (!id || !parent || !from_hex(text.substr(53)) || id->is_zero()) return wrong();
    return *id;
}

std::string_view name(Transfer kind) noexcept {
    static constexpr std::string_view names[] = {"put segment", "get segment",    "put root",
                                                 "get root",    "delete segment", "delete root",
                                                 "audit"};
    return names[static_cast<std::size_t>(kind) - 1];
}

void encode(Writer& out, const Receipt& receipt) {
    out.raw(receipt.trace.view()).raw(receipt.other.view()).raw(receipt.subject.view());
    out.raw(receipt.content.view()).put(receipt.bytes);
    out.put(static_cast<std::uint64_t>(receipt.time_ns));
    out.put(static_cast<std::uint8_t>(receipt.kind));
    out.put(receipt.failure ? static_cast<std::uint16_t>(*receipt.failure) : std::uint16_t{0});
    out.raw(std::array<std::uint8_t, reserved_size>{});
}

Result<Receipt> decode_receipt(Reader& in) {
    Receipt receipt;
    TRY(receipt.trace, in.id<TraceId>());
    TRY(receipt.other, in.id<PeerId>());
    TRY(receipt.subject, in.id<Digest>());
    TRY(receipt.content, in.id<Digest>());
    TRY(receipt.bytes, in.get<std::uint64_t>());
    TRY(const auto time, in.get<std::uint64_t>());
    receipt.time_ns = static_cast<std::int64_t>(time);
    TRY(const auto kind, in.get<std::uint8_t>());
    TRY(const auto failure, in.get<std::uint16_t>());
    TRY(const auto reserved, in.raw(reserved_size));
    const bool known = kind >= 1 && kind <= static_cast<std::uint8_t>(Transfer::audit) &&
                       failure <= static_cast<std::uint16_t>(Errc::timeout);
    if (!known || std::ranges::any_of(reserved, [](auto byte) { return byte != 0; }))
        return fail(Errc::corrupt, "a receipt of an unknown form");
    receipt.kind = Transfer{kind};
    if (failure != 0) receipt.failure = Errc{failure};
    return receipt;
}

std::optional<Receipt> begin_receipt(const Target& target, Method method) {
    const auto kind = transfer_of(target.route, method);
    if (!kind) return std::nullopt;
    Receipt receipt;
    receipt.kind = *kind;
    if (target.route == Route::root)
        receipt.subject = crypto::sha256(as_bytes(target.root));
    else
        receipt.subject.bytes = target.segment.bytes;
    return receipt;
}

PeerId LedgerBatch::author() const {
    return crypto::peer_id_of(public_key);
}

Result<Bytes> encode(LedgerBatch batch, const crypto::SigningKey& key) {
    if (batch.receipts.size() > max_receipts || batch.unsure > batch.number + 1)
        return fail(Errc::invalid_argument, "no batch that can be written");
    if (key.scheme() != ledger_scheme)
        return fail(Errc::invalid_argument, "a ledger is signed by an ML-DSA-65 key");
    batch.public_key = key.public_key();
    auto bytes = signed_part(batch);
    TRY(const auto signature, key.sign(as_bytes(context), bytes));
    bytes.insert(bytes.end(), signature.begin(), signature.end());
    return bytes;
}

Bytes signed_part(const LedgerBatch& batch) {
    Writer out;
    out.raw(as_bytes(magic)).put(version).raw(batch.public_key).raw(batch.repository.view());
    out.put(batch.number).raw(batch.previous.view()).put(batch.unsure);
    out.put(static_cast<std::uint64_t>(batch.time_ns));
    out.put(static_cast<std::uint32_t>(batch.receipts.size()));
    for (const auto& receipt : batch.receipts)
        encode(out, receipt);
    return std::move(out).take();
}

Result<LedgerBatch> parse_batch(ByteView bytes) {
    Reader in(bytes);
    TRY(const auto found, in.raw(magic.size()));
    if (as_text(found) != magic) return fail(Errc::corrupt, "no batch of a ledger");
    TRY(const auto form, in.get<std::uint8_t>());
    if (form != version) return fail(Errc::unsupported, "a ledger of a later version");
    LedgerBatch batch;
    TRY(const auto key, in.raw(public_key_size));
    batch.public_key.assign(key.begin(), key.end());
    TRY(batch.repository, in.id<RepoId>());
    TRY(batch.number, in.get<std::uint64_t>());
    TRY(batch.previous, in.id<Digest>());
    TRY(batch.unsure, in.get<std::uint64_t>());
    TRY(const auto time, in.get<std::uint64_t>());
    batch.time_ns = static_cast<std::int64_t>(time);
    TRY(batch.receipts, decode_receipts(in));
    CHECK_OK(in.raw(signature_size));
    CHECK_OK(in.done());
    if (batch.unsure > batch.number + 1)
        return fail(Errc::corrupt, "a batch that is unsure of more than there is");
    return batch;
}

// PEER-26
Result<LedgerBatch> decode_batch(ByteView bytes) {
    TRY(auto batch, parse_batch(bytes));
    const auto covered = bytes.first(bytes.size() - signature_size);
    const auto verified = crypto::verify(ledger_scheme, batch.public_key, as_bytes(context),
                                         covered, bytes.last(signature_size));
    if (!verified) return fail(Errc::authentication, "a batch that its author did not sign");
    return batch;
}

void encode(Writer& page, std::uint64_t number, ByteView batch) {
    page.put(number).put(static_cast<std::uint32_t>(batch.size())).raw(batch);
}

// PEER-13
Result<std::vector<KeptBatch>> decode_batch_page(ByteView body) {
    if (body.size() > max_batch_page) return fail(Errc::limit_exceeded, "a page of receipts");
    Reader in(body);
    std::vector<KeptBatch> batches;
    while (!in.empty()) {
        TRY(const auto number, in.get<std::uint64_t>());
        TRY(const auto size, in.get<std::uint32_t>());
        if (size > max_batch || (!batches.empty() && number <= batches.back().number))
            return fail(Errc::corrupt, "a page of receipts that does not ascend");
        TRY(const auto batch, in.raw(size));
        batches.push_back({number, Bytes(batch.begin(), batch.end())});
    }
    return batches;
}

} // namespace torgo::peer
