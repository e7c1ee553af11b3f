#include "peer/ledger.hpp"

#include "crypto/hash.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <tuple>

namespace torgo::peer {

namespace {

constexpr std::string_view magic = "TGL1";
constexpr std::uint8_t version = 1;
constexpr std::size_t reserved_size = 13;
constexpr auto scheme = crypto::SignatureScheme::ml_dsa_65;
constexpr std::size_t signature_size = crypto::sizes_of(scheme).signature;
constexpr std::size_t max_batch =
    4 + 1 + PeerId::size + 8 + Digest::size + 4 + max_receipts * Receipt::size + 1 + signature_size;
constexpr std::string_view suffix = ".ledger";
constexpr unsigned number_digits = 16;

using Key = std::tuple<TraceId, Transfer, Digest>;

Key key_of(const Receipt& receipt) {
    return {receipt.trace, receipt.kind, receipt.subject};
}

bool same(const Receipt& a, const Receipt& b) {
    return a.repository == b.repository && a.content == b.content && a.bytes == b.bytes &&
           a.failure == b.failure;
}

std::uint64_t distance(std::int64_t a, std::int64_t b) {
    const auto [low, high] = std::minmax(a, b);
    return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
}

/// Everything but the signature. in  `fields`, up to the flag that tells of one
Result<LedgerBatch> decode_fields(Reader& in) {
    TRY(const auto found, in.raw(magic.size()));
    if (as_text(found) != magic) return fail(Errc::corrupt, "no batch of a ledger");
    TRY(const auto number, in.get<std::uint8_t>());
    if (number != version) return fail(Errc::unsupported, "a ledger of a later version");
    LedgerBatch batch;
    TRY(batch.author, in.id<PeerId>());
    TRY(batch.number, in.get<std::uint64_t>());
    TRY(batch.previous, in.id<Digest>());
    TRY(const auto count, in.get<std::uint32_t>());
    if (count > max_receipts) return fail(Errc::limit_exceeded, "a batch of too many receipts");
    if (count * Receipt::size > in.left()) return fail(Errc::corrupt, "a batch ends too early");
    for (std::uint32_t i = 0; i < count; ++i) {
        TRY(auto receipt, decode_receipt(in));
        batch.receipts.push_back(receipt);
    }
    return batch;
}

} // namespace

Result<TraceId> parse_traceparent(std::string_view text) {
    constexpr std::size_t whole = 55; // 00-<32 digits>-<16 digits>-<2 digits>
    constexpr std::size_t digits = 32;
    const auto wrong = fail(Errc::invalid_argument, "a traceparent of an unknown form");
    if (text.size() != whole || !text.starts_with("00-") || text[35] != '-' || text[52] != '-')
        return wrong;
    const auto parent = from_hex(text.substr(36, 16));
    const auto id = TraceId::parse(text.substr(3, digits));
    if (!id || !parent || !from_hex(text.substr(53)) || id->is_zero()) return wrong;
    return *id;
}

void encode(Writer& out, const Receipt& receipt) {
    out.raw(receipt.trace.view()).raw(receipt.repository.view()).raw(receipt.other.view());
    out.raw(receipt.subject.view()).raw(receipt.content.view()).put(receipt.bytes);
    out.put(static_cast<std::uint64_t>(receipt.time_ns));
    out.put(static_cast<std::uint8_t>(receipt.kind));
    out.put(receipt.failure ? static_cast<std::uint16_t>(*receipt.failure) : std::uint16_t{0});
    out.raw(Bytes(reserved_size));
}

Result<Receipt> decode_receipt(Reader& in) {
    Receipt receipt;
    TRY(receipt.trace, in.id<TraceId>());
    TRY(receipt.repository, in.id<RepoId>());
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

Result<Bytes> encode(const LedgerBatch& batch, const crypto::SigningKey* key) {
    if (batch.receipts.size() > max_receipts)
        return fail(Errc::invalid_argument, "a batch of too many receipts");
    Writer out;
    out.raw(as_bytes(magic)).put(version).raw(batch.author.view()).put(batch.number);
    out.raw(batch.previous.view()).put(static_cast<std::uint32_t>(batch.receipts.size()));
    for (const auto& receipt : batch.receipts)
        encode(out, receipt);
    out.put(static_cast<std::uint8_t>(key != nullptr ? 1 : 0));
    if (key != nullptr) {
        TRY(const auto signature, key->sign(as_bytes(ledger_context), out.view()));
        if (signature.size() != signature_size)
            return fail(Errc::invalid_argument, "a ledger is signed by an ML-DSA-65 key");
        out.raw(signature);
    }
    return std::move(out).take();
}

// PEER-26
Result<LedgerBatch> decode_batch(ByteView bytes, ByteView public_key) {
    Reader in(bytes);
    TRY(auto batch, decode_fields(in));
    TRY(const auto is_signed, in.get<std::uint8_t>());
    if (is_signed > 1) return fail(Errc::corrupt, "a batch of an unknown form");
    const auto covered = bytes.first(bytes.size() - in.left());
    TRY(const auto signature, in.raw(is_signed == 1 ? signature_size : 0));
    CHECK_OK(in.done());
    if (public_key.empty()) return batch;
    CHECK_OK(crypto::verify(scheme, public_key, as_bytes(ledger_context), covered, signature));
    return batch;
}

std::string Ledger::batch_path(std::uint64_t number) const {
    Bytes bytes;
    for (unsigned shift = 64; shift > 0; shift -= 8)
        bytes.push_back(static_cast<std::uint8_t>(number >> (shift - 8)));
    return m_path + "/" + to_hex(bytes) + std::string(suffix);
}

Result<std::unique_ptr<Ledger>> Ledger::open(env::FileSystem& files, const std::string& path,
                                             const PeerId& author) {
    auto ledger = std::unique_ptr<Ledger>(new Ledger(files, path, author));
    CHECK_OK(env::make_directories(files, path));
    TRY(const auto entries, files.list(path));
    for (const auto& entry : entries)
        if (entry.name.size() == number_digits + suffix.size() && entry.name.ends_with(suffix))
            ++ledger->m_next;
    if (ledger->m_next == 0) return ledger;
    TRY(const auto last, env::read_file(files, ledger->batch_path(ledger->m_next - 1), max_batch));
    ledger->m_previous = crypto::sha256(last);
    return ledger;
}

void Ledger::add(const Receipt& receipt) {
    const std::lock_guard lock(m_mutex);
    if (m_waiting.size() >= max_receipts) {
        m_waiting.erase(m_waiting.begin());
        ++m_given_up;
    }
    m_waiting.push_back(receipt);
}

Result<> Ledger::flush(const crypto::SigningKey* key) {
    const std::lock_guard lock(m_mutex);
    if (m_waiting.empty()) return {};
    TRY(const auto bytes, encode(LedgerBatch{m_author, m_next, m_previous, m_waiting}, key));
    CHECK_OK(env::write_file_atomically(m_files, batch_path(m_next), bytes));
    m_previous = crypto::sha256(bytes);
    ++m_next;
    m_waiting.clear();
    return {};
}

std::uint64_t Ledger::given_up() const {
    const std::lock_guard lock(m_mutex);
    return m_given_up;
}

// PEER-25
Result<std::vector<LedgerBatch>> Ledger::read_all(ByteView public_key) const {
    const std::lock_guard lock(m_mutex);
    std::vector<LedgerBatch> batches;
    Digest previous;
    for (std::uint64_t number = 0; number < m_next; ++number) {
        TRY(const auto bytes, env::read_file(m_files, batch_path(number), max_batch));
        TRY(auto batch, decode_batch(bytes, public_key));
        if (batch.author != m_author || batch.number != number || batch.previous != previous)
            return fail(Errc::corrupt, "the ledger's batch " + std::to_string(number) +
                                           " does not follow the one before");
        previous = crypto::sha256(bytes);
        batches.push_back(std::move(batch));
    }
    return batches;
}

Reconciliation reconcile(std::span<const Receipt> ours, std::span<const Receipt> theirs,
                         std::int64_t allowed_ns) {
    std::map<Key, std::deque<const Receipt*>> open;
    for (const auto& receipt : theirs)
        open[key_of(receipt)].push_back(&receipt);
    Reconciliation out;
    for (const auto& receipt : ours) {
        const auto found = open.find(key_of(receipt));
        if (found == open.end() || found->second.empty()) {
            out.lost.push_back(receipt);
            continue;
        }
        const auto& other = *found->second.front();
        found->second.pop_front();
        if (!same(receipt, other))
            out.altered.push_back(receipt);
        else if (distance(receipt.time_ns, other.time_ns) > static_cast<std::uint64_t>(allowed_ns))
            out.late.push_back(receipt);
    }
    for (const auto& [key, left] : open)
        for (const auto* receipt : left)
            out.extra.push_back(*receipt);
    return out;
}

} // namespace torgo::peer
