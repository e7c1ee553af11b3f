#include "crypto/cpu.hpp"
#include "crypto/fast_paths.hpp"
#include "crypto/hash.hpp"
#include "crypto/lanes.hpp"
#include "crypto/mac.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <thread>

namespace torgo::crypto {
namespace {

Bytes pattern(std::size_t size, unsigned seed = 1) {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<std::uint8_t>((i * 167 + i / 256 + seed * 41) >> 1U);
    return out;
}

TEST(Sha256, gives_the_examples_of_fips_180) {
    EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).hex(),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    const Bytes million(1'000'000, 'a');
    EXPECT_EQ(sha256(million).hex(),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha3, gives_the_examples_of_fips_202) {
    EXPECT_EQ(to_hex(sha3_256({})),
              "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
    EXPECT_EQ(to_hex(sha3_256(as_bytes("abc"))),
              "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
}

RC_GTEST_PROP(Sha256, pieces_give_what_the_whole_gives, (const std::vector<Bytes>& pieces)) {
    Bytes whole;
    Sha256 hash;
    hash.update(as_bytes("an earlier message"));
    (void)hash.finish();
    for (const auto& piece : pieces) {
        whole.insert(whole.end(), piece.begin(), piece.end());
        hash.update(piece);
    }
    RC_ASSERT(hash.finish() == sha256(whole));
}

TEST(Sha256, is_right_from_many_threads) {
    const auto text = pattern(1000);
    const auto expected = sha256(text);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i)
                ASSERT_EQ(sha256(text), expected);
        });
}

/// Every length up to four blocks beside a long one, so that lanes start and end apart.
void expect_kernel_is_right(const Sha256Kernel& kernel) {
    const auto text = pattern(70'000);
    std::vector<LaneMessage> messages;
    for (std::size_t size = 0; size < 260; ++size) {
        const auto body = ByteView(text).subspan(size, size % 7 == 0 ? 3000 + size : size);
        messages.push_back({.body = body});
        messages.push_back({.prefix = static_cast<std::uint8_t>(size), .body = body});
    }
    messages.push_back({.prefix = std::uint8_t{0}, .body = ByteView(text).first(64_KiB)});
    run_lanes(kernel, messages);
    for (const auto& m : messages) {
        const auto prefix = m.prefix ? ByteView(&*m.prefix, 1) : ByteView();
        ASSERT_EQ(m.digest, sha256_of({prefix, m.body})) << m.body.size();
    }
}

TEST(Sha256Lanes, of_sha_instructions_agree_with_openssl) {
    if (!cpu_features().sha_instructions) GTEST_SKIP() << "no SHA instructions here";
    expect_kernel_is_right(sha256_sha_ni);
}

TEST(Sha256Lanes, of_avx2_agree_with_openssl) {
    if (!cpu_features().avx2) GTEST_SKIP() << "no AVX2 here";
    expect_kernel_is_right(sha256_avx2);
}

TEST(Sha256Lanes, hash_the_leaves_of_a_tree_of_any_width) {
    const auto text = pattern(200 * 97);
    for (const std::size_t count : {0UL, 1UL, 2UL, 3UL, 47UL, 48UL, 49UL, 200UL}) {
        std::vector<ByteView> messages;
        for (std::size_t i = 0; i < count; ++i)
            messages.push_back(ByteView(text).subspan(i * 97, 97));
        std::vector<Digest> plain(count);
        std::vector<Digest> leaves(count);
        sha256_lanes(messages, plain);
        sha256_lanes(messages, leaves, std::uint8_t{0});
        const std::uint8_t zero = 0;
        for (std::size_t i = 0; i < count; ++i) {
            ASSERT_EQ(plain[i], sha256(messages[i]));
            ASSERT_EQ(leaves[i], sha256_of({ByteView(&zero, 1), messages[i]}));
        }
    }
}

TEST(HmacSha256, gives_the_answers_of_rfc_4231) {
    const auto code = [](const Bytes& key, ByteView message) {
        return HmacSha256(key)({message}).hex();
    };
    EXPECT_EQ(code(Bytes(20, 0x0B), as_bytes("Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(code(Bytes(20, 0xAA), Bytes(50, 0xDD)),
              "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    EXPECT_EQ(
        code(Bytes(131, 0xAA), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

RC_GTEST_PROP(HmacSha256, parts_give_what_the_whole_gives,
              (const Bytes& key, const Bytes& a, const Bytes& b)) {
    const HmacSha256 mac(key);
    auto whole = a;
    whole.insert(whole.end(), b.begin(), b.end());
    RC_ASSERT(mac({a, b}) == mac({whole}));
}

TEST(HmacSha256, is_right_from_many_threads) {
    const HmacSha256 mac(pattern(32));
    const auto text = pattern(80);
    const auto expected = mac({text});
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i)
                ASSERT_EQ(mac({text}), expected);
        });
}

TEST(HmacLanes, agree_with_one_after_another_for_all_key_and_message_lengths) {
    std::vector<HmacSha256> macs;
    for (const std::size_t size : {0UL, 1UL, 32UL, 63UL, 64UL, 65UL, 131UL})
        macs.emplace_back(pattern(size, 9));
    const auto text = pattern(5000);
    std::vector<MacJob> jobs;
    for (std::size_t i = 0; i < 300; ++i)
        jobs.push_back({.mac = &macs[i % macs.size()],
                        .message = ByteView(text).first(i % 11 == 0 ? 16 * i : i)});
    std::vector<Digest> out(jobs.size());
    hmac_lanes(jobs, out);
    for (std::size_t i = 0; i < jobs.size(); ++i)
        ASSERT_EQ(out[i], (*jobs[i].mac)({jobs[i].message})) << i;
    hmac_lanes(std::span(jobs).first(1), std::span(out).first(1));
    EXPECT_EQ(out[0], macs[0]({jobs[0].message}));
}

} // namespace
} // namespace torgo::crypto
