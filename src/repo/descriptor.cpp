#include "repo/descriptor.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "crypto/sign.hpp"
#include "repo/signing.hpp"

#include <algorithm>

namespace torgo::repo {

namespace {

constexpr std::string_view magic = "TGD1";
constexpr std::uint8_t format_version = 1;
/// Several segments of a pack on each head: their number stands behind the codes.
constexpr std::uint32_t feature_heads = 1;

Result<segment::Code> read_code(Reader& in) {
    TRY(const auto k_byte, in.get<std::uint8_t>());
    TRY(const auto n, in.get<std::uint8_t>());
    const auto code = segment::Code::from_bytes(k_byte, n);
    if (!code.valid()) return fail(Errc::corrupt, "descriptor: impossible erasure code");
    return code;
}

/// REPO-47
Result<unsigned> read_heads(Reader& in, const Descriptor& d) {
    TRY(const unsigned heads, in.get<std::uint8_t>());
    const bool even = heads != 0 && heads < d.data_code.n && d.data_code.n % heads == 0 &&
                      d.metadata_code.n % heads == 0;
    if (!even) return fail(Errc::corrupt, "descriptor: its segments cannot be spread evenly");
    return heads;
}

Result<Descriptor> read_fields(Reader& in) {
    TRY(const auto head, in.raw(magic.size()));
    if (as_text(head) != magic) return fail(Errc::corrupt, "this is no TORGO descriptor");
    TRY(const auto version, in.get<std::uint8_t>());
    if (version != format_version)
        return fail(Errc::unsupported, "the repository has format " + std::to_string(version) +
                                           ", this program knows " +
                                           std::to_string(format_version) + ": use a newer torgo");
    Descriptor d;
    TRY(d.id, in.id<RepoId>());
    TRY(d.generation, in.get<std::uint32_t>());
    TRY(const auto suite, in.get<std::uint16_t>());
    TRY(d.suite, seal::suite_from(suite));
    TRY(const auto lowest, in.get<std::uint16_t>());
    TRY(d.lowest_suite, seal::suite_from(lowest));
    TRY(d.epoch, in.get<std::uint32_t>());
    TRY(const auto features, in.get<std::uint32_t>());
    if ((features & ~feature_heads) != 0) // REPO-45
        return fail(Errc::unsupported, "the repository needs a newer torgo");
    TRY(d.data_code, read_code(in));
    TRY(d.metadata_code, read_code(in));
    if (features == feature_heads) {
        TRY(d.heads, read_heads(in, d));
    }
    using crypto::SignatureScheme;
    TRY(const auto ml, in.raw(crypto::sizes_of(SignatureScheme::ml_dsa_87).public_key));
    d.root_ml_dsa.assign(ml.begin(), ml.end());
    TRY(const auto slh, in.raw(crypto::sizes_of(SignatureScheme::slh_dsa_sha2_256s).public_key));
    d.root_slh_dsa.assign(slh.begin(), slh.end());
    return d;
}

} // namespace

Digest Descriptor::fingerprint() const {
    return crypto::sha256_of({as_bytes("TORGO/ROOT/1"), root_ml_dsa, root_slh_dsa});
}

Bytes Descriptor::owner() const {
    auto both = root_ml_dsa;
    both.insert(both.end(), root_slh_dsa.begin(), root_slh_dsa.end());
    return both;
}

unsigned Descriptor::heads_to_restore() const noexcept {
    const auto of = [this](const segment::Code& code) {
        const auto each = std::max(1U, code.n / head_count());
        return (code.k + each - 1) / each;
    };
    return std::max(of(data_code), of(metadata_code));
}

unsigned Descriptor::min_heads() const noexcept {
    return std::min(heads_to_restore() + 1, head_count());
}

// REPO-3
Bytes encode(const Descriptor& d) {
    Writer out;
    out.raw(as_bytes(magic)).put(format_version).raw(d.id.view()).put(d.generation);
    out.put(static_cast<std::uint16_t>(d.suite)).put(static_cast<std::uint16_t>(d.lowest_suite));
    const bool several = d.head_count() != d.data_code.n;
    out.put(d.epoch).put(several ? feature_heads : 0U);
    for (const auto& code : {d.data_code, d.metadata_code})
        out.put(code.k_byte()).put(code.n);
    if (several) out.put(static_cast<std::uint8_t>(d.heads));
    out.raw(d.root_ml_dsa).raw(d.root_slh_dsa);
    return std::move(out).take();
}

Result<Descriptor> decode_descriptor(ByteView signed_record, const Digest& fingerprint) {
    Reader in(signed_record);
    TRY(auto descriptor, read_fields(in));
    if (!fingerprint.is_zero() && descriptor.fingerprint() != fingerprint) // REPO-4
        return fail(Errc::authentication,
                    "this repository has another owner than the descriptor file says");
    if (descriptor.suite < descriptor.lowest_suite) // REPO-5
        return fail(Errc::authentication, "descriptor: the suite is below the lowest allowed");
    TRY(const auto record, check_root_signatures(descriptor_context, signed_record,
                                                 descriptor.root_ml_dsa, descriptor.root_slh_dsa));
    if (record.size() != signed_record.size() - in.left())
        return fail(Errc::corrupt, "descriptor: bytes left over");
    return descriptor;
}

} // namespace torgo::repo
