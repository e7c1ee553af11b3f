#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/sign.hpp"
#include "repo/descriptor.hpp"
#include "repo/secrets.hpp"

namespace torgo::repo {

/// The owner's two root keys. Both sign, so that both ML-DSA and SLH-DSA would have to fall.
class RootKeys {
public:
    static Result<RootKeys> from(const Secrets& secrets);

    Bytes ml_dsa_public() const { return m_ml_dsa.public_key(); }

    Bytes slh_dsa_public() const { return m_slh_dsa.public_key(); }

    /// Appends both signatures over `record` to it. cost: about a second (SLH-DSA).
    Result<Bytes> sign(std::string_view context, Bytes record) const;

private:
    RootKeys(crypto::SigningKey ml_dsa, crypto::SigningKey slh_dsa)
        : m_ml_dsa(std::move(ml_dsa)), m_slh_dsa(std::move(slh_dsa)) {}

    crypto::SigningKey m_ml_dsa;
    crypto::SigningKey m_slh_dsa;
};

/// Splits off and checks the two root signatures at the end of `signed_record`; gives the record.
/// errors  `corrupt` when too short, `authentication`
Result<ByteView> check_root_signatures(std::string_view context, ByteView signed_record,
                                       ByteView ml_dsa_public, ByteView slh_dsa_public);

/// The same for one signature of a writer.
Result<ByteView> check_signature(crypto::SignatureScheme scheme, std::string_view context,
                                 ByteView signed_record, ByteView public_key);

/// Appends one signature over `record` to it.
Result<Bytes> append_signature(const crypto::SigningKey& key, std::string_view context,
                               Bytes record);

} // namespace torgo::repo
