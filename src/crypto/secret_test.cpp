#include "crypto/secret.hpp"
#include "crypto/secret_pool.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <ostream>
#include <thread>
#include <type_traits>

namespace torgo::crypto {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes> &&
              !std::is_copy_assignable_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(!Printable<SecretBytes>);

bool all_zero(ByteView bytes) {
    return std::ranges::all_of(bytes, [](auto b) { return b == 0; });
}

TEST(SecretBytes, start_as_zeros_of_any_size) {
    for (const std::size_t size : {0UL, 1UL, 31UL, 32UL, 33UL, 64UL, 4096UL, 4097UL, 100'000UL}) {
        const SecretBytes secret(size);
        EXPECT_EQ(secret.size(), size);
        EXPECT_TRUE(all_zero(secret.view()));
    }
}

TEST(SecretBytes, are_wiped_before_their_memory_is_used_again) {
    const std::uint8_t* before = nullptr;
    {
        SecretBytes secret(64);
        std::ranges::fill(secret.span(), std::uint8_t{0xAA});
        before = secret.view().data();
    }
    const SecretBytes next(64);
    ASSERT_EQ(next.view().data(), before) << "the test must look at the same memory";
    EXPECT_TRUE(all_zero(next.view()));
}

TEST(SecretBytes, moving_leaves_nothing_behind) {
    auto a = SecretBytes::copy_of(as_bytes("secret"));
    SecretBytes b(std::move(a));
    EXPECT_TRUE(a.empty()); // NOLINT(bugprone-use-after-move): this is what is tested
    EXPECT_EQ(as_text(b.view()), "secret");
    auto c = SecretBytes::copy_of(as_bytes("other"));
    c = std::move(b);
    EXPECT_EQ(as_text(c.view()), "secret");
}

RC_GTEST_PROP(SecretBytes, never_share_memory, (std::vector<std::uint16_t> sizes)) {
    std::vector<SecretBytes> secrets;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        secrets.emplace_back(sizes[i] % 5000U);
        std::ranges::fill(secrets.back().span(), static_cast<std::uint8_t>(i));
    }
    for (std::size_t i = 0; i < secrets.size(); ++i)
        RC_ASSERT(std::ranges::all_of(secrets[i].view(),
                                      [&](auto b) { return b == static_cast<std::uint8_t>(i); }));
}

TEST(SecretBytes, may_be_made_and_ended_by_many_threads) {
    const auto work = [](std::uint8_t mark) {
        for (std::size_t i = 0; i < 2000; ++i) {
            SecretBytes secret(i % 200);
            ASSERT_TRUE(all_zero(secret.view()));
            std::ranges::fill(secret.span(), mark);
        }
    };
    std::vector<std::jthread> threads;
    for (std::uint8_t mark = 1; mark <= 4; ++mark)
        threads.emplace_back(work, mark);
}

TEST(SecretPool, locks_few_pages_for_many_secrets) {
    const auto before = SecretPool::instance().usage();
    std::vector<SecretBytes> secrets;
    for (int i = 0; i < 1000; ++i)
        secrets.emplace_back(std::size_t{32});
    const auto after = SecretPool::instance().usage();
    EXPECT_GT(after.locked + after.unlocked, 0U);
    EXPECT_LE(after.locked + after.unlocked - before.locked - before.unlocked, 64_KiB);
}

TEST(Wipe, makes_zeros) {
    Bytes bytes(100, 7);
    wipe(ByteSpan(bytes).first(60));
    EXPECT_TRUE(all_zero(ByteView(bytes).first(60)));
    EXPECT_EQ(bytes[60], 7);
}

TEST(EqualConstantTime, is_equality) {
    EXPECT_TRUE(equal_constant_time({}, {}));
    EXPECT_TRUE(equal_constant_time(as_bytes("abc"), as_bytes("abc")));
    EXPECT_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("abd")));
    EXPECT_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("abcd")));
}

} // namespace
} // namespace torgo::crypto
