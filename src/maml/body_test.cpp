#include "maml/body.hpp"
#include "maml/document.hpp"
#include "maml/test_documents.hpp"

#include <gtest/gtest.h>

namespace torgo::maml {
namespace {

TEST(Body, names_are_compared_without_case_emoji_space_and_underscore) { // MAML-20
    EXPECT_EQ(section_key("Code_Blocks"), "codeblocks");
    EXPECT_EQ(section_key("code BLOCKS 🐋🐪"), "codeblocks");
    EXPECT_EQ(section_key("Für alle"), "füralle");
    EXPECT_NE(section_key("Code-Blocks"), "codeblocks");
}

TEST(Body, a_fence_is_three_signs_or_more) {
    EXPECT_EQ(fence_of("```python")->info, "python");
    EXPECT_EQ(fence_of("  ~~~~ ")->length, 4U);
    EXPECT_EQ(fence_of("  ~~~~ ")->indent, 2U);
    EXPECT_FALSE(fence_of("``"));
    EXPECT_FALSE(fence_of("``` a `b`"));
    EXPECT_FALSE(fence_of(""));
    EXPECT_FALSE(fence_of("text ```"));
}

TEST(Body, blocks_keep_every_byte_and_their_language) {
    const auto reading =
        read(workflow_with("", "## Code Blocks\n```Python\nx = '''  \n\n\n'''\n```\n"
                               "````bash\n```python\n````\n"),
             Level::strict);
    ASSERT_TRUE(reading.document) << first_error(reading.findings);
    const auto blocks = code_blocks(*reading.document);
    ASSERT_EQ(blocks.size(), 2U);
    EXPECT_EQ(blocks[0].language, "python");
    const auto all = reading.document->text.str();
    EXPECT_EQ(all.substr(blocks[0].begin, blocks[0].end - blocks[0].begin), "x = '''  \n\n\n'''\n");
    EXPECT_EQ(all.substr(blocks[1].begin, blocks[1].end - blocks[1].begin), "```python\n");
    EXPECT_TRUE(canonical(*reading.document).contains("x = '''  \n\n\n'''\n"));
}

TEST(Body, an_opening_fence_in_a_block_says_how_to_mend_it) { // MAML-23
    const auto reading =
        read(workflow_with("", "## Code_Blocks\n```python\n```sql\n```\n"), Level::lenient);
    EXPECT_FALSE(reading.document);
    EXPECT_TRUE(first_error(reading.findings).contains("write both fences of line 15 with 4 `"));
}

TEST(Body, a_schema_may_be_bare_or_fenced) { // MAML-27
    const std::string json = "{\n \"type\": \"object\", \"title\": \"}{\"\n}";
    for (const auto& body : {"## Input_Schema\n" + json + "\n",
                             "## input schema\nAs JSON:\n```json\n" + json + "\n```\n"}) {
        const auto reading = read(workflow_with("", body), Level::strict);
        ASSERT_TRUE(reading.document) << first_error(reading.findings);
        EXPECT_EQ(reading.document->input_schema, json);
        EXPECT_EQ(reading.document->output_schema, "");
    }
}

TEST(Body, more_sections_than_the_limit_are_refused_once) { // MAML-1
    std::string body;
    for (int i = 0; i < 300; ++i)
        body += "## S" + std::to_string(i) + "\n";
    const auto reading = read(workflow_with("", body), Level::lenient);
    EXPECT_EQ(reading.findings.list().size(), 1U);
    EXPECT_TRUE(first_error(reading.findings).contains("256 sections"));
}

} // namespace
} // namespace torgo::maml
