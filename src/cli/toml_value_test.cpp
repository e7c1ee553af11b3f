#include "cli/toml_value.hpp"
#include "meshsim/survey.hpp"
#include "radio/scenario.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace torgo::cli {
namespace {

const std::filesystem::path root = std::filesystem::path(TORGO_VECTORS) / "../..";

std::string content(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

/// What stands between ```toml and ``` in a page.
std::vector<std::string> examples_in(const std::string& page) {
    constexpr std::string_view opening = "```toml\n";
    std::vector<std::string> out;
    for (auto at = page.find(opening); at != std::string::npos; at = page.find(opening, at + 1)) {
        const auto begin = at + opening.size();
        out.push_back(page.substr(begin, page.find("```", begin) - begin));
    }
    return out;
}

std::string why(const Error& error) {
    return error.detail();
}

TEST(TomlValue, keeps_kinds_and_places) {
    const auto read = read_toml_value("a = 1\nb = 1.5\n[[c]]\nd = [true, \"x\"]\n", "f");
    ASSERT_TRUE(read);
    const auto& table = std::get<radio::Table>(read->is);
    ASSERT_EQ(table.size(), 3U);
    EXPECT_EQ(std::get<std::int64_t>(table[0].value.is), 1);
    EXPECT_EQ(std::get<double>(table[1].value.is), 1.5);
    EXPECT_EQ(table[1].value.line, 2U);
    const auto& inner = std::get<radio::List>(table[2].value.is);
    ASSERT_EQ(inner.size(), 1U);
    EXPECT_EQ(inner[0].line, 3U);
}

TEST(TomlValue, tells_where_a_mistake_is) {
    const auto broken = read_toml_value("a = 1\nb = = 2\n", "plan.toml");
    ASSERT_FALSE(broken);
    EXPECT_TRUE(broken.error().detail().starts_with("plan.toml:2:")) << why(broken.error());
    const auto date = read_toml_value("a = 2026-01-02\n", "plan.toml");
    ASSERT_FALSE(date);
    EXPECT_TRUE(date.error().detail().starts_with("plan.toml:1:5:")) << why(date.error());
}

TEST(TomlValue, is_written_so_that_it_reads_the_same) {
    const std::string text = "a = 1\nb = 2.0\nc = \"x\\\"y\"\nd = [[1, 2.5], [3, 4]]\n\n[e]\nf = "
                             "true\n\n[[g]]\nh = 1\n\n[[g]]\nh = 2\n";
    const auto read = read_toml_value(text, "f");
    ASSERT_TRUE(read);
    const auto written = toml_text(*read);
    ASSERT_TRUE(written);
    EXPECT_EQ(*written, text);
}

TEST(TomlValue, of_the_specification_s_examples_are_scenarios_and_plans) {
    const auto blocks = examples_in(content(root / "docs/spec/mesh-scenario.md"));
    ASSERT_GE(blocks.size(), 2U);
    for (const auto& text : {blocks[0], blocks[0] + blocks[1]}) {
        const auto document = read_toml_value(text, "example");
        ASSERT_TRUE(document) << why(document.error());
        const auto scenario = radio::read_scenario(*document);
        ASSERT_TRUE(scenario) << why(scenario.error());
        EXPECT_EQ(scenario->nodes.size(), 85U);
    }
    const auto plans = examples_in(content(root / "docs/spec/mesh-plan.md"));
    ASSERT_GE(plans.size(), 1U);
    for (const auto& text : plans) {
        const auto document = read_toml_value(text, "example");
        ASSERT_TRUE(document) << why(document.error());
        const auto survey = meshsim::read_survey(*document);
        EXPECT_TRUE(survey) << why(survey.error());
    }
}

TEST(TomlValue, of_shipped_examples_are_scenarios_and_plans) {
    std::size_t seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(root / "examples/mesh")) {
        const auto name = entry.path().filename().string();
        const auto document = read_toml_value(content(entry.path()), name);
        ASSERT_TRUE(document) << why(document.error());
        if (name.ends_with("-plan.toml")) {
            const auto survey = meshsim::read_survey(*document);
            ASSERT_TRUE(survey) << name << why(survey.error());
            EXPECT_EQ(survey->sensors.size(), 9600U) << name;
        } else {
            const auto scenario = radio::read_scenario(*document);
            EXPECT_TRUE(scenario) << name << why(scenario.error());
        }
        ++seen;
    }
    EXPECT_GE(seen, 4U);
}

} // namespace
} // namespace torgo::cli
