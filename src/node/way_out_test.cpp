#include "node/way_out.hpp"

#include <gtest/gtest.h>

namespace torgo::node {

namespace {

/// Writes down where somebody wants to go, and lets nobody through.
class Dead final : public env::Network {
public:
    Result<std::unique_ptr<env::Stream>> connect(const env::Endpoint& to, env::Deadline,
                                                 const std::stop_token&) override {
        asked.push_back(to);
        return fail(Errc::timeout, "nobody");
    }

    std::vector<env::Endpoint> asked;
};

constexpr const char* onion = "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd.onion";

} // namespace

TEST(WayOut, leads_nowhere_while_there_is_no_tor) {
    Dead way;
    WayOut out(way);
    EXPECT_EQ(out.connect({onion, 7443}, 0, {}).error().code(), Errc::unavailable);
    out.use(env::Endpoint{"127.0.0.1", 9050});
    out.use(std::nullopt);
    EXPECT_EQ(out.connect({onion, 7443}, 0, {}).error().code(), Errc::unavailable);
    EXPECT_TRUE(way.asked.empty());
}

TEST(WayOut, leads_to_tor_and_past_it_to_nobody) {
    Dead way;
    WayOut out(way);
    out.use(env::Endpoint{"127.0.0.1", 9050});
    EXPECT_FALSE(out.connect({"192.0.2.1", 7443}, 0, {}));
    EXPECT_TRUE(way.asked.empty()) << "not an onion service";
    EXPECT_EQ(out.connect({onion, 7443}, 0, {}).error().code(), Errc::timeout);
    EXPECT_EQ(way.asked, (std::vector{env::Endpoint{"127.0.0.1", 9050}}));
}

} // namespace torgo::node
