#include "base/utf8.hpp"
#include "markup/fields.hpp"
#include "markup/mirror.hpp"
#include "markup/receipt_text.hpp"
#include "markup/test_markup.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::markup {
namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// RECEIPT-5
TEST(Receipt, says_to_people_what_it_says_to_programs) {
    const auto text = write_receipt(test_receipt());
    for (const auto* line :
         {"maml_version: \"2.0.0\"\n", "type: \"receipt\"\n", "command: \"backup\"\n",
          "created_at: \"2027-01-15T08:00:01.500000001Z\"\n", "number: 3\n",
          "    name: \"/tmp/odd-\xEF\xBF\xBD\\u000a`\\u202e\"\n",
          "    name_hex: \"2f746d702f6f64642dff0a60e280ae\"\n", "\n# Receipt 3: `backup`\n",
          "\n## Intent\n", "\n## Context\n", "- by whom: `alice` on `ward7`, key `",
          "- path `/home/alice/letters`\n", "- files_new: 12\n",
          "- path ``` /tmp/odd-\xEF\xBF\xBD\\u000a`\\u202e ```\n",
          "- snapshot `5a5a`, `sha256:0505"})
        EXPECT_TRUE(text.contains(line)) << line << "\n" << text;
    EXPECT_TRUE(text.ends_with('\n'));
    EXPECT_EQ(with_lf(text), text);
}

// RECEIPT-7
TEST(Receipt, shows_nothing_hidden) {
    auto receipt = test_receipt();
    receipt.user = "a\u200Fb\u2066c\rd\u0085e\uFEFF\"\\";
    const auto text = write_receipt(receipt);
    EXPECT_TRUE(text.contains("user: \"a\\u200fb\\u2066c\\u000dd\\u0085e\\ufeff\\\"\\\\\"\n"));
    EXPECT_EQ(*parse_receipt(text), receipt);
}

// RECEIPT-6
TEST(Receipt, is_refused_in_any_other_spelling) {
    const auto text = write_receipt(test_receipt());
    const std::pair<const char*, const char*> changes[] = {
        {"number: 3", "number: 03"},
        {"number: 3", "number:  3"},
        {"number: 3", "number: 18446744073709551616"},
        {"command: \"backup\"", "command: backup"},
        {"command: \"backup\"", "command: 'backup'"},
        {"command: \"backup\"", "command: \"\\u0062ackup\""},
        {"command: \"backup\"", "command: \"b\\nackup\""},
        {"receipt_version: 1", "receipt_version: 1\nextra: 1"},
        {"\nhost: ", "\nhost : "},
        {"outcome: \"ok\"", "outcome: \"fine\""},
        {"began_at: \"2027-01-15", "began_at: \"2027-02-30"},
        {"ended_at: \"2027-01-15T08:00:01.5", "ended_at: \"2027-01-15T08:00:01.6"},
        {"repository: \"c0", "repository: \"C0"},
        {"  - kind: \"path\"", "  - kind: \"Path\""},
        {"figures:\n", "figures:\n  Bad: 1\n"},
        {"  files_new: 12\n", "  files_new: 12\n  files_new : 1\n"},
        {"  files_new: 12\n", "  files_new: 12\n  files_new: 12\n"},
        {"    name_hex: \"2f", "    name_hex: \"2F"},
        {"    name: \"/home/alice/letters\"\n",
         "    name: \"/home/alice/letters\"\n    name_hex: \"2f\"\n"},
        {"id: \"urn:uuid:04040404-", "id: \"urn:uuid:04040404_"},
        {"---\n", "--- \n"},
    };
    for (const auto& [from, to] : changes)
        EXPECT_FALSE(parse_receipt(replaced(text, from, to))) << from << " -> " << to;
    EXPECT_FALSE(parse_receipt(""));
    EXPECT_FALSE(parse_receipt("---\n---\n"));
    EXPECT_EQ(
        parse_receipt(replaced(text, "receipt_version: 1", "receipt_version: 2")).error().code(),
        Errc::unsupported);
    EXPECT_EQ(parse_receipt(std::string(receipt_text_max + 1, ' ')).error().code(),
              Errc::limit_exceeded);
}

TEST(Receipt, a_refusal_names_the_line) {
    const auto text = write_receipt(test_receipt());
    EXPECT_EQ(parse_receipt(replaced(text, "number: 3", "number: x")).error().detail(),
              "line 8: no number");
}

// RECEIPT-8
TEST(Receipt, keeps_its_bounds_and_counts_what_it_leaves_out) {
    auto receipt = test_receipt();
    receipt.host = std::string(sentence_max + 1, 'h');
    receipt.error.clear();
    for (int i = 0; i < 400; ++i)
        receipt.error += "\u00E9";
    receipt.inputs.assign(1000, {"path", std::string(name_max, '\x01'), {}});
    receipt.outputs.assign(70, {"path", "x", {}});
    const auto kept = bounded(receipt);
    EXPECT_LE(front_matter(kept).size(), front_matter_max);
    EXPECT_EQ(kept.inputs.size() + kept.outputs.size() + kept.left_out, 1070U);
    EXPECT_EQ(kept.outputs.size() <= items_max, true);
    EXPECT_LE(kept.host.size(), sentence_max);
    EXPECT_TRUE(is_utf8(kept.error));
    EXPECT_EQ(*parse_receipt(write_receipt(kept)), kept);
    EXPECT_EQ(bounded(test_receipt()), test_receipt());
}

std::string any_string() {
    return *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
}

std::vector<Item> any_items() {
    std::vector<Item> out;
    const auto count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i)
        out.push_back({"kind_" + std::to_string(i), any_string(),
                       test_digest(*rc::gen::arbitrary<std::uint8_t>())});
    return out;
}

// RECEIPT-6
RC_GTEST_PROP(Receipt, comes_back_whatever_it_says, ()) {
    auto receipt = test_receipt(*rc::gen::arbitrary<std::uint64_t>());
    receipt.inputs = any_items();
    receipt.outputs = any_items();
    receipt.host = *rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127));
    receipt.began_ns =
        *rc::gen::inRange<std::int64_t>(-9'000'000'000'000'000'000, 9'000'000'000'000'000'000);
    receipt.outcome = static_cast<Outcome>(*rc::gen::inRange(0, 4));
    if (*rc::gen::arbitrary<bool>()) receipt.undo = receipt.id;
    if (*rc::gen::arbitrary<bool>()) receipt.repository.reset();
    if (*rc::gen::arbitrary<bool>()) receipt.figures.clear();
    const auto text = write_receipt(receipt);
    const auto back = parse_receipt(text);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == receipt);
    RC_ASSERT(write_receipt(*back) == text);
}

TEST(Names, a_time_has_one_spelling) {
    EXPECT_EQ(time_text(-1), "1969-12-31T23:59:59.999999999Z");
    EXPECT_EQ(*parse_time("1969-12-31T23:59:59.999999999Z"), -1);
    for (const auto* text : {"2027-01-15T08:00:01Z", "2027-13-15T08:00:01.000000000Z",
                             "2027-01-15T24:00:01.000000000Z", "2027-01-15 08:00:01.000000000Z",
                             "1066-01-15T08:00:01.000000000Z", "2027-01-15T08:00:60.000000000Z"})
        EXPECT_FALSE(parse_time(text)) << text;
}

} // namespace
} // namespace torgo::markup
