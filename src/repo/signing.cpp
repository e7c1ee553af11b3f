#include "repo/signing.hpp"

namespace torgo::repo {

using crypto::SignatureScheme;

Result<RootKeys> RootKeys::from(const Secrets& secrets) {
    TRY(auto ml, crypto::SigningKey::from_seed(SignatureScheme::ml_dsa_87, secrets.root_ml_dsa));
    TRY(auto slh,
        crypto::SigningKey::from_seed(SignatureScheme::slh_dsa_sha2_256s, secrets.root_slh_dsa));
    return RootKeys(std::move(ml), std::move(slh));
}

Result<Bytes> RootKeys::sign(std::string_view context, Bytes record) const {
    TRY(const auto first, m_ml_dsa.sign(as_bytes(context), record));
    TRY(const auto second, m_slh_dsa.sign(as_bytes(context), record));
    record.insert(record.end(), first.begin(), first.end());
    record.insert(record.end(), second.begin(), second.end());
    return record;
}

// REPO-15
Result<ByteView> check_root_signatures(std::string_view context, ByteView signed_record,
                                       ByteView ml_dsa_public, ByteView slh_dsa_public) {
    const auto ml_size = crypto::sizes_of(SignatureScheme::ml_dsa_87).signature;
    const auto slh_size = crypto::sizes_of(SignatureScheme::slh_dsa_sha2_256s).signature;
    if (signed_record.size() < ml_size + slh_size)
        return fail(Errc::corrupt, "a signed record is too short");
    const auto record = signed_record.first(signed_record.size() - ml_size - slh_size);
    const auto first = signed_record.subspan(record.size(), ml_size);
    const auto second = signed_record.last(slh_size);
    CHECK_OK(crypto::verify(SignatureScheme::ml_dsa_87, ml_dsa_public, as_bytes(context), record,
                            first));
    CHECK_OK(crypto::verify(SignatureScheme::slh_dsa_sha2_256s, slh_dsa_public, as_bytes(context),
                            record, second));
    return record;
}

Result<ByteView> check_signature(SignatureScheme scheme, std::string_view context,
                                 ByteView signed_record, ByteView public_key) {
    const auto size = crypto::sizes_of(scheme).signature;
    if (signed_record.size() < size) return fail(Errc::corrupt, "a signed record is too short");
    const auto record = signed_record.first(signed_record.size() - size);
    CHECK_OK(
        crypto::verify(scheme, public_key, as_bytes(context), record, signed_record.last(size)));
    return record;
}

Result<Bytes> append_signature(const crypto::SigningKey& key, std::string_view context,
                               Bytes record) {
    TRY(const auto signature, key.sign(as_bytes(context), record));
    record.insert(record.end(), signature.begin(), signature.end());
    return record;
}

} // namespace torgo::repo
