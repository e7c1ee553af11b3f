#include "index/crc32c.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

namespace torgo::index {

TEST(Crc32c, gives_the_published_answers) { // RFC 3720 B.4
    Bytes rising(32);
    std::iota(rising.begin(), rising.end(), std::uint8_t{0});
    const Bytes falling(rising.rbegin(), rising.rend());
    for (const auto function : {+[](ByteView bytes) { return crc32c(bytes); },
                                +[](ByteView bytes) {
                                    return crc32c_portable(bytes);
                                }}) {
        EXPECT_EQ(function(Bytes(32, 0)), 0x8A9136AAU);
        EXPECT_EQ(function(Bytes(32, 0xFF)), 0x62A8AB43U);
        EXPECT_EQ(function(rising), 0x46DD794EU);
        EXPECT_EQ(function(falling), 0x113FDB5CU);
        EXPECT_EQ(function(as_bytes("123456789")), 0xE3069283U);
        EXPECT_EQ(function({}), 0U);
    }
}

RC_GTEST_PROP(Crc32c, both_ways_agree_over_any_parts,
              (const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b)) {
    auto whole = a;
    whole.insert(whole.end(), b.begin(), b.end());
    RC_ASSERT(crc32c(whole) == crc32c_portable(whole));
    RC_ASSERT(crc32c(b, crc32c(a)) == crc32c(whole));
    RC_ASSERT(crc32c_portable(b, crc32c_portable(a)) == crc32c(whole));
}

} // namespace torgo::index
