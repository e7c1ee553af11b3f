#include "index/manifest.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::index {

RC_GTEST_PROP(RunName, round_trip, (std::uint64_t generation, std::uint64_t digest)) {
    const RunName name{generation, digest};
    RC_ASSERT(RunName::parse(name.text()) == name);
    RC_ASSERT(RunName::parse(name.text() + ".tmp") == name);
}

TEST(RunName, is_taken_from_nothing_else) {
    const auto text = RunName{5, 0xABCDEF}.text();
    EXPECT_EQ(text, "run-0000000000000005-0000000000abcdef");
    for (const auto& other : {text + "0", text.substr(1), text + ".tmp.tmp", std::string(".tmp"),
                              std::string("index.manifest"), "run-" + std::string(33, 'g')})
        EXPECT_FALSE(RunName::parse(other).has_value()) << other;
    auto broken = text;
    broken[20] = '_';
    EXPECT_FALSE(RunName::parse(broken).has_value());
}

RC_GTEST_PROP(Manifest, round_trip,
              (std::uint64_t generation, const std::vector<std::uint64_t>& digests,
               const std::vector<std::uint8_t>& content)) {
    Manifest manifest{generation, {.bytes = {1, 2, 3}}, {}, content};
    for (const auto digest : digests)
        manifest.runs.push_back({generation, digest});
    const auto again = Manifest::decode(manifest.encode()).value();
    RC_ASSERT(again.generation == generation);
    RC_ASSERT(again.fingerprint == manifest.fingerprint);
    RC_ASSERT(again.runs == manifest.runs);
    RC_ASSERT(again.content == content);
}

TEST(Manifest, refuses_every_flipped_bit_and_every_other_length) {
    const Manifest manifest{7, {}, {{6, 1}, {7, 2}}, Bytes(50, 9)};
    const auto good = manifest.encode();
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        auto bad = good;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_EQ(Manifest::decode(bad).error().code(), Errc::corrupt);
    }
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(Manifest::decode(ByteView(good).first(size)).has_value());
    auto longer = good;
    longer.push_back(0);
    EXPECT_FALSE(Manifest::decode(longer).has_value());
}

} // namespace torgo::index
