#include "maml/schema.hpp"

#include <gtest/gtest.h>

namespace torgo::maml {
namespace {

std::string refusal(const std::string& schema) {
    const auto made = Schema::make(schema);
    return made ? "" : made.error().detail();
}

std::vector<std::string> judged(const std::string& schema, const std::string& input) {
    const auto made = Schema::make(schema);
    EXPECT_TRUE(made) << (made ? "" : made.error().detail());
    if (!made) return {"no schema"};
    auto problems = made->judge(input);
    EXPECT_TRUE(problems) << (problems ? "" : problems.error().detail());
    return problems ? *std::move(problems) : std::vector<std::string>{"no input"};
}

TEST(Schema, judges_what_fits_and_what_does_not) {
    const std::string schema = R"({"type":"object","properties":{"dataset":{"type":"string"},
        "nodes":{"type":"integer","minimum":1,"default":9600},"pattern":{"enum":["a"]}},
        "required":["dataset"],"additionalProperties":false})";
    EXPECT_TRUE(judged(schema, R"({"dataset":"x","nodes":5,"pattern":"a"})").empty());
    const auto wrong = judged(schema, R"({"nodes":0,"more":1})");
    EXPECT_EQ(wrong.size(), 3U);
    EXPECT_TRUE(wrong.at(0).starts_with("/"));
    EXPECT_EQ(judged(schema, R"({"dataset":7})").size(), 1U);
    EXPECT_EQ(judged(schema, R"([])").size(), 1U);
}

TEST(Schema, knows_the_words_of_2020_12) {
    const std::string schema = R"({"$schema":"https://json-schema.org/draft/2020-12/schema",
        "$defs":{"id":{"type":"integer"}},"prefixItems":[{"$ref":"#/$defs/id"},{"const":"x"}],
        "items":false,"dependentSchemas":{"a":{"required":["b"]}},"minItems":1})";
    EXPECT_TRUE(judged(schema, R"([1,"x"])").empty());
    EXPECT_FALSE(judged(schema, R"([1,"x",2])").empty());
    EXPECT_FALSE(judged(schema, R"(["x"])").empty());
    EXPECT_FALSE(judged(schema, R"({"a":1})").empty());
}

TEST(Schema, problems_that_are_told_are_bounded) {
    std::string input = "[0";
    for (int i = 0; i < 100; ++i)
        input += ",0";
    EXPECT_EQ(judged(R"({"items":{"type":"string"}})", input + "]").size(), 20U);
}

