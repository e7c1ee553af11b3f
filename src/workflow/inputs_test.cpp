#include "workflow/inputs.hpp"

#include <gtest/gtest.h>

namespace torgo::workflow {
namespace {

maml::Document document(const std::string& context, const std::string& sections) {
    auto reading = maml::read("---\nmaml_version: \"2.0.0\"\ntype: workflow\n---\n## Intent\nx\n"
                              "## Context\n" +
                                  context + "\n" + sections,
                              maml::Level::lenient);
    return *std::move(reading.document);
}

TEST(Inputs, lines_of_the_context_are_values_and_prose_is_none) {
    const auto values = context_values(
        document("beds: 4\nname: ward seven\nlist: [1, 2]\nThis is prose: not a value.\n", ""));
    EXPECT_EQ(json_of(values), R"({"beds":4,"list":[1,2],"name":"ward seven"})");
}

TEST(Inputs, the_schema_says_which_lines_count_and_what_is_given_is_stronger) {
    const auto file = document("beds: 4\nother: 1", "## Input_Schema\n{\"properties\": {\"beds\": "
                                                    "{\"type\": \"integer\"}}}\n");
    EXPECT_EQ(json_of(*inputs_of(file, {})), R"({"beds":4})");
    EXPECT_EQ(json_of(*inputs_of(file, {{"beds", gospel::Value::integer(5)}})), R"({"beds":5})");
    const auto wrong = inputs_of(file, {{"beds", gospel::Value::text("many")}});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code(), Errc::invalid_argument);
    EXPECT_NE(wrong.error().detail().find("beds"), std::string::npos);
}

TEST(Inputs, outputs_are_what_the_schema_names) {
    const auto file = document("", "## Output_Schema\n{\"properties\": {\"a\": {\"type\": "
                                   "\"integer\"}}, \"required\": [\"a\"]}\n");
    const Values values{{"a", gospel::Value::integer(1)}, {"b", gospel::Value::integer(2)}};
    EXPECT_EQ(json_of(*outputs_of(file, values)), R"({"a":1})");
    EXPECT_FALSE(outputs_of(file, {}));
}

TEST(Inputs, names_of_values_are_plain) {
    EXPECT_TRUE(is_value_name("_a1"));
    for (const auto* text : {"", "1a", "a-b", "a.b", "ä"})
        EXPECT_FALSE(is_value_name(text)) << text;
    EXPECT_FALSE(values_of(R"({"a-b": 1})"));
    EXPECT_FALSE(values_of("[1]"));
}

} // namespace
} // namespace torgo::workflow
