#include "base/codec.hpp"
#include "base/ensure.hpp"
#include "base/hex.hpp"
#include "base/id.hpp"
#include "base/utf8.hpp"
#include "base/utf8_cut.hpp"
#include "base/xml.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo {

RC_GTEST_PROP(Hex, round_trip, (const std::vector<std::uint8_t>& bytes)) {
    RC_ASSERT(from_hex(to_hex(bytes)).value() == bytes);
}

TEST(Hex, refuses_what_is_not_canonical) {
    EXPECT_FALSE(from_hex("0").has_value());
    EXPECT_FALSE(from_hex("0G").has_value());
    EXPECT_FALSE(from_hex("AB").has_value());
}

RC_GTEST_PROP(Codec, round_trip, (std::uint64_t a, std::int64_t b, const std::string& c)) {
    Writer out;
    out.varint(a).signed_varint(b).text(c).put(static_cast<std::uint32_t>(a));
    Reader in(out.view());
    RC_ASSERT(in.varint().value() == a);
    RC_ASSERT(in.signed_varint().value() == b);
    RC_ASSERT(in.text(c.size()).value() == c);
    RC_ASSERT(in.get<std::uint32_t>().value() == static_cast<std::uint32_t>(a));
    RC_ASSERT(in.done().has_value());
}

TEST(Codec, refuses_long_forms_overruns_and_leftovers) {
    const Bytes padded{0x80, 0x00};
    EXPECT_EQ(Reader(padded).varint().error().code(), Errc::corrupt);
    const Bytes too_long(11, 0xFF);
    EXPECT_EQ(Reader(too_long).varint().error().code(), Errc::corrupt);
    const Bytes overrun{5, 1, 2};
    EXPECT_EQ(Reader(overrun).blob(100).error().code(), Errc::corrupt);
    EXPECT_EQ(Reader(overrun).blob(4).error().code(), Errc::limit_exceeded);
    EXPECT_EQ(Reader(overrun).done().error().code(), Errc::corrupt);
}

TEST(Ensure, aborts_on_a_broken_invariant) {
    EXPECT_DEATH(ENSURE(1 == 2), "1 == 2");
}

TEST(Id, parses_only_its_own_length) {
    EXPECT_TRUE(RepoId::parse("000102030405060708090a0b0c0d0e0f").has_value());
    EXPECT_FALSE(RepoId::parse("00").has_value());
}

TEST(Xml, text_holds_no_markup_and_no_controls) {
    EXPECT_EQ(xml_text("a<b> & \"c\"\x01\x1b\n\té"), "a&lt;b&gt; &amp; \"c\"\n\té");
}

TEST(Utf8Cut, is_before_a_character_and_not_within_it) {
    const std::string_view text = "a\u00e9\u20ac\U0001f600z";
    EXPECT_EQ(cut_utf8(text, 100), text);
    EXPECT_EQ(cut_utf8(text, text.size()), text);
    for (std::size_t most = 0; most < text.size(); ++most) {
        const auto cut = cut_utf8(text, most);
        EXPECT_TRUE(is_utf8(cut) && cut.size() <= most && cut.size() + 3 >= most) << most;
        EXPECT_TRUE(text.starts_with(cut));
    }
    EXPECT_EQ(cut_utf8(text, 2), "a");
    EXPECT_EQ(cut_utf8(text, 3), "a\u00e9");
}

TEST(Utf8Cut, leaves_what_is_no_utf8_its_length) {
    const std::string bytes(100, '\x80');
    EXPECT_EQ(cut_utf8(bytes, 50).size(), 50U);
    EXPECT_EQ(cut_utf8(bytes, 2).size(), 2U);
    EXPECT_EQ(cut_utf8(bytes, 0), "");
}

} // namespace torgo