TEST(Schema, refuses_what_is_no_json) { // MAML-28
    EXPECT_NE(refusal("{"), "");
    EXPECT_NE(refusal("{} x"), "");
    EXPECT_NE(refusal("{/* a */}"), "");
    EXPECT_NE(refusal("{\"a\":1,}"), "");
    EXPECT_TRUE(refusal("{\"a\":1,\n\"a\":2}").contains("twice"));
    EXPECT_TRUE(refusal("{\"a\":{\"b\":1},\"c\":[{\"b\":1},{\"b\":1}]}").empty());
    EXPECT_NE(refusal("{\"default\":" + std::string(100, '[') + std::string(100, ']') + "}"), "");
    EXPECT_NE(refusal("{\"title\":\"" + std::string(schema_size_max, 'x') + "\"}"), "");
    const auto schema = Schema::make("{}");
    ASSERT_TRUE(schema);
    EXPECT_FALSE(schema->judge("{\"a\":1,\"a\":2}"));
    EXPECT_FALSE(schema->judge("\"" + std::string(json_size_max, 'x') + "\""));
    EXPECT_FALSE(schema->judge(std::string(100'000, '[')));
}

TEST(Schema, refuses_keywords_whose_cost_has_no_bound) { // MAML-29
    EXPECT_TRUE(refusal(R"({"pattern":"(a+)+$"})").contains("pattern"));
    EXPECT_NE(refusal(R"({"properties":{"x":{"pattern":"a"}}})"), "");
    EXPECT_NE(refusal(R"({"allOf":[{"not":{"patternProperties":{}}}]})"), "");
    EXPECT_NE(refusal(R"({"$defs":{"unused":{"pattern":"a"}}})"), "");
    EXPECT_EQ(refusal(R"({"const":{"pattern":"a"},"default":{"$ref":"x"}})"), "");
    EXPECT_NE(refusal(R"({"$dynamicRef":"#a"})"), "");
    EXPECT_NE(refusal(R"({"$id":"http://a.example/"})"), "");
    EXPECT_NE(refusal(R"({"$schema":"http://json-schema.org/draft-07/schema#"})"), "");
    EXPECT_NE(refusal(R"({"type":"no such type"})"), "");
}

TEST(Schema, refuses_references_that_lead_elsewhere_or_in_circles) { // MAML-29
    EXPECT_NE(refusal(R"({"$ref":"#"})"), "");
    EXPECT_NE(refusal(R"({"$ref":"http://a.example/x.json"})"), "");
    EXPECT_NE(refusal(R"({"$ref":"#/$defs/missing"})"), "");
    EXPECT_NE(refusal(R"({"$ref":"#/$defs/a/default","$defs":{"a":{"default":{}}}})"), "");
    EXPECT_TRUE(refusal(R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})")
                    .contains("circle"));
    EXPECT_NE(refusal(R"({"$defs":{"a":{"items":{"$ref":"#/$defs/a"}}}})"), "");
    EXPECT_NE(refusal(R"({"properties":{"a":{"$defs":{"b":{}}}}})"), "");
}

/// Definitions that each name the next twice: 2^n ways through n of them.
std::string doubling(int count) {
    std::string out = R"({"$ref":"#/$defs/d0","$defs":{)";
    for (int i = 0; i < count; ++i) {
        const auto next = "{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"}";
        out += "\"d" + std::to_string(i) + "\":{\"allOf\":[" + next + "," + next + "]},";
    }
    return out + "\"d" + std::to_string(count) + "\":{\"type\":\"integer\"}}}";
}

TEST(Schema, refuses_schemas_that_grow_when_they_are_followed) { // MAML-29
    EXPECT_EQ(judged(doubling(8), "1"), std::vector<std::string>{});
    EXPECT_TRUE(refusal(doubling(40)).contains("10,000 subschemas"));
    std::string chain = R"({"$ref":"#/$defs/d0","$defs":{)";
    for (int i = 0; i < 200; ++i)
        chain += "\"d" + std::to_string(i) + "\":{\"not\":{\"$ref\":\"#/$defs/d" +
                 std::to_string(i + 1) + "\"}},";
    EXPECT_TRUE(refusal(chain + "\"d200\":{}}}").contains("128 deep"));
}

TEST(Schema, compares_each_with_each_only_in_short_arrays) { // MAML-29
    std::string input = "[0";
    for (std::size_t i = 1; i <= unique_items_max; ++i)
        input += "," + std::to_string(i);
    const auto schema = Schema::make(R"({"uniqueItems":true})");
    ASSERT_TRUE(schema);
    EXPECT_EQ(schema->judge(input + "]").error().code(), Errc::limit_exceeded);
    EXPECT_TRUE(judged(R"({"type":"array"})", input + "]").empty());
    EXPECT_FALSE(judged(R"({"uniqueItems":true})", "[1,2,1]").empty());
}

TEST(Schema, judging_takes_a_bounded_number_of_steps) { // MAML-29
    std::string many = R"({"items":{"anyOf":[)";
    for (int i = 0; i < 1000; ++i)
        many += "{\"const\":" + std::to_string(i) + "},";
    std::string input = "[-1";
    for (int i = 0; i < 20'000; ++i)
        input += ",-1";
    const auto schema = Schema::make(many + "{}]}}");
    ASSERT_TRUE(schema);
    EXPECT_EQ(schema->judge(input + "]").error().code(), Errc::limit_exceeded);
    EXPECT_TRUE(judged(many + "{}]}}", "[-1,-1]").empty());
    // One keyword with as many values to compare with.
    std::string values = R"({"items":{"enum":[-1)";
    for (int i = 0; i < 2000; ++i)
        values += "," + std::to_string(i);
    const auto listed = Schema::make(values + "]}}");
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->judge(input + "]").error().code(), Errc::limit_exceeded);
    // Short arrays that are long to compare.
    std::string zeros;
    for (int i = 0; i < 30; ++i)
        zeros += ",0";
    std::string arrays = "[[0]";
    for (int i = 1; i < 900; ++i)
        arrays += ",[" + std::to_string(i) + zeros + "]";
    const auto unique = Schema::make(R"({"uniqueItems":true})");
    ASSERT_TRUE(unique);
    EXPECT_EQ(unique->judge(arrays + "]").error().code(), Errc::limit_exceeded);
}

TEST(Schema, the_members_of_dependent_required_are_names_and_no_keywords) { // MAML-29
    const std::string schema = R"({"dependentRequired":{"pattern":["$ref"],"$id":["b"]}})";
    EXPECT_EQ(judged(schema, R"({"pattern":1,"$ref":2})"), std::vector<std::string>{});
    EXPECT_EQ(judged(schema, R"({"pattern":1})").size(), 1U);
}

TEST(Schema, a_balanced_end_looks_past_strings) { // MAML-27
    EXPECT_EQ(balanced_size(R"({"a":"}\"}"} x)"), 12U);
    EXPECT_EQ(balanced_size("{{}"), 0U);
    EXPECT_EQ(balanced_size("{\"a"), 0U);
    EXPECT_EQ(balanced_size("{\"\\"), 0U);
}

} // namespace
} // namespace torgo::maml
