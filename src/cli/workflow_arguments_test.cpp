#include "cli/workflow_arguments.hpp"

#include <gtest/gtest.h>

namespace torgo::cli {
namespace {

using Kind = Parameter::Kind;

const Parameters takes{
    {.name = "snapshot"},
    {.name = "tags", .kind = Kind::texts, .most = 2, .optional = true},
    {.name = "newest", .kind = Kind::number, .least = 1, .most = 9, .optional = true}};

/// What is said of it; empty where it is taken.
std::string complaint(const std::string& json, const Parameters& wanted = takes) {
    const auto given = gospel::value_of_json(json);
    if (!given) return "no JSON";
    const auto checked = check_arguments("torgo.x", wanted, *given);
    if (checked) return "";
    EXPECT_EQ(checked.error().code(), Errc::invalid_argument);
    EXPECT_LT(checked.error().detail().size(), 500U) << "it is told to the block in a frame";
    return checked.error().detail();
}

// [RUN-53]
TEST(WorkflowArguments, what_a_service_takes_is_taken) {
    EXPECT_EQ(complaint(R"({"snapshot":"latest"})"), "");
    EXPECT_EQ(complaint(R"({"snapshot":"-h","tags":null,"newest":null})"), "");
    EXPECT_EQ(complaint(R"({"snapshot":"x","tags":[]})"), "");
    EXPECT_EQ(complaint(R"({"newest":9,"tags":["--repo=/x","b"],"snapshot":"x"})"), "");
    EXPECT_EQ(complaint("{}", {}), "");
}

TEST(WorkflowArguments, anything_else_is_refused_with_what_is_wanted) {
    const auto says = [](const std::string& json, const std::string& words) {
        const auto text = complaint(json);
        EXPECT_NE(text.find(words), std::string::npos) << json << ": " << text;
    };
    const std::string line = "has to be a text of 1 to 4096 bytes without control characters";
    says("{}", "torgo.x needs snapshot: a text of");
    says("[]", "arguments have names");
    says(R"("latest")", "arguments have names");
    says(R"({"snapshot":null})", line);
    says(R"({"snapshot":7})", line + ", and is 7");
    says(R"({"snapshot":["--repo=/x"]})", line);
    says(R"({"snapshot":{"a":"b"}})", line);
    says(R"({"snapshot":""})", line);
    says(R"({"snapshot":"a\nb"})", line);
    says(R"({"snapshot":"a\u0000b"})", line);
    says(R"({"snapshot":"a\u007fb"})", line);
    says(R"({"snapshot":")" + std::string(4097, 'x') + R"("})", line);
    says(R"({"snapshot":")" + std::string(1'000'000, 'x') + R"("})", line);
    says(R"({"snapshot":"x","repo":"/x"})", R"(takes no "repo"; it takes snapshot, tags, newest)");
    says(R"({"snapshot":"x","tags":"a"})", "tags has to be a list of 1 to 2 items");
    says(R"({"snapshot":"x","tags":["a","b","c"]})", "tags has to be a list of 1 to 2 items");
    says(R"({"snapshot":"x","tags":["a",["b"]]})", "tags has to be a list");
    says(R"({"snapshot":"x","newest":0})", "newest has to be a whole number from 1 to 9, and is 0");
    says(R"({"snapshot":"x","newest":10})", "from 1 to 9");
    says(R"({"snapshot":"x","newest":"1"})", "from 1 to 9");
    says(R"({"snapshot":"x","newest":1.0})", "from 1 to 9");
}

TEST(WorkflowArguments, a_name_that_stands_twice_is_checked_twice) {
    const auto text = complaint(R"({"snapshot":"x","snapshot":["y"]})");
    EXPECT_FALSE(text.empty());
}

TEST(WorkflowArguments, a_text_of_lines_may_have_line_ends) {
    const Parameters circuit{{.name = "circuit", .kind = Kind::lines, .most = 7}};
    EXPECT_EQ(complaint(R"({"circuit":"a;\nb;"})", circuit), "");
    EXPECT_NE(complaint(R"({"circuit":"a;\nb;\nc;"})", circuit), "");
    EXPECT_NE(complaint(R"({"circuit":["a"]})", circuit), "");
}

TEST(WorkflowArguments, fields_become_words) {
    const auto given = gospel::value_of_json(R"({"a":"x","b":["y","z"],"c":7,"d":null,"e":1.5})");
    ASSERT_TRUE(given);
    using Words = std::vector<std::string>;
    EXPECT_EQ(texts_of(*given, "a"), Words{"x"});
    EXPECT_EQ(texts_of(*given, "b"), (Words{"y", "z"}));
    EXPECT_EQ(texts_of(*given, "c"), Words{"7"});
    EXPECT_EQ(texts_of(*given, "d"), Words{});
    EXPECT_EQ(texts_of(*given, "f"), Words{});
    EXPECT_EQ(whole_field(*given, "c", 1), 7);
    EXPECT_EQ(whole_field(*given, "a", 1), 1);
    EXPECT_EQ(real_field(*given, "e"), 1.5);
    EXPECT_EQ(real_field(*given, "c"), 7);
}

} // namespace
} // namespace torgo::cli
