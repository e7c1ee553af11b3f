#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/secret.hpp"
#include "env/random.hpp"
#include "seal/keys.hpp"

#include <memory>
#include <vector>

namespace torgo::repo {

/// Everything an owner must never lose and never show (docs/spec/repository.md 4).
struct Secrets {
    std::vector<crypto::SecretBytes> heads; ///< H_1 … H_n, each from its own draw
    crypto::SecretBytes dedup{0};           ///< D, 64 bytes
    crypto::SecretBytes root_ml_dsa{0};     ///< seed of the ML-DSA-87 root key, 32 bytes
    crypto::SecretBytes root_slh_dsa{0};    ///< seed of the SLH-DSA-SHA2-256s root key, 96 bytes

    static Secrets generate(seal::Suite suite, env::Random& random);

    /// The keys that follow from them for one epoch.
    Result<seal::Keys> keys(seal::Suite suite, const RepoId& repo, std::uint32_t epoch) const;
};

} // namespace torgo::repo
