#include "repo/secrets.hpp"

#include "crypto/sign.hpp"

namespace torgo::repo {

namespace {
// REPO-12
crypto::SecretBytes draw(std::size_t size, env::Random& random) {
    crypto::SecretBytes secret(size);
    random.fill(secret.span());
    return secret;
}
} // namespace

Secrets Secrets::generate(seal::Suite suite, env::Random& random) {
    Secrets secrets;
    for (std::size_t i = 0; i < seal::head_count(suite); ++i)
        secrets.heads.push_back(draw(seal::head_size(suite), random));
    secrets.dedup = draw(seal::dedup_secret_size, random);
    using crypto::SignatureScheme;
    secrets.root_ml_dsa = draw(crypto::sizes_of(SignatureScheme::ml_dsa_87).seed, random);
    secrets.root_slh_dsa = draw(crypto::sizes_of(SignatureScheme::slh_dsa_sha2_256s).seed, random);
    return secrets;
}

Result<seal::Keys> Secrets::keys(seal::Suite suite, const RepoId& repo, std::uint32_t epoch) const {
    return seal::Keys::derive(suite, repo, epoch, heads, dedup);
}

} // namespace torgo::repo
