#include "repo/descriptor.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "crypto/sign.hpp"
#include "repo/signing.hpp"

namespace torgo::repo {

namespace {

constexpr std::string_view magic = "TGD1";
constexpr std::uint8_t format_version = 1;

Result<segment::Code> read_code(Reader& in) {
    TRY(const auto k_byte, in.get<std::uint8_t>());
    TRY(const auto n, in.get<std::uint8_t>());
    const auto code = segment::Code::from_bytes(k_byte, n);
    if (!code.valid()) return fail(Errc::corrupt, "descriptor: impossible erasure code");
    return code;
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
    if (features != 0) // REPO-45
        return fail(Errc::unsupported, "the repository needs a newer torgo");
    TRY(d.data_code, read_code(in));
    TRY(d.metadata_code, read_code(in));
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

// REPO-3
Bytes encode(const Descriptor& d) {
    Writer out;
    out.raw(as_bytes(magic)).put(format_version).raw(d.id.view()).put(d.generation);
    out.put(static_cast<std::uint16_t>(d.suite)).put(static_cast<std::uint16_t>(d.lowest_suite));
    out.put(d.epoch).put(std::uint32_t{0}); // no features yet
    for (const auto& code : {d.data_code, d.metadata_code})
        out.put(code.k_byte()).put(code.n);
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
