#include "base/bytes.hpp"
#include "node/pace.hpp"
#include "sim/clock.hpp"

#include <gtest/gtest.h>

namespace torgo::node {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

RepoId repository(std::uint8_t number) {
    RepoId out;
    out.bytes[0] = number;
    return out;
}

TEST(Pace, a_repository_has_a_limit_of_its_own_each_way) {
    sim::Clock clock;
    Pace pace(clock, {.receive = {}, .send = {}, .each_repository = {.rate = 1_MiB}});
    const auto quarter = second_ns - head::TokenBucket::burst_ns;
    EXPECT_EQ(pace.receiving(repository(1)).take(1_MiB), quarter);
    EXPECT_EQ(pace.receiving(repository(2)).take(1_MiB), quarter);
    EXPECT_EQ(pace.sending(repository(1)).take(1_MiB), quarter);
    EXPECT_EQ(pace.receiving(repository(1)).take(1_MiB), quarter + second_ns);
    EXPECT_EQ(pace.receiving(std::nullopt).take(1_MiB), 0);
}

TEST(Pace, all_repositories_share_the_limit_of_the_node) {
    sim::Clock clock;
    Pace pace(clock, {.receive = {.rate = 1_MiB}, .send = {}, .each_repository = {.rate = 2_MiB}});
    EXPECT_EQ(pace.receiving(repository(1)).take(1_MiB), second_ns - head::TokenBucket::burst_ns);
    EXPECT_EQ(pace.receiving(repository(2)).take(1_MiB),
              2 * second_ns - head::TokenBucket::burst_ns);
    EXPECT_EQ(pace.receiving(repository(1)).piece(1_MiB), 128_KiB);
    EXPECT_EQ(pace.sending(repository(1)).piece(1_MiB), 256_KiB);
}

TEST(Pace, strangers_who_name_repositories_fill_no_memory) {
    sim::Clock clock;
    Pace pace(clock, {.receive = {}, .send = {}, .each_repository = {.rate = 1_MiB}});
    for (unsigned i = 0; i < 10'000; ++i) {
        RepoId one;
        one.bytes[1] = static_cast<std::uint8_t>(i);
        one.bytes[2] = static_cast<std::uint8_t>(i >> 8U);
        EXPECT_EQ(pace.sending(one).take(1), 0);
    }
}

} // namespace
} // namespace torgo::node
