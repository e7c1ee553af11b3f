#include "pack/footer.hpp"

#include "base/codec.hpp"
#include "base/ensure.hpp"
#include "crypto/siv.hpp"

#include <algorithm>

namespace torgo::pack {
namespace {

constexpr std::string_view magic = "TGP1";
constexpr std::string_view label = "TORGO/PACK/1";
constexpr std::uint8_t version = 1;
constexpr std::uint8_t repository_keys = 0; ///< key_source
constexpr std::size_t hash_size = 32;

Result<Footer> decode(ByteView plain) {
    Reader in(plain);
    TRY(const auto found_magic, in.raw(magic.size()));
    TRY(const auto found_version, in.get<std::uint8_t>());
    TRY(const auto key_source, in.get<std::uint8_t>());
    TRY(const auto reserved, in.get<std::uint16_t>());
    if (as_text(found_magic) != magic) return fail(Errc::corrupt, "not the footer of a pack");
    if (found_version != version || key_source != repository_keys || reserved != 0) // [PACK-4]
        return fail(Errc::unsupported, "a pack of a kind that this version does not know");
    Footer footer;
    TRY(footer.trailer_offset, in.get<std::uint32_t>());
    TRY(footer.trailer_size, in.get<std::uint32_t>());
    TRY(const auto hdr, in.raw(seal::header_size));
    TRY(footer.trailer, seal::SealedHeader::decode(hdr));
    TRY(const auto v, in.raw(hash_size));
    TRY(const auto kc, in.raw(hash_size));
    std::ranges::copy(v, footer.trailer.v.begin());
    std::ranges::copy(kc, footer.trailer.kc.begin());
    CHECK_OK(in.done());
    return footer;
}

} // namespace

Result<Bytes> seal_footer(const Footer& footer, const seal::Keys& keys) {
    Writer out;
    out.raw(as_bytes(magic)).put(version).put(repository_keys).put(std::uint16_t{0});
    out.put(footer.trailer_offset).put(footer.trailer_size).raw(footer.trailer.encode());
    out.raw(footer.trailer.v).raw(footer.trailer.kc);
    TRY(auto sealed, crypto::siv_seal(keys.footer_key(), as_bytes(label), out.view()));
    ENSURE(sealed.size() == footer_size);
    return sealed;
}

Result<Footer> open_footer(ByteView sealed, const seal::Keys& keys, std::uint64_t pack_size) {
    if (sealed.size() != footer_size) return fail(Errc::corrupt, "a footer has the wrong length");
    TRY(const auto plain, crypto::siv_open(keys.footer_key(), as_bytes(label), sealed));
    TRY(const auto footer, decode(plain.view()));
    const auto& trailer = footer.trailer;
    // [PACK-5] one trailer, of these keys, right before the footer
    if (trailer.type != seal::ChunkType::trailer || trailer.flags != seal::flag_random_v ||
        trailer.suite != keys.suite() || trailer.epoch != keys.epoch())
        return fail(Errc::corrupt, "a footer names something that is no trailer");
    if (footer.trailer_size != trailer.sealed_size() ||
        std::uint64_t{footer.trailer_offset} + footer.trailer_size + footer_size != pack_size)
        return fail(Errc::corrupt, "a footer names a place where its trailer cannot be");
    return footer;
}

} // namespace torgo::pack
