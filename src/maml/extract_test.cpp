#include "maml/document.hpp"
#include "maml/extract.hpp"

#include <gtest/gtest.h>

namespace torgo::maml {
namespace {

TEST(Extract, finds_samples_within_equal_and_longer_fences) { // MAML-60
    const std::string sample =
        "---\nmaml_version: \"2.0.0\"\n---\n## Code_Blocks\n```python\nx = 1\n```\n";
    for (const std::string fence : {"```", "````", "~~~"}) {
        const auto found = extract("# Guide\n" + fence + "yaml\n" + sample + fence + "\nend\n");
        ASSERT_EQ(found.samples.size(), 1U) << fence;
        EXPECT_EQ(found.samples[0].text, sample);
        EXPECT_EQ(found.samples[0].place, (Place{.line = 3, .column = 1}));
    }
}

TEST(Extract, takes_the_indent_of_the_outer_fence_off) {
    const auto found = extract("1. So:\n   ```markdown\n\n   ---\n   maml_version: \"1.0.0\"\n"
                               "   ---\n   ## Code_Blocks\n     ```python\n     if x:\n"
                               "         y\n     ```\n   ```\n");
    ASSERT_EQ(found.samples.size(), 1U);
    EXPECT_EQ(found.samples[0].text, "---\nmaml_version: \"1.0.0\"\n---\n## Code_Blocks\n"
                                     "  ```python\n  if x:\n      y\n  ```\n");
    EXPECT_EQ(found.samples[0].place.line, 4U);
}

TEST(Extract, leaves_other_blocks_alone_and_names_a_fence_without_an_end) {
    EXPECT_TRUE(extract("```bash\nls\n```\n```yaml\n---\na: 1\n---\n```\n").samples.empty());
    const auto open = extract("```yaml\n---\nmaml_version: 1.0.0\n");
    EXPECT_TRUE(open.samples.empty());
    EXPECT_EQ(open.findings.list().at(0).rule, "MAML-60");
}

} // namespace
} // namespace torgo::maml
