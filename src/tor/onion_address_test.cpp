#include "tor/onion_address.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::tor {

namespace {
// The Tor Project's own, as published.
constexpr std::string_view published =
    "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion";
} // namespace

TEST(OnionAddress, reads_a_published_one) {
    const auto address = OnionAddress::parse(published);
    ASSERT_TRUE(address.has_value()) << address.error().detail();
    EXPECT_EQ(address->host(), published);
    EXPECT_EQ(address->service_id() + ".onion", published);
    EXPECT_EQ(OnionAddress::parse_service_id(address->service_id()), *address);
}

RC_GTEST_PROP(OnionAddress, any_key_comes_back, (const std::array<std::uint8_t, 32>& key)) {
    const OnionAddress address{key};
    const auto again = OnionAddress::parse(address.host());
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == address);
}

TEST(OnionAddress, refuses_every_changed_character) {
    for (std::size_t at = 0; at < published.size(); ++at) {
        std::string changed(published);
        changed[at] = changed[at] == 'q' ? 'r' : 'q';
        EXPECT_EQ(OnionAddress::parse(changed).error().code(), Errc::invalid_argument) << changed;
    }
}

TEST(OnionAddress, refuses_other_versions_with_a_clear_word) {
    std::string changed(published);
    changed[55] = 'c'; // the last five bits: version 2
    EXPECT_TRUE(OnionAddress::parse(changed).error().detail().contains("version"));
}

TEST(OnionAddress, has_one_spelling) {
    std::string upper(published);
    upper[0] = 'A';
    const std::string text(published);
    for (const auto& other :
         {upper, text + ".", "www." + text, text.substr(1), "a" + text, text.substr(0, 56),
          std::string("expyuzz4wqqyqhjn.onion"), std::string(".onion"), std::string(), text + '\0'})
        EXPECT_FALSE(OnionAddress::parse(other).has_value()) << other;
}

} // namespace torgo::tor
