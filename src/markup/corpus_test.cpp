// Every Markdown file at hand: those of this project, and those below TORGO_MARKDOWN_CORPUS.
#include "base/utf8.hpp"
#include "markup/mirror.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace torgo::markup {
namespace {

struct Counts {
    int mirrored = 0;
    int refused = 0; ///< no UTF-8, or too large
};

void check(const std::filesystem::path& path, Counts& counts) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!is_utf8(text) || text.size() > text_max) {
        EXPECT_FALSE(mirror(text)) << path;
        ++counts.refused;
        return;
    }
    const auto once = mirror(text);
    ASSERT_TRUE(once) << path;
    EXPECT_EQ(*mirror(*once), with_lf(text)) << path;
    EXPECT_EQ(*mirror_words(*mirror_words(text)), with_lf(text)) << path;
    ++counts.mirrored;
}

Counts check_all(const std::filesystem::path& folder, bool any_name) {
    Counts counts;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && (any_name || entry.path().extension() == ".md"))
            check(entry.path(), counts);
    return counts;
}

// RECEIPT-1
TEST(Corpus, every_document_of_this_project_comes_back) {
    const auto counts = check_all(std::filesystem::path(TORGO_VECTORS) / "../../docs", false);
    EXPECT_GT(counts.mirrored, 20);
    EXPECT_EQ(counts.refused, 0);
}

// RECEIPT-1
TEST(Corpus, every_file_of_a_given_corpus_comes_back) {
    const char* folder = std::getenv("TORGO_MARKDOWN_CORPUS");
    if (folder == nullptr) GTEST_SKIP() << "TORGO_MARKDOWN_CORPUS names no folder";
    const auto counts = check_all(folder, true);
    EXPECT_GT(counts.mirrored, 0);
    RecordProperty("mirrored", counts.mirrored);
    std::printf("%d files mirrored and back, %d refused\n", counts.mirrored, counts.refused);
}

} // namespace
} // namespace torgo::markup
