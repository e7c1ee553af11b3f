// Files over a simulated mesh: every row arrives once and unchanged, whatever the air.
#include "sim/file_system.hpp"
#include "sim/random.hpp"
#include "uplink/simulated.hpp"
#include "uplink/test_rows.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace torgo::uplink {
namespace {

const GatewayFolders folders{.store = "/store", .state = "/state"};

struct Bench {
    sim::FileSystem files;
    sim::Random random{7};

    std::unique_ptr<GatewayLink> open(const std::string& state = "/state") {
        auto out = GatewayLink::open(files, random, {.store = "/store", .state = state});
        EXPECT_TRUE(out) << out.error().detail();
        return std::move(*out);
    }
};

Proof run(Bench& bench, const std::string& state, const std::string& file,
          const SimulatedOptions& options, RelayOutcome* told = nullptr) {
    const auto feed = Feed::parse(file, 1).value();
    const auto gateway = bench.open(state);
    auto outcome = relay_simulated(bench.random, *gateway, feed, options, {});
    EXPECT_TRUE(outcome) << outcome.error().detail();
    if (!outcome) return {.sent = 1, .lost = 1};
    const auto proof = prove(bench.files, "/store", feed, outcome->sent, outcome->first).value();
    if (told != nullptr) *told = std::move(*outcome);
    return proof;
}

TEST(Simulated, every_row_arrives_once_and_unchanged) {
    for (const double loss : {0.0, 0.1, 0.3}) {
        Bench bench;
        RelayOutcome outcome;
        const auto proof =
            run(bench, "/state", monitor_csv(200), {.loss = loss, .seed = 3}, &outcome);
        EXPECT_EQ(proof.sent, 200U);
        EXPECT_EQ(proof.received, 200U);
        EXPECT_TRUE(proof.holds());
        EXPECT_EQ(outcome.safe.count(), 200U);
        EXPECT_GT(outcome.short_envelopes, 100U);
        std::printf("loss %.0f %%: %llu short, %llu long, %llu resends, %.0f virtual s, safe after "
                    "%.0f/%.0f ms, acknowledged after %.0f/%.0f ms (p50/p99)\n",
                    loss * 100, static_cast<unsigned long long>(outcome.short_envelopes),
                    static_cast<unsigned long long>(outcome.long_envelopes),
                    static_cast<unsigned long long>(outcome.resends),
                    static_cast<double>(outcome.duration_ns) / 1e9,
                    static_cast<double>(outcome.safe.quantile(500)) / 1e6,
                    static_cast<double>(outcome.safe.quantile(990)) / 1e6,
                    static_cast<double>(outcome.acknowledged.quantile(500)) / 1e6,
                    static_cast<double>(outcome.acknowledged.quantile(990)) / 1e6);
    }
}

TEST(Simulated, a_second_run_onto_the_same_store_goes_on) {
    Bench bench;
    EXPECT_TRUE(run(bench, "/first", monitor_csv(50), {.nodes = 2}).holds());
    const auto proof = run(bench, "/second", monitor_csv(50, 50), {.nodes = 2});
    EXPECT_TRUE(proof.holds());
    EXPECT_EQ(proof.received, 50U);
    EXPECT_EQ(bench.open("/third")->collector().find(1)->cumulative(), 100U);
}

} // namespace
} // namespace torgo::uplink
