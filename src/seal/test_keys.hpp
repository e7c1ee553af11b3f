#pragma once

// Keys and contents for the tests of this module; the keys are those of the published vectors.

#include "base/ensure.hpp"
#include "crypto/secret.hpp"
#include "seal/fixed_random.hpp"
#include "seal/keys.hpp"

#include <array>
#include <vector>

namespace torgo::seal {

inline constexpr std::array test_suites{Suite::chimera256, Suite::chimera512, Suite::chimera2048};

inline RepoId test_repo() {
    RepoId id;
    for (std::size_t i = 0; i < id.bytes.size(); ++i)
        id.bytes[i] = static_cast<std::uint8_t>(i);
    return id;
}

inline std::vector<crypto::SecretBytes> test_heads(Suite suite) {
    std::vector<crypto::SecretBytes> heads;
    for (std::size_t h = 0; h < head_count(suite); ++h) {
        heads.emplace_back(head_size(suite));
        for (std::size_t i = 0; i < head_size(suite); ++i)
            heads.back().span()[i] = static_cast<std::uint8_t>(16 * (h + 1) + i);
    }
    return heads;
}

inline crypto::SecretBytes test_dedup() {
    crypto::SecretBytes dedup(dedup_secret_size);
    for (std::size_t i = 0; i < dedup.size(); ++i)
        dedup.span()[i] = static_cast<std::uint8_t>(0x80 + i);
    return dedup;
}

inline Keys test_keys(Suite suite, std::uint32_t epoch = 7) {
    auto keys = Keys::derive(suite, test_repo(), epoch, test_heads(suite), test_dedup());
    ENSURE(keys.has_value());
    return std::move(*keys);
}

/// Bytes that do not compress.
inline Bytes test_noise(std::size_t size, std::uint64_t seed) {
    Bytes out(size);
    FixedRandom(seed).fill(out);
    return out;
}

/// Bytes that compress to about a third.
inline Bytes test_text(std::size_t size, std::uint64_t seed) {
    static constexpr std::string_view words[] = {"repository ", "head ", "segment ", "pack ",
                                                 "chunk ",      "node ", "\n\t",     "= "};
    FixedRandom random(seed);
    Bytes out;
    while (out.size() < size) {
        const auto bits = random.next();
        const auto word = words[bits % 8];
        out.insert(out.end(), word.begin(), word.end());
        out.push_back(static_cast<std::uint8_t>('a' + bits / 8 % 26));
    }
    out.resize(size);
    return out;
}

} // namespace torgo::seal
