#include "maml/document.hpp"
#include "maml/test_documents.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::maml {
namespace {

TEST(Document, line_ends_and_a_byte_order_mark_change_nothing_that_is_signed) { // MAML-50
    const auto plain = read(workflow(), Level::strict);
    std::string windows = "\xEF\xBB\xBF";
    for (const char c : workflow())
        windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
    const auto other = read(windows, Level::lenient);
    ASSERT_TRUE(plain.document && other.document);
    EXPECT_EQ(canonical(*plain.document), canonical(*other.document));
    EXPECT_EQ(other.findings.list().size(), 1U);
}

TEST(Document, history_is_not_signed_wherever_it_stands) { // MAML-50
    const auto without = read(workflow_with("", "## Notes\nx\n"), Level::strict);
    const auto within =
        read(workflow_with("", "## History\n- 2026-01-02T03:05:00Z: [RUN] a\n## Notes\nx\n"),
             Level::strict);
    ASSERT_TRUE(without.document && within.document);
    EXPECT_EQ(canonical(*without.document), canonical(*within.document));
    EXPECT_NE(formatted(*without.document), formatted(*within.document));
}

TEST(Document, a_changed_byte_of_front_matter_or_code_changes_what_is_signed) {
    const auto code = [](const char* line) {
        return canonical(
            *read(workflow_with("", std::string("## Code_Blocks\n```sql\n") + line + "\n```\n"),
                  Level::strict)
                 .document);
    };
    EXPECT_NE(code("a"), code("a "));
    EXPECT_NE(code("a"), code("b"));
    EXPECT_NE(canonical(*read(workflow_with("x: 1\n", ""), Level::strict).document),
              canonical(*read(workflow_with("x:  1\n", ""), Level::strict).document));
}

TEST(Document, a_file_over_the_limit_is_refused) { // MAML-1
    EXPECT_TRUE(read(workflow() + std::string(1U << 20U, 'x'), Level::lenient)
                    .findings.list()
                    .at(0)
                    .what.contains("1 MiB"));
}

RC_GTEST_PROP(Document, any_text_is_read_or_refused, ()) { // MAML-3
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "## Intent\n", "## History\n", "## Code_Blocks\n", "## Input_Schema\n", "```python\n",
        "```\n", "~~~\n", "{\n", "}\n", "\"a\": 1\n", "- 2026-01-02T03:05:00Z: [A] b\n", " \n",
        "\n", "text", "---\n", "\r\n", "\xC3", "\xC3\xA4", "\\", "\""));
    std::string body;
    for (const auto& piece : pieces)
        body += piece;
    const auto reading = read(workflow_with("", body), Level::lenient);
    RC_ASSERT(reading.document.has_value() != reading.findings.refused());
    if (!reading.document) return;
    const auto once = formatted(*reading.document);
    const auto again = read(once, Level::lenient);
    RC_ASSERT(again.document.has_value());
    RC_ASSERT(formatted(*again.document) == once);
    RC_ASSERT(canonical(*again.document) == canonical(*reading.document));
}

} // namespace
} // namespace torgo::maml
