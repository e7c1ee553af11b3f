#include "base/bytes.hpp"
#include "node/pace.hpp"
#include "sim/clock.hpp"

#include <gtest/gtest.h>

namespace torgo::node {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

const Payer somebody{.is_stranger = false};

Payer owner_of(std::uint8_t number) {
    RepoId repository;
    repository.bytes[0] = number;
    return {.is_stranger = false, .repository = repository};
}

Payer stranger_at(std::uint8_t number) {
    auto payer = owner_of(number);
    payer.is_stranger = true;
    return payer;
}

TEST(Pace, a_repository_has_a_limit_of_its_own_each_way) {
    sim::Clock clock;
    Pace pace(clock, {.receive = {}, .send = {}, .each_repository = {.rate = 1_MiB}});
    const auto quarter = second_ns - head::TokenBucket::burst_ns;
    EXPECT_EQ(pace.receiving(owner_of(1)).take(1_MiB), quarter);
    EXPECT_EQ(pace.receiving(owner_of(2)).take(1_MiB), quarter);
    EXPECT_EQ(pace.sending(owner_of(1)).take(1_MiB), quarter);
    EXPECT_EQ(pace.receiving(owner_of(1)).take(1_MiB), quarter + second_ns);
    EXPECT_EQ(pace.receiving(somebody).take(1_MiB), 0);
}

TEST(Pace, all_repositories_share_the_limit_of_the_node) {
    sim::Clock clock;
    Pace pace(clock, {.receive = {.rate = 1_MiB}, .send = {}, .each_repository = {.rate = 2_MiB}});
    EXPECT_EQ(pace.receiving(owner_of(1)).take(1_MiB), second_ns - head::TokenBucket::burst_ns);
    EXPECT_EQ(pace.receiving(owner_of(2)).take(1_MiB), 2 * second_ns - head::TokenBucket::burst_ns);
    EXPECT_EQ(pace.receiving(owner_of(1)).piece(1_MiB), 128_KiB);
    EXPECT_EQ(pace.sending(owner_of(1)).piece(1_MiB), 256_KiB);
}

// NODE-14
TEST(Pace, strangers_take_nothing_of_what_others_have) {
    sim::Clock clock;
    Pace pace(clock, {.receive = {.rate = 16_MiB},
                      .send = {.rate = 16_MiB},
                      .each_repository = {.rate = 1_MiB}});
    const auto burst = head::TokenBucket::burst_ns;
    for (int i = 1; i <= 10; ++i) {
        EXPECT_EQ(pace.receiving(stranger_at(1)).take(1_MiB), i * second_ns - burst)
            << "a sixteenth, all of them together";
        EXPECT_EQ(pace.sending(stranger_at(2)).take(1_MiB), i * second_ns - burst);
    }
    EXPECT_EQ(pace.receiving(owner_of(1)).take(256_KiB), 0);
    EXPECT_EQ(pace.sending(owner_of(2)).take(256_KiB), 0);
    EXPECT_EQ(pace.receiving(somebody).take(3_MiB), 0);
}

// NODE-14
TEST(Pace, strangers_are_never_too_slow_for_a_link_and_unlimited_where_all_are) {
    sim::Clock clock;
    Pace slow(clock, {.receive = {.rate = 32_KiB}, .send = {}, .each_repository = {}});
    EXPECT_EQ(slow.receiving(Payer{}).take(16_KiB), second_ns - head::TokenBucket::burst_ns);
    EXPECT_EQ(slow.sending(Payer{}).take(64_MiB), 0);
}

} // namespace
} // namespace torgo::node
