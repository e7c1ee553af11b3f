#include "peer/node_link.hpp"
#include "sim/clock.hpp"
#include "sim/random.hpp"

#include <gtest/gtest.h>

namespace torgo::peer {
namespace {

/// Nobody is there; counts who asked.
class DeadNetwork final : public env::Network {
public:
    Result<std::unique_ptr<env::Stream>> connect(const env::Endpoint&, env::Deadline,
                                                 const std::stop_token&) override {
        ++tries;
        return fail(Errc::unavailable, "nobody answers");
    }

    int tries = 0;
};

Result<Answer> ask(NodeLink& link) {
    return link.exchange(
        {.method = Method::get, .target = "/v1/status", .headers = {}, .body_size = 0},
        [](ByteSpan) -> Result<std::size_t> { return 0; },
        [](const Answer&, ByteView) -> Result<> { return {}; });
}

/// The rest of what a link does is tested against a node, in src/node/link_test.cpp.
TEST(NodeLink, lets_a_node_that_cannot_be_reached_rest_before_it_tries_again) {
    DeadNetwork network;
    sim::Clock clock;
    sim::Random random(1);
    const auto seed = crypto::SecretBytes::copy_of(Bytes(crypto::TlsIdentity::seed_size, 1));
    const auto identity = crypto::TlsIdentity::from_seed(seed).value();
    const auto context = crypto::TlsContext::make(crypto::TlsRole::client, identity).value();
    auto limits = LinkLimits::onion();
    NodeLink link(network, {.id = identity.id(), .endpoints = {{.host = "gone", .port = 1}}},
                  context, clock, random, limits);
    EXPECT_EQ(ask(link).error().code(), Errc::unavailable);
    EXPECT_EQ(ask(link).error().code(), Errc::unavailable);
    EXPECT_EQ(network.tries, 1);
    clock.sleep_ns(limits.rest_ns);
    EXPECT_EQ(ask(link).error().code(), Errc::unavailable);
    EXPECT_EQ(network.tries, 2);
}

} // namespace
} // namespace torgo::peer
