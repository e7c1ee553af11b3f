#pragma once

// For tests: receipts, keys and batches.

#include "crypto/hash.hpp"
#include "crypto/tls.hpp"
#include "peer/receipt.hpp"

#include <utility>
#include <vector>

namespace torgo::peer {

inline constexpr RepoId test_repo{{0xC0, 0xFF, 0xEE}};

inline Receipt make_receipt(std::uint8_t number) {
    Receipt receipt;
    receipt.trace.bytes.fill(number);
    receipt.other.bytes.fill(7);
    receipt.subject.bytes.fill(static_cast<std::uint8_t>(number + 1));
    receipt.content.bytes.fill(static_cast<std::uint8_t>(number + 2));
    receipt.bytes = 1000U + number;
    receipt.time_ns = -5 + number;
    receipt.kind = Transfer::get_root;
    return receipt;
}

inline const crypto::SigningKey& key_number(std::uint8_t seed) {
    static const auto make = [](std::uint8_t number) {
        return *crypto::SigningKey::from_seed(ledger_scheme,
                                              crypto::SecretBytes::copy_of(Bytes(32, number)));
    };
    static const crypto::SigningKey keys[] = {make(0), make(1), make(2)};
    return keys[seed];
}

inline PeerId peer_of(const crypto::SigningKey& key) {
    return crypto::peer_id_of(key.public_key());
}

/// A sound chain of batches with these receipts, each closed at the second of its number.
inline std::vector<KeptBatch> make_chain(const std::vector<std::vector<Receipt>>& batches,
                                         const crypto::SigningKey& key = key_number(1)) {
    std::vector<KeptBatch> chain;
    Digest previous;
    for (const auto& receipts : batches) {
        const auto number = chain.size();
        const LedgerBatch batch{.public_key = {},
                                .repository = test_repo,
                                .number = number,
                                .previous = previous,
                                .unsure = 0,
                                .time_ns = static_cast<std::int64_t>(number) * 1'000'000'000,
                                .receipts = receipts};
        chain.push_back({number, *encode(batch, key)});
        previous = crypto::sha256(chain.back().bytes);
    }
    return chain;
}

} // namespace torgo::peer
