#include "base/utf8.hpp"
#include "markup/mirror.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

namespace torgo::markup {
namespace {

std::string encoded(char32_t value) {
    std::string out;
    if (value < 0x80) return {static_cast<char>(value)};
    const auto tail = [&](unsigned shift) {
        out += static_cast<char>(0x80U | ((value >> shift) & 0x3FU));
    };
    if (value < 0x800) {
        out += static_cast<char>(0xC0U | (value >> 6U));
    } else if (value < 0x10000) {
        out += static_cast<char>(0xE0U | (value >> 12U));
        tail(6);
    } else {
        out += static_cast<char>(0xF0U | (value >> 18U));
        tail(12);
        tail(6);
    }
    tail(0);
    return out;
}

/// Any text, with more line ends, marks, directions and symbols than chance would give.
std::string any_text() {
    constexpr std::array special{U'\n',         U'\r',     U' ',      U'-',      U'`',
                                 U'#',          U'\u0301', U'\u202E', U'\u05D0', U'\u2028',
                                 U'\U0001F600', U'\uFEFF', U'7'};
    std::string out;
    const auto length = *rc::gen::inRange(0, 60);
    for (int i = 0; i < length; ++i) {
        if (*rc::gen::inRange(0, 2) == 0) {
            out += encoded(special.at(*rc::gen::inRange<std::size_t>(0, special.size())));
            continue;
        }
        const auto value = *rc::gen::inRange<std::uint32_t>(0, 0x110000);
        if (value < 0xD800 || value > 0xDFFF) out += encoded(value);
    }
    return out;
}

// RECEIPT-1
TEST(Mirror, turns_lines_and_their_order_around) {
    EXPECT_EQ(*mirror("# Vitals\n\n- pulse: 72\n"), "\n27 :eslup -\n\nslatiV #");
    EXPECT_EQ(*mirror(""), "");
    EXPECT_EQ(*mirror("a"), "a");
    EXPECT_EQ(*mirror("\nab"), "ba\n");
}

// RECEIPT-1
TEST(Mirror, keeps_scalar_values_whole) {
    EXPECT_EQ(*mirror("e\u0301x"), "x\u0301e") << "a mark goes before its letter and comes back";
    EXPECT_EQ(*mirror("a\U0001F600b"), "b\U0001F600a");
    EXPECT_EQ(*mirror("[link](http://x/?a=1)"), ")1=a?/x//:ptth(]knil[");
    EXPECT_EQ(*mirror("\u05D0\u05D1 ab"), "ba \u05D1\u05D0");
}

// RECEIPT-2
TEST(Mirror, makes_one_kind_of_line_end_first) {
    EXPECT_EQ(with_lf("a\r\nb\rc\n\r"), "a\nb\nc\n\n");
    EXPECT_EQ(*mirror("a\r\nb"), "b\na");
}

// RECEIPT-2
TEST(Mirror, names_the_place_where_it_is_no_utf8) {
    const auto wrong = mirror("fine\nab\xC0\x80");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code(), Errc::corrupt);
    EXPECT_EQ(wrong.error().detail(), "line 2, byte 3: no UTF-8");
    EXPECT_EQ(mirror("\xFF").error().detail(), "line 1, byte 1: no UTF-8");
    EXPECT_EQ(mirror_words("a\n\n\xED\xA0\x80").error().detail(), "line 3, byte 1: no UTF-8");
    EXPECT_EQ(mirror(std::string(text_max + 1, 'a')).error().code(), Errc::limit_exceeded);
    EXPECT_TRUE(mirror(std::string(text_max, 'a')));
}

// RECEIPT-3
TEST(MirrorWords, turns_each_word_around_where_it_stands) {
    EXPECT_EQ(*mirror_words("# Vitals\n\n- pulse_rate: 72.50 bpm\n"),
              "# slatiV\n\n- eslup_etar: 27.05 mpb\n");
    EXPECT_EQ(*mirror_words("`torgo backup` \u2014 na\u00EFve\u2026"),
              "`ogrot pukcab` \u2014 ev\u00EFan\u2026");
    EXPECT_EQ(*mirror_words("\u00ABmot\u00BB"), "\u00ABtom\u00BB");
}

// RECEIPT-1
RC_GTEST_PROP(Mirror, is_its_own_inverse, ()) {
    const auto text = any_text();
    const auto once = mirror(text);
    RC_ASSERT(once.has_value());
    RC_ASSERT(is_utf8(*once));
    RC_ASSERT(*mirror(*once) == with_lf(text));
}

// RECEIPT-1
RC_GTEST_PROP(Mirror, is_each_line_reversed_in_reverse_order, ()) {
    const auto text = with_lf(any_text());
    std::vector<std::string> lines{""};
    for (std::string_view rest = text; !rest.empty();) {
        const auto size = next_code_point(rest).size;
        if (rest.starts_with('\n'))
            lines.emplace_back();
        else
            lines.back().insert(0, rest.substr(0, size));
        rest.remove_prefix(size);
    }
    std::string expected = lines.back();
    for (auto line = lines.rbegin() + 1; line != lines.rend(); ++line)
        expected += "\n" + *line;
    RC_ASSERT(*mirror(text) == expected);
}

// RECEIPT-3
RC_GTEST_PROP(MirrorWords, is_its_own_inverse_and_keeps_what_is_between, ()) {
    const auto text = any_text();
    const auto once = mirror_words(text);
    RC_ASSERT(once.has_value());
    RC_ASSERT(*mirror_words(*once) == with_lf(text));
    RC_ASSERT(once->size() == with_lf(text).size());
}

} // namespace
} // namespace torgo::markup
