#include "seal/keys.hpp"

#include "base/codec.hpp"
#include "base/ensure.hpp"
#include "crypto/kdf.hpp"

#include <vector>

namespace torgo::seal {

using crypto::hkdf_expand;
using crypto::hkdf_extract;
using crypto::HmacSha256;
using crypto::SecretBytes;

namespace {
constexpr std::size_t key_size = 32;
constexpr std::size_t type_count = 6;

Bytes context_of(Suite suite, const RepoId& repo, std::uint32_t epoch) {
    Writer out;
    out.raw(as_bytes("TORGO/CHIMERA/1")).put(static_cast<std::uint16_t>(suite)).raw(repo.view());
    out.put(epoch).put(static_cast<std::uint8_t>(head_count(suite)));
    return std::move(out).take();
}

Bytes with_byte(ByteView bytes, std::uint8_t last) {
    Bytes out(bytes.begin(), bytes.end());
    out.push_back(last);
    return out;
}

HmacSha256 mac_of(const SecretBytes& prk, ByteView info) {
    return HmacSha256(hkdf_expand(prk, info, key_size).view());
}

HmacSha256 mac_of(const SecretBytes& prk, std::string_view info) {
    return mac_of(prk, as_bytes(info));
}

std::array<std::uint8_t, 2> le16(Suite suite) {
    const auto n = static_cast<std::uint16_t>(suite);
    return {static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n >> 8U)};
}

Result<> check(Suite suite, std::span<const SecretBytes> heads, const SecretBytes& dedup) {
    if (heads.size() != head_count(suite))
        return fail(Errc::invalid_argument, "wrong number of head keys");
    for (const auto& head : heads)
        if (head.size() != head_size(suite))
            return fail(Errc::invalid_argument, "head key of a wrong size");
    if (dedup.size() != dedup_secret_size)
        return fail(Errc::invalid_argument, "deduplication secret of a wrong size");
    for (std::size_t i = 0; i < heads.size(); ++i)
        for (std::size_t j = i + 1; j < heads.size(); ++j)
            if (crypto::equal_constant_time(heads[i].view(), heads[j].view()))
                return fail(Errc::invalid_argument, "two head keys are equal");
    return {};
}
} // namespace

struct Keys::State {
    Suite suite;
    std::uint32_t epoch;
    std::vector<HmacSha256> heads; ///< A_1 … A_(n-1); A_n has no layer of its own
    HmacSha256 outer;
    HmacSha256 commit;
    std::vector<HmacSha256> ids; ///< by type - 1
    HmacSha256 v;
    HmacSha256 payload;
    SecretBytes chunker;
    SecretBytes footer;

    const HmacSha256& id_mac(ChunkType type) const {
        const auto index = static_cast<std::size_t>(type) - 1;
        ENSURE(index < ids.size());
        return ids[index];
    }
};

Keys::Keys(std::unique_ptr<State> state) : m_state(std::move(state)) {}

Keys::Keys(Keys&&) noexcept = default;
Keys& Keys::operator=(Keys&&) noexcept = default;
Keys::~Keys() = default;

