#include "tor/onion_network.hpp"
#include "tor/socks.hpp"
#include "tor/test_stream.hpp"

#include <gtest/gtest.h>

namespace torgo::tor {

namespace {

constexpr const char* onion = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion";

/// Answers each of the three questions in turn, and keeps them.
struct Proxy {
    Proxy() {
        peer.answer = [this](std::string& input) {
            heard.push_back(std::exchange(input, {}));
            return heard.size() <= answers.size() ? answers[heard.size() - 1] : std::string();
        };
        peer.ended = true;
    }

    Result<> ask(const Isolation& isolation = {"user", "label"}) {
        PeerStream stream(peer);
        return socks_connect(stream, onion, 0x1234, isolation, 0);
    }

    Peer peer;
    std::vector<std::string> heard;
    std::vector<std::string> answers{{"\x05\x02"},
                                     std::string("\x01\x00", 2),
                                     std::string("\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50", 10)};
};

} // namespace

TEST(Socks, asks_one_thing_at_a_time_and_gives_the_name) {
    Proxy proxy;
    proxy.answers[2] += "first bytes of the peer";
    ASSERT_TRUE(proxy.ask().has_value());
    ASSERT_EQ(proxy.heard.size(), 3U);
    EXPECT_EQ(proxy.heard[0], "\x05\x01\x02");
    EXPECT_EQ(proxy.heard[1], "\x01\x04user\x05label");
    EXPECT_EQ(proxy.heard[2], std::string("\x05\x01\x00\x03\x3e", 5) + onion + "\x12\x34");
    EXPECT_EQ(proxy.peer.output, "first bytes of the peer");
}

TEST(Socks, takes_addresses_of_every_type_in_the_reply) {
    const std::string ok("\x05\x00\x00", 3);
    for (const auto& address : {"\x04" + std::string(18, 'a'), "\x03\x05" + std::string(7, 'a'),
                                "\x01" + std::string(6, 'a')}) {
        Proxy proxy;
        proxy.peer.piece = 1;
        proxy.answers[2] = ok + address;
        EXPECT_TRUE(proxy.ask().has_value());
        EXPECT_EQ(proxy.peer.output, "");
    }
    Proxy proxy;
    proxy.answers[2] = ok + "\x02" + std::string(6, 'a');
    EXPECT_EQ(proxy.ask().error().code(), Errc::corrupt);
}

TEST(Socks, tells_every_refusal_apart) {
    const auto code_for = [](unsigned code) {
        Proxy proxy; // nothing follows the code
        proxy.answers[2] = std::string{'\x05', static_cast<char>(code)};
        return proxy.ask().error().code();
    };
    for (const unsigned code : {0x01U, 0x03U, 0x04U, 0x05U, 0xF0U, 0xF1U, 0xF2U, 0xF3U, 0xF7U})
        EXPECT_EQ(code_for(code), Errc::unavailable) << code;
    for (const unsigned code : {0x02U, 0xF4U, 0xF5U})
        EXPECT_EQ(code_for(code), Errc::permission) << code;
    for (const unsigned code : {0x07U, 0x08U})
        EXPECT_EQ(code_for(code), Errc::unsupported) << code;
    EXPECT_EQ(code_for(0x06), Errc::timeout);
    EXPECT_EQ(code_for(0xF6), Errc::invalid_argument);
    for (const unsigned code : {0x09U, 0x80U, 0xEFU, 0xF8U, 0xFFU})
        EXPECT_EQ(code_for(code), Errc::corrupt) << code;
}

TEST(Socks, every_short_answer_is_an_early_end) {
    const Proxy whole;
    for (std::size_t question = 0; question < 3; ++question)
        for (std::size_t size = 0; size < whole.answers[question].size(); ++size) {
            Proxy proxy;
            proxy.answers.resize(question + 1);
            proxy.answers[question].resize(size);
            EXPECT_EQ(proxy.ask().error().code(), Errc::unavailable) << question << ' ' << size;
        }
}

TEST(Socks, refuses_a_proxy_that_would_not_isolate) {
    const auto code_for = [](std::size_t question, std::string answer) {
        Proxy proxy;
        proxy.answers[question] = std::move(answer);
        return proxy.ask().error().code();
    };
    EXPECT_EQ(code_for(0, std::string("\x05\x00", 2)), Errc::unsupported);
    EXPECT_EQ(code_for(0, "\x05\xff"), Errc::unsupported);
    EXPECT_EQ(code_for(0, "\x05\x01"), Errc::corrupt);
    EXPECT_EQ(code_for(0, "\x04\x02"), Errc::corrupt);
    EXPECT_EQ(code_for(1, "\x01\x01"), Errc::permission);
    EXPECT_EQ(code_for(1, std::string("\x05\x00", 2)), Errc::corrupt);
}

TEST(Socks, refuses_users_that_tor_keeps_and_fields_that_do_not_fit) {
    for (const auto& [user, password] : std::vector<std::pair<std::string, std::string>>{
             {"<torS0X>0", "x"}, {"", "x"}, {"x", ""}, {"x", std::string(256, 'a')}}) {
        Proxy proxy;
        EXPECT_EQ(proxy.ask({user, password}).error().code(), Errc::invalid_argument);
        EXPECT_TRUE(proxy.heard.empty());
    }
}

TEST(OnionNetwork, opens_nothing_for_what_is_no_onion_service) {
    Proxy proxy;
    PeerNetwork way({"/tor/socks", 0}, proxy.peer);
    const auto network = OnionNetwork::make(way, {"/tor/socks", 0}, "label").value();
    std::string wrong = onion;
    wrong[0] = 'a';
    for (const auto& to : std::vector<env::Endpoint>{{"example.org", 443},
                                                     {"127.0.0.1", 443},
                                                     {"/tor/socks", 0},
                                                     {wrong, 443},
                                                     {onion, 0},
                                                     {std::string("www.") + onion, 443}})
        EXPECT_EQ(network->connect(to, 0, {}).error().code(), Errc::invalid_argument) << to.host;
    EXPECT_TRUE(way.asked.empty());
    ASSERT_TRUE(network->connect({onion, 443}, 0, {}).has_value());
    EXPECT_EQ(way.asked, (std::vector<env::Endpoint>{{"/tor/socks", 0}}));
    EXPECT_EQ(proxy.heard[1], "\x01\x05torgo\x05label");
}

TEST(OnionNetwork, takes_a_way_out_on_this_machine_only) {
    Proxy proxy;
    PeerNetwork way({"/tor/socks", 0}, proxy.peer);
    const auto taken = [&](const env::Endpoint& socks) {
        return OnionNetwork::make(way, socks, "label").has_value();
    };
    for (const auto* host : {"127.0.0.1", "127.255.0.9", "::1"})
        EXPECT_TRUE(taken({host, 9050})) << host;
    for (const auto* host : {"localhost", "10.0.0.1", "127.0.0.1.5", "127.0.1", "0127.0.0.1",
                             "127.0.0.01", "127.0.0.256", "127.0.0.", "", "::2", "a.example"})
        EXPECT_FALSE(taken({host, 9050})) << host;
    EXPECT_FALSE(taken({"relative", 0}));
    EXPECT_FALSE(OnionNetwork::make(way, {"/s", 0}, "").has_value());
    EXPECT_FALSE(OnionNetwork::make(way, {"/s", 0}, std::string(256, 'a')).has_value());
}

} // namespace torgo::tor
