#include "crypto/selftest.hpp"

#include "base/hex.hpp"
#include "crypto/argon2.hpp"
#include "crypto/cascade.hpp"
#include "crypto/fast_paths.hpp"
#include "crypto/hash.hpp"
#include "crypto/kdf.hpp"
#include "crypto/mac.hpp"
#include "crypto/mesh_primitives.hpp"
#include "crypto/secret_pool.hpp"
#include "crypto/sign.hpp"
#include "crypto/siv.hpp"

#include <openssl/crypto.h>
#include <openssl/thread.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace torgo::crypto {

namespace {

/// 0, 1, 2, …: inputs of the known answers that have no published one.
Bytes counting(std::size_t size) {
    Bytes out(size);
    std::iota(out.begin(), out.end(), std::uint8_t{0});
    return out;
}

Result<> expect(bool right, std::string_view what) {
    if (right) return {};
    return fail(Errc::corrupt, std::string(what) + " gives a wrong answer on this machine");
}

bool is(ByteView bytes, std::string_view hex_text) {
    return to_hex(bytes) == hex_text;
}

Result<> test_hashes() {
    // FIPS 180-4 example "abc"; RFC 4231 case 2.
    CHECK_OK(expect(is(sha256(as_bytes("abc")).view(),
                       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
                    "SHA-256"));
    const HmacSha256 mac(as_bytes("Jefe"));
    const auto message = as_bytes("what do ya want for nothing?");
    const auto code = mac({message});
    CHECK_OK(expect(is(code.view(), "5bdcc146bf60754e6a042426089575c7"
                                    "5a003f089d2739839dec58b964ec3843"),
                    "HMAC-SHA-256"));
    std::array<Digest, 2> together;
    hmac_lanes(std::array<MacJob, 2>{{{&mac, message}, {&mac, message}}}, together);
    return expect(together[0] == code && together[1] == code, "HMAC-SHA-256 in lanes");
}

Result<> test_derivation() {
    // The inputs of RFC 5869 A.1; its own answer is for SHA-256, the one for SHA-512 was made with
    // Python's hmac module.
    const Bytes key(22, 0x0B);
    const auto salt = counting(13);
    const auto info = from_hex("f0f1f2f3f4f5f6f7f8f9");
    const auto output = [&](HkdfHash hash) {
        return hkdf_expand(hkdf_extract(salt, key, hash), *info, 42, hash);
    };
    CHECK_OK(
        expect(is(output(HkdfHash::sha256).view(),
                  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b8"
                  "87185865"),
               "HKDF-SHA-256"));
    return expect(is(output(HkdfHash::sha512).view(),
                     "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9"
                     "f925d7cb"),
                  "HKDF-SHA-512");
}

Result<> test_stretching() {
    // RFC 9106 5.3.
    const Bytes password(32, 1);
    const Bytes salt(16, 2);
    const Bytes secret(8, 3);
    const Bytes ad(12, 4);
    TRY(const auto tag, argon2id({.password = password, .salt = salt, .secret = secret, .ad = ad},
                                 {.memory_kib = 32, .passes = 3, .lanes = 4}, 32));
    return expect(is(tag.view(), "0d640df58d78766c08c037a34a8b53c9"
                                 "d01ef0452d75b65eb52520e96b01e659"),
                  "Argon2id");
}

Result<> test_wrapping() {
    // Made with another library, which also reproduces RFC 5297 A.1 (that one has a shorter key).
    const auto key = SecretBytes::copy_of(counting(siv_key_size));
    const auto plaintext = counting(32);
    TRY(const auto sealed, siv_seal(key, as_bytes("torgo"), plaintext));
    CHECK_OK(expect(is(sealed, "f339a5da049189dde8d168975df50c5f2f44572c67eca2fc6f8c7d2e256da847"
                               "6d3e2505e8a74e16550bed0111dd78d2"),
                    "AES-256-SIV"));
    TRY(const auto opened, siv_open(key, as_bytes("torgo"), sealed));
    return expect(std::ranges::equal(opened.view(), plaintext), "AES-256-SIV");
}

/// Test case 14 of "The Galois/Counter Mode of Operation": all keys and input zero. A head with the
/// zero key makes the same keystream as that GCM: with one head the two cancel.
Result<> test_cascade(Path path) {
    Cascade cascade(path);
    const std::array<ShortLivedKey, 2> zero;
    std::array<std::uint8_t, 16> block{};
    std::array<std::uint8_t, Cascade::tag_size> tag{};
    cascade.encrypt({}, zero[0], {}, block, block, tag);
    CHECK_OK(expect(is(block, "cea7403d4d606b6e074ec5d3baf39d18") &&
                        is(tag, "d0d1c8a799996bf0265b98b5d48ab919"),
                    "AES-256-GCM"));
    CHECK_OK(cascade.decrypt({}, zero[0], {}, block, block, tag));
    block.fill(0);
    cascade.encrypt(std::span(zero).first(1), zero[0], {}, block, block, tag);
    return expect(std::ranges::all_of(block, [](auto b) { return b == 0; }), "AES-256-CTR");
}

struct SignatureAnswer {
    SignatureScheme scheme;
    std::string_view name;
    std::string_view public_key_hash;
    std::string_view signature_hash;
};

/// Seed 00 01 02 …; SHA-256 of the public key and of the deterministic signature of "message" in
/// context "torgo/test/1"; made with an implementation of FIPS 204 that shares no code with
/// OpenSSL.
constexpr SignatureAnswer signature_answers[] = {
    {SignatureScheme::ml_dsa_65, "ML-DSA-65",
     "d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9",
     "e5432dbd1398d786d6e567213394a3609db65d19ff266c8f47b590c0517ba330"},
    {SignatureScheme::ml_dsa_87, "ML-DSA-87",
     "91dc389cfaa01470b7f66eee45a4ae9026d154817c754dfe22298b3fa241ffcd",
     "b9289de3bc1725eb5aa70c98a1c013f908eb7be39ad97b961fe2a1b9fe94c3ca"}};

Result<> test_signatures() {
    for (const auto& answer : signature_answers) {
        const auto seed = SecretBytes::copy_of(counting(sizes_of(answer.scheme).seed));
        TRY(const auto key, SigningKey::from_seed(answer.scheme, seed));
        const auto public_key = key.public_key();
        const auto context = as_bytes("torgo/test/1");
        const auto message = as_bytes("message");
        TRY(const auto signature, key.sign(context, message, SignMode::deterministic));
        CHECK_OK(expect(is(sha256(public_key).view(), answer.public_key_hash) &&
                            is(sha256(signature).view(), answer.signature_hash),
                        answer.name));
        CHECK_OK(verify(answer.scheme, public_key, context, message, signature));
    }
    // Only the key here: a signature takes two seconds. PK.root is from a program of FIPS 205's
    // text.
    TRY(const auto root, SigningKey::from_seed(SignatureScheme::slh_dsa_sha2_256s,
                                               SecretBytes::copy_of(counting(96))));
    return expect(is(ByteView(root.public_key()).last(32),
                     "da7163e601352515bc0f06f9f4f44be71a5a65ee9dca5575cf4a7b6d4a87d6e2"),
                  "SLH-DSA-SHA2-256s");
}

/// RFC 4493 4, example 2 (whose first block is AES-128 of one block); SEC 2 2.4.2: the point of the
/// number 1 is the base point.
Result<> test_mesh() {
    const Block128 key{0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6,
                       0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C};
    const Block128 message{0x6B, 0xC1, 0xBE, 0xE2, 0x2E, 0x40, 0x9F, 0x96,
                           0xE9, 0x3D, 0x7E, 0x11, 0x73, 0x93, 0x17, 0x2A};
    CHECK_OK(expect(is(aes_cmac(Aes128(key), {message}), "070a16b46b4d4144f79bdd9dd04a287c"),
                    "AES-CMAC"));
    P256::PrivateKey one{};
    one.back() = 1;
    TRY(const auto point, P256::public_of(one));
    return expect(is(ByteView(point).first(32),
                     "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
                  "P-256");
}

} // namespace

Result<> self_test() {
    CHECK_OK(test_hashes());
    CHECK_OK(test_derivation());
    CHECK_OK(test_stretching());
    CHECK_OK(test_wrapping());
    CHECK_OK(test_cascade(Path::reference));
    CHECK_OK(test_cascade(Path::fast));
    CHECK_OK(test_mesh());
    return test_signatures();
}

std::string description() {
    const auto* const lanes = sha256_kernel();
    const auto memory = SecretPool::instance().usage();
    const bool threads =
        (OSSL_get_thread_support_flags() & OSSL_THREAD_SUPPORT_FLAG_DEFAULT_SPAWN) != 0;
    return std::string("OpenSSL ") + OpenSSL_version(OPENSSL_VERSION_STRING) +
           "; heads: " + (wide_heads_usable() ? "256-bit VAES, all in one pass" : "OpenSSL") +
           "; SHA-256: " + (lanes != nullptr ? std::string(lanes->name) : "OpenSSL") +
           "; Argon2id: " + (threads ? "a thread for each lane" : "one thread") +
           "; memory for secrets: " +
           (memory.unlocked == 0 ? "locked" : "not locked (RLIMIT_MEMLOCK)");
}

} // namespace torgo::crypto
