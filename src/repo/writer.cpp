#include "repo/writer.hpp"

#include "base/codec.hpp"
#include "repo/record_head.hpp"

namespace torgo::repo {

using crypto::SignatureScheme;

namespace {

constexpr std::string_view magic = "TGW1";
constexpr std::string_view context = "torgo/writer/1";
constexpr std::uint8_t format_version = 1;
constexpr std::size_t seed_size = crypto::sizes_of(SignatureScheme::ml_dsa_87).seed;
constexpr std::size_t sealed_size = 2 * seed_size + seal::tag_size;

struct Fields {
    WriterCertificate certificate;
    seal::SealedHeader header;
    ByteView sealed;
};

// REPO-13
Result<Fields> read_fields(ByteView record, const Descriptor& descriptor) {
    TRY(const auto body,
        check_root_signatures(context, record, descriptor.root_ml_dsa, descriptor.root_slh_dsa));
    Reader in(body);
    CHECK_OK(read_head(in, magic, format_version, "a writer record"));
    TRY(const auto repo, in.id<RepoId>());
    if (repo != descriptor.id) return fail(Errc::authentication, "another repository's writer");
    Fields fields;
    TRY(fields.certificate.id, in.id<WriterId>());
    TRY(const auto pack, in.raw(crypto::sizes_of(SignatureScheme::ml_dsa_87).public_key));
    fields.certificate.pack_public.assign(pack.begin(), pack.end());
    TRY(const auto record_key, in.raw(crypto::sizes_of(SignatureScheme::ml_dsa_65).public_key));
    fields.certificate.record_public.assign(record_key.begin(), record_key.end());
    TRY(const auto hdr, in.raw(seal::header_size));
    TRY(fields.header, seal::SealedHeader::decode(hdr));
    TRY(const auto v, in.raw(fields.header.v.size()));
    std::ranges::copy(v, fields.header.v.begin());
    TRY(const auto kc, in.raw(fields.header.kc.size()));
    std::ranges::copy(kc, fields.header.kc.begin());
    TRY(fields.sealed, in.raw(sealed_size));
    CHECK_OK(in.done());
    return fields;
}

Result<WriterKeys> keys_from(const WriterId& id, ByteView seeds) {
    const auto pack_seed = crypto::SecretBytes::copy_of(seeds.first(seed_size));
    const auto record_seed = crypto::SecretBytes::copy_of(seeds.subspan(seed_size, seed_size));
    TRY(auto pack, crypto::SigningKey::from_seed(SignatureScheme::ml_dsa_87, pack_seed));
    TRY(auto record, crypto::SigningKey::from_seed(SignatureScheme::ml_dsa_65, record_seed));
    return WriterKeys{id, std::move(pack), std::move(record)};
}

} // namespace

std::string writer_root_name(const WriterId& id) {
    return "writer-" + id.hex();
}

Result<NewWriter> create_writer(const RepoId& repo, const RootKeys& root, const seal::Keys& keys,
                                seal::Sealer& sealer, env::Random& random) {
    WriterId id;
    random.fill(id.bytes);
    crypto::SecretBytes seeds(2 * seed_size);
    random.fill(seeds.span());
    TRY(auto writer, keys_from(id, seeds.view()));
    Bytes sealed(sealed_size);
    const auto chunk = keys.id(seal::ChunkType::writer, seeds.view());
    TRY(const auto header,
        sealer.seal(seal::ChunkType::writer, chunk, seeds.view(),
                    {.bytes = seeds.view(), .flags = 0}, /*random_v=*/true, sealed));
    Writer out;
    out.raw(as_bytes(magic)).put(format_version).raw(repo.view()).raw(id.view());
    out.raw(writer.pack_key.public_key()).raw(writer.record_key.public_key());
    out.raw(header.encode()).raw(header.v).raw(header.kc).raw(sealed);
    TRY(auto record, root.sign(context, std::move(out).take()));
    return NewWriter{std::move(writer), std::move(record)};
}

Result<WriterCertificate> read_certificate(ByteView record, const Descriptor& descriptor) {
    TRY(auto fields, read_fields(record, descriptor));
    return std::move(fields.certificate);
}

Result<WriterKeys> open_writer(ByteView record, const Descriptor& descriptor,
                               seal::Sealer& sealer) {
    TRY(const auto fields, read_fields(record, descriptor));
    if (fields.header.type != seal::ChunkType::writer) // REPO-14
        return fail(Errc::authentication, "writer: another kind of chunk inside");
    Bytes seeds;
    CHECK_OK(sealer.open(fields.header, fields.sealed, seeds));
    auto keys = keys_from(fields.certificate.id, seeds);
    crypto::wipe(seeds);
    return keys;
}

} // namespace torgo::repo
