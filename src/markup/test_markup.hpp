#pragma once

// For tests: a key, and a receipt with something in every field.

#include "crypto/sign.hpp"
#include "crypto/tls.hpp"
#include "markup/receipt.hpp"

namespace torgo::markup {

inline const crypto::SigningKey& test_key() {
    static const auto key = *crypto::SigningKey::from_seed(
        crypto::SignatureScheme::ml_dsa_65, crypto::SecretBytes::copy_of(Bytes(32, 7)));
    return key;
}

inline Digest test_digest(std::uint8_t fill) {
    Digest out;
    out.bytes.fill(fill);
    return out;
}

inline Receipt test_receipt(std::uint64_t number = 3) {
    Receipt out;
    out.id.bytes.fill(static_cast<std::uint8_t>(number + 1));
    out.author = crypto::peer_id_of(test_key().public_key());
    out.number = number;
    if (number != 0) out.prev = test_digest(9);
    out.command = "backup";
    out.program = "torgo 0.1.0";
    out.repository = RepoId{{0xC0, 0xFF, 0xEE}};
    out.host = "ward7";
    out.user = "alice";
    out.began_ns = 1'800'000'000'000'000'000;
    out.ended_ns = out.began_ns + 1'500'000'001;
    out.inputs = {{"path", "/home/alice/letters", {}},
                  {"path", "/tmp/odd-\xFF\n`\u202E", {}},
                  {"parent", "1f2e", test_digest(4)}};
    out.outputs = {{"snapshot", "5a5a", test_digest(5)}};
    out.figures = {{"files_new", 12}, {"bytes_read", 18'446'744'073'709'551'615U}};
    return out;
}

} // namespace torgo::markup
