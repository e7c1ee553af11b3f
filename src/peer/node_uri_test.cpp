#include "peer/node_uri.hpp"

#include <gtest/gtest.h>

namespace torgo::peer {
namespace {

const std::string id(64, 'a');

// HEAD-30
TEST(NodeUri, comes_back_as_it_was_written) {
    for (const std::string place :
         {"tor://abc.onion/", "tor://abc.onion:1/", "tls://host:7443/", "tls://192.0.2.1:1/",
          "tls://[fe80::1]:65535/", "tls://a.b-c.example:443/"}) {
        const auto uri = parse_node_uri(place + id);
        ASSERT_TRUE(uri) << place;
        EXPECT_EQ(format_node_uri(*uri), place + id);
        EXPECT_EQ(uri->node.hex(), id);
    }
    EXPECT_EQ(parse_node_uri("tor://abc.onion/" + id)->address,
              (Address{Address::Way::tor, "abc.onion", default_node_port}));
    EXPECT_EQ(parse_node_uri("tls://[::1]:80/" + id)->address,
              (Address{Address::Way::tcp, "::1", 80}));
}

TEST(NodeUri, has_one_spelling) {
    for (const std::string place : {"tor://abc.onion:7443/",
                                    "tor://abc.onion:/",
                                    "tor://abc.onion:01/",
                                    "tor://abc.ONION/",
                                    "tor://abc/",
                                    "tor:///",
                                    "tor://.onion:0/",
                                    "tor://[::1]/",
                                    "tls://host/",
                                    "tls://host:/",
                                    "tls://host:0/",
                                    "tls://host:65536/",
                                    "tls://Host:1/",
                                    "tls://::1:1/",
                                    "tls://[host]:1/",
                                    "tls://abc.onion:1/",
                                    "tls://abc.onion.:1/",
                                    "tls://u@host:1/",
                                    "tls://host:1//",
                                    "tls://host:1/x/",
                                    "tls://host:1?/",
                                    "tls:///",
                                    "tls://"}) {
        const auto uri = parse_node_uri(place + id);
        ASSERT_FALSE(uri) << place;
        EXPECT_EQ(uri.error().code(), Errc::invalid_argument) << place;
    }
    for (const auto& wrong : {id.substr(1), id + "a", std::string(64, 'A'), std::string(64, 'g'),
                              std::string(), id + "/", id + "?"})
        EXPECT_FALSE(parse_node_uri("tls://host:1/" + wrong)) << wrong;
    EXPECT_FALSE(parse_node_uri("tls://" + std::string(1000, 'a') + ":1/" + id));
}

TEST(NodeUri, other_schemes_are_for_others) {
    for (const std::string text : {"dir:///a", "/a", "", "tor:", "TOR://abc.onion/"})
        EXPECT_EQ(parse_node_uri(text).error().code(), Errc::unsupported) << text;
}

} // namespace
} // namespace torgo::peer