Result<Keys> Keys::derive(Suite suite, const RepoId& repo, std::uint32_t epoch,
                          std::span<const SecretBytes> heads, const SecretBytes& dedup) {
    // [SEAL-2] [SEAL-3] [SEAL-4] [SEAL-5] [SEAL-6] [SEAL-7]
    TRY(suite, suite_from(static_cast<std::uint16_t>(suite)));
    CHECK_OK(check(suite, heads, dedup));
    const auto context = context_of(suite, repo, epoch);
    std::vector<HmacSha256> head_macs;
    SecretBytes combined(64 * heads.size());
    for (std::size_t i = 0; i < heads.size(); ++i) {
        const auto prk =
            hkdf_extract(with_byte(context, static_cast<std::uint8_t>(i + 1)), heads[i].view());
        const auto part = hkdf_expand(prk, as_bytes("head-combine"), 64);
        std::ranges::copy(part.view(), combined.span().subspan(64 * i).begin());
        if (i + 1 < heads.size()) head_macs.push_back(mac_of(prk, "head-cipher"));
    }
    const auto z = hkdf_extract(with_byte(context, 0xFF), combined.view());
    Writer salt;
    salt.raw(as_bytes("TORGO/DEDUP/1")).raw(repo.view());
    const auto pd = hkdf_extract(salt.view(), dedup.view());
    std::vector<HmacSha256> ids;
    for (std::uint8_t type = 1; type <= type_count; ++type)
        ids.push_back(mac_of(pd, with_byte(as_bytes("chunk-id"), type)));
    return Keys(std::make_unique<State>(suite, epoch, std::move(head_macs), mac_of(z, "outer-aead"),
                                        mac_of(z, "commit"), std::move(ids), mac_of(pd, "siv"),
                                        mac_of(pd, "payload"),
                                        hkdf_expand(pd, as_bytes("chunker"), key_size),
                                        hkdf_expand(z, as_bytes("pack-footer"), 64)));
}

Suite Keys::suite() const noexcept {
    return m_state->suite;
}

std::uint32_t Keys::epoch() const noexcept {
    return m_state->epoch;
}

ChunkId Keys::id(ChunkType type, ByteView m) const {
    return {m_state->id_mac(type)({m}).bytes};
}

void Keys::ids(ChunkType type, std::span<const ByteView> chunks, std::span<ChunkId> out) const {
    ENSURE(chunks.size() == out.size());
    std::vector<crypto::MacJob> jobs;
    jobs.reserve(chunks.size());
    for (const auto m : chunks)
        jobs.push_back({.mac = &m_state->id_mac(type), .message = m});
    std::vector<Digest> codes(chunks.size());
    crypto::hmac_lanes(jobs, codes);
    for (std::size_t i = 0; i < codes.size(); ++i)
        out[i].bytes = codes[i].bytes;
}

Keys::NameAndBinding Keys::name_and_binding(ChunkType type, ByteView m, ByteView payload) const {
    const std::array<crypto::MacJob, 2> jobs{{{.mac = &m_state->id_mac(type), .message = m},
                                              {.mac = &m_state->payload, .message = payload}}};
    std::array<Digest, 2> codes;
    crypto::hmac_lanes(jobs, codes);
    return {.id = {codes[0].bytes}, .w = codes[1]};
}

SecretBytes Keys::chunker_key() const {
    return SecretBytes::copy_of(m_state->chunker.view());
}

SecretBytes Keys::footer_key() const {
    return SecretBytes::copy_of(m_state->footer.view());
}

Digest Keys::payload_binding(ByteView payload) const {
    return m_state->payload({payload});
}

Digest Keys::synthetic_v(std::uint8_t flags, std::uint64_t plain_size, const ChunkId& id,
                         const Digest& w) const {
    std::array<std::uint8_t, 8> size{};
    for (std::size_t i = 0; i < size.size(); ++i)
        size[i] = static_cast<std::uint8_t>(plain_size >> (8 * i));
    return m_state->v(
        {as_bytes("siv"), le16(m_state->suite), ByteView(&flags, 1), size, id.view(), w.view()});
}

Digest Keys::commitment(ByteView v, ByteView hdr) const {
    return m_state->commit({as_bytes("kc"), v, hdr});
}

std::size_t Keys::chunk_keys(ByteView v, std::span<crypto::ShortLivedKey, 3> heads,
                             crypto::ShortLivedKey& outer) const {
    const auto count = m_state->heads.size();
    for (std::size_t i = 0; i < count; ++i) {
        const auto number = static_cast<std::uint8_t>(i + 1);
        m_state->heads[i].write({as_bytes("head"), ByteView(&number, 1), v}, heads[i].bytes);
    }
    m_state->outer.write({as_bytes("outer"), v}, outer.bytes);
    return count;
}

} // namespace torgo::seal
