#include "maml/yaml.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::maml {
namespace {

struct Read {
    std::optional<Value> value;
    Findings findings{Level::lenient};
};

Read read_text(const std::string& yaml) {
    Read out;
    const auto text = Text::from(yaml, out.findings);
    if (text) out.value = read_yaml(*text, 0, text->str().size(), out.findings);
    return out;
}

std::string why(const std::string& yaml) {
    const auto read = read_text(yaml);
    return read.value ? "" : words(read.findings.list().at(0));
}

TEST(Yaml, keeps_scalars_as_they_were_written_with_their_places) {
    const auto read = read_text("a: 2.0\nb:\n  - \"x y\"\n  - {c: 'd'}\ne:\n");
    ASSERT_TRUE(read.value);
    EXPECT_EQ(read.value->find("a")->text, "2.0");
    EXPECT_TRUE(read.value->find("a")->plain);
    const auto& list = *read.value->find("b");
    EXPECT_EQ(list.items.at(0).text, "x y");
    EXPECT_FALSE(list.items.at(0).plain);
    EXPECT_EQ(list.items.at(0).place, (Place{.line = 3, .column = 5}));
    EXPECT_EQ(list.items.at(1).find("c")->text, "d");
    EXPECT_TRUE(read.value->find("e")->is_null());
    EXPECT_EQ(read.value->find("f"), nullptr);
}

TEST(Yaml, columns_count_characters_and_not_bytes) {
    EXPECT_TRUE(why("a: [\"äöü\", &x 1]\n").starts_with("1:12: an anchor"));
}

TEST(Yaml, refuses_all_that_lets_one_text_mean_two_things) {
    EXPECT_TRUE(why("a: 1\na: 2\n").starts_with("2:1: the key"));
    EXPECT_TRUE(why("a: 1\n\"a\": 2\n").starts_with("2:1: the key"));
    EXPECT_TRUE(why("a: &x 1\n").contains("anchor"));
    EXPECT_TRUE(why("a: *x\n").contains("alias"));
    EXPECT_TRUE(why("<<: {a: 1}\n").contains("merge key"));
    EXPECT_TRUE(why("a: !!int 1\n").contains("tag"));
    EXPECT_TRUE(why("? [a]\n: 1\n").contains("key that is a list"));
    EXPECT_NE(why("%YAML 1.1\n---\na: 1\n"), "");
    EXPECT_NE(why("a: 1\n...\nb: 2\n"), "");
    EXPECT_NE(why("- a\n"), "");
    EXPECT_NE(why("# nothing\n"), "");
    EXPECT_EQ(why("\"<<\": 1\n"), ""); // a text like any other
}

TEST(Yaml, is_at_most_sixteen_deep_and_64_kib_long) {
    const std::string open(15, '[');
    const std::string close(15, ']');
    EXPECT_EQ(why("a: " + open + close), "");
    EXPECT_TRUE(why("a: [" + open + close + "]").contains("16 deep"));
    EXPECT_TRUE(why("a: " + std::string(50'000, '[')).contains("16 deep"));
    EXPECT_EQ(why("a: " + std::string(front_matter_size_max - 3, 'x')), "");
    EXPECT_TRUE(why("a: " + std::string(front_matter_size_max - 2, 'x')).contains("64 KiB"));
}

TEST(Yaml, a_bomb_of_aliases_is_refused_at_its_first_anchor) {
    EXPECT_TRUE(why("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n").starts_with("1:4: an anchor"));
}

RC_GTEST_PROP(Yaml, any_text_is_read_or_refused_with_a_place, ()) {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "a", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ",", "&x ", "*x", "!t ", "\"", "'", "#",
        "|", ">", "?", "---", "...", "%", "@", "`", "\t", "ä", "<<"));
    std::string yaml;
    for (const auto& piece : pieces)
        yaml += piece;
    const auto read = read_text(yaml);
    RC_ASSERT(read.value.has_value() != read.findings.refused());
    for (const auto& finding : read.findings.list())
        RC_ASSERT(finding.place.line >= 1 && finding.place.column >= 1);
}

} // namespace
} // namespace torgo::maml
