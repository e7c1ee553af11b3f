#include "peer/capability.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"

namespace torgo::peer {

namespace {

constexpr auto scheme = crypto::SignatureScheme::ml_dsa_87;
constexpr std::size_t signature_size = crypto::sizes_of(scheme).signature;
constexpr std::uint8_t version = 1;

/// What tells the two kinds of records apart.
struct Kind {
    std::string_view magic;
    std::string_view context;
};

constexpr Kind capability_kind{"TGP1", "torgo/capability/1"};
constexpr Kind lock_kind{"TGK1", "torgo/lock/1"};
constexpr Kind revocation_kind{"TGX1", "torgo/revocation/1"};

Writer begin(const Kind& kind, const RepoId& repository) {
    Writer out;
    out.raw(as_bytes(kind.magic)).put(version).raw(repository.view());
    return out;
}

Result<Bytes> finish(Writer record, const Kind& kind, const crypto::SigningKey& owner,
                     crypto::SignMode mode) {
    if (owner.scheme() != scheme)
        return fail(Errc::invalid_argument, "rights are signed by an ML-DSA-87 key");
    TRY(const auto signature, owner.sign(as_bytes(kind.context), record.view(), mode));
    record.raw(signature);
    return std::move(record).take();
}

Result<> check_label(std::string_view label) {
    if (label.size() <= max_label) return {};
    return fail(Errc::invalid_argument, "a label of more than 1,024 bytes");
}

/// Takes the signature off a record and leaves the fields.
Result<ByteView> fields_of(ByteView record) {
    if (record.size() > max_rights_record)
        return fail(Errc::limit_exceeded, "a record of rights that is too long");
    if (record.size() < signature_size)
        return fail(Errc::corrupt, "a record of rights ends too early");
    return record.first(record.size() - signature_size);
}

/// Magic, version and repository.
Result<> read_begin(Reader& in, const Kind& kind, const RepoId& repository) {
    TRY(const auto magic, in.raw(kind.magic.size()));
    if (as_text(magic) != kind.magic) return fail(Errc::corrupt, "no record of this kind");
    TRY(const auto found, in.get<std::uint8_t>());
    if (found != version) return fail(Errc::unsupported, "a record of a later version");
    TRY(const auto of, in.id<RepoId>());
    if (of != repository) return fail(Errc::authentication, "a record of another repository");
    return {};
}

Result<> verify(const Kind& kind, ByteView record, ByteView fields, ByteView owner_key) {
    return crypto::verify(scheme, owner_key, as_bytes(kind.context), fields,
                          record.subspan(fields.size()));
}

} // namespace

// PEER-1
PeerId peer_id_of(ByteView ml_dsa_65_public_key) {
    return {crypto::sha256_of({as_bytes("TORGO/PEER/1"), ml_dsa_65_public_key}).bytes};
}

Result<Bytes> sign(const Capability& capability, const crypto::SigningKey& owner,
                   crypto::SignMode mode) {
    if (capability.rights.bits == 0 || capability.rights.bits > Rights::all)
        return fail(Errc::invalid_argument, "a capability gives 1 to 4 known rights");
    CHECK_OK(check_label(capability.label));
    auto record = begin(capability_kind, capability.repository);
    record.raw(capability.client.view())
        .put(capability.rights.bits)
        .signed_varint(capability.not_after_ns);
    record.text(capability.label);
    return finish(std::move(record), capability_kind, owner, mode);
}

Result<Bytes> sign(const Revocation& revocation, const crypto::SigningKey& owner,
                   crypto::SignMode mode) {
    CHECK_OK(check_label(revocation.reason));
    auto record = begin(revocation_kind, revocation.repository);
    record.raw(revocation.client.view()).text(revocation.reason);
    return finish(std::move(record), revocation_kind, owner, mode);
}

Result<Bytes> sign(const Lock& lock, const crypto::SigningKey& owner, crypto::SignMode mode) {
    CHECK_OK(check_label(lock.label));
    auto record = begin(lock_kind, lock.repository);
    record.signed_varint(lock.until_ns).signed_varint(lock.set_ns).text(lock.label);
    return finish(std::move(record), lock_kind, owner, mode);
}

// PEER-20
Result<Capability> open_capability(ByteView record, const RepoId& repository, ByteView owner_key) {
    TRY(const auto fields, fields_of(record));
    Reader in(fields);
    Capability out{.repository = repository, .client = {}, .rights = {}, .label = {}};
    CHECK_OK(read_begin(in, capability_kind, repository));
    TRY(out.client, in.id<PeerId>());
    TRY(out.rights.bits, in.get<std::uint8_t>());
    TRY(out.not_after_ns, in.signed_varint());
    TRY(out.label, in.text(max_label));
    CHECK_OK(in.done());
    if (out.rights.bits == 0 || out.rights.bits > Rights::all)
        return fail(Errc::corrupt, "a capability of unknown rights");
    CHECK_OK(verify(capability_kind, record, fields, owner_key));
    return out;
}

Result<Revocation> open_revocation(ByteView record, const RepoId& repository, ByteView owner_key) {
    TRY(const auto fields, fields_of(record));
    Reader in(fields);
    Revocation out{.repository = repository, .client = {}, .reason = {}};
    CHECK_OK(read_begin(in, revocation_kind, repository));
    TRY(out.client, in.id<PeerId>());
    TRY(out.reason, in.text(max_label));
    CHECK_OK(in.done());
    CHECK_OK(verify(revocation_kind, record, fields, owner_key));
    return out;
}

// PEER-46
Result<Lock> open_lock(ByteView record, const RepoId& repository, ByteView owner_key) {
    TRY(const auto fields, fields_of(record));
    Reader in(fields);
    Lock out{.repository = repository, .until_ns = 0, .set_ns = 0, .label = {}};
    CHECK_OK(read_begin(in, lock_kind, repository));
    TRY(out.until_ns, in.signed_varint());
    TRY(out.set_ns, in.signed_varint());
    TRY(out.label, in.text(max_label));
    CHECK_OK(in.done());
    CHECK_OK(verify(lock_kind, record, fields, owner_key));
    return out;
}

std::string name_of_record(std::string_view prefix, ByteView record) {
    return std::string(prefix) + crypto::sha256(record).hex();
}

PeerId client_of_damaged(ByteView revocation) {
    constexpr std::size_t offset = 4 + 1 + RepoId::size;
    if (revocation.size() < offset + PeerId::size) return {};
    return *PeerId::from(revocation.subspan(offset, PeerId::size));
}

// PEER-10
bool fits_name(std::string_view name, ByteView content) {
    constexpr std::size_t digits = 2 * Digest::size;
    if (name.size() <= digits || name[name.size() - digits - 1] != '-') return true;
    const auto claimed = Digest::parse(name.substr(name.size() - digits));
    return !claimed || *claimed == crypto::sha256(content);
}

} // namespace torgo::peer
