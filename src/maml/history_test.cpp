#include "maml/document.hpp"
#include "maml/history.hpp"
#include "maml/test_documents.hpp"
#include "sys/file_system.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace torgo::maml {
namespace {

NewEntry entry(const std::string& text) {
    return {.time = "2026-01-02T03:05:00Z", .verb = "RUN", .text = text};
}

std::string with_lines(std::string file, int count) {
    for (int i = 0; i < count; ++i)
        file = *with_history(file, entry("line " + std::to_string(i)));
    return file;
}

TEST(History, lines_are_added_and_read_again) { // MAML-30
    const auto file = with_lines(workflow(), 3);
    const auto reading = read(file, Level::strict);
    ASSERT_TRUE(reading.document) << first_error(reading.findings);
    const auto& history = reading.document->history;
    ASSERT_EQ(history.size(), 3U);
    EXPECT_EQ(history[1].text, "line 1");
    EXPECT_EQ(history[1].verb, "RUN");
    EXPECT_EQ(history[0].link, std::string(64, '0'));
    EXPECT_TRUE(file.starts_with(workflow()));
}

TEST(History, a_line_goes_to_the_end_of_its_section_and_nothing_else_moves) {
    const auto before =
        workflow_with("", "## History\n- 2026-01-02T03:04:00Z: [CREATE] Written.\n\n## Notes\nx\n");
    const auto after = *with_history(before, entry("a"));
    const auto at = after.find("- 2026-01-02T03:05");
    ASSERT_NE(at, std::string::npos);
    EXPECT_EQ(before, after.substr(0, at) + after.substr(after.find('\n', at) + 1));
    EXPECT_EQ(after.substr(after.find('\n', at)), "\n\n## Notes\nx\n");
}

TEST(History, what_is_signed_stays_the_same) { // MAML-50
    EXPECT_EQ(canonical(*read(workflow(), Level::strict).document),
              canonical(*read(with_lines(workflow(), 4), Level::strict).document));
}

TEST(History, a_line_that_is_changed_taken_out_or_put_in_is_found) { // MAML-31
    const auto file =
        with_lines(workflow_with("", "## History\n- 2026-01-02T03:04:00Z: [CREATE] Written.\n"), 3);
    ASSERT_TRUE(read(file, Level::strict).document);
    const auto refused = [](const std::string& text) {
        const auto reading = read(text, Level::lenient);
        return !reading.document && first_error(reading.findings).contains("MAML-31");
    };
    auto changed = file;
    changed.replace(changed.find("Written"), 7, "Painted");
    EXPECT_TRUE(refused(changed));
    const auto second = file.find("- 2026", file.find("Written"));
    auto less = file;
    less.erase(second, less.find('\n', second) - second + 1);
    EXPECT_TRUE(refused(less));
    auto more = file;
    more.insert(second, "- 2026-01-02T03:04:30Z: [RUN] x\n");
    EXPECT_TRUE(refused(more));
    EXPECT_TRUE(refused(file + "- 2026-01-02T03:09:00Z: [RUN] no hash\n"));
}

TEST(History, takes_no_entry_that_could_be_read_otherwise) {
    for (const std::string text : {"", " a", "a ", "a\nb", "a\n## Code_Blocks", "a}", "\x1b[0m",
                                   "\xff", "\u202Eback", "\u2066isolated", "\uFEFFmark"})
        EXPECT_FALSE(with_history(workflow(), entry(text))) << text;
    EXPECT_FALSE(with_history(workflow(), entry(std::string(1001, 'a'))));
    EXPECT_FALSE(with_history(workflow(), {.time = "now", .verb = "RUN", .text = "a"}));
    EXPECT_FALSE(
        with_history(workflow(), {.time = "2026-01-02T03:05:00Z", .verb = "run", .text = "a"}));
    EXPECT_FALSE(with_history("no front matter", entry("a")));
}

/// A folder on the real disk, as locks are the kernel's.
class OnDisk : public testing::Test {
protected:
    OnDisk() {
        std::string name = testing::TempDir() + "maml-XXXXXX";
        folder = ::mkdtemp(name.data());
        path = folder + "/w.maml.md";
        EXPECT_TRUE(env::write_file_atomically(files, path, as_bytes(workflow())));
    }

    ~OnDisk() override { std::filesystem::remove_all(folder); }

    std::string content() { return std::string(as_text(*env::read_file(files, path, 1U << 20U))); }

    sys::FileSystem files;
    std::string folder;
    std::string path;
};

TEST_F(OnDisk, lines_are_added_one_program_at_a_time) { // MAML-32
    ASSERT_TRUE(append_history(files, path, entry("a")));
    {
        const auto lock = files.open_read(folder + "/.w.maml.md.lock");
        ASSERT_TRUE(lock && (*lock)->try_lock_exclusive().value());
        EXPECT_EQ(append_history(files, path, entry("b")).error().code(), Errc::unavailable);
        const auto same = [](std::string_view text) -> Result<std::string> {
            return std::string(text);
        };
        EXPECT_EQ(rewrite(files, path, same).error().code(), Errc::unavailable);
    }
    ASSERT_TRUE(append_history(files, path, entry("c")));
    EXPECT_EQ(content(), *with_history(*with_history(workflow(), entry("a")), entry("c")));
}

TEST_F(OnDisk, a_file_that_is_refused_stays_as_it_is) { // MAML-32
    ASSERT_TRUE(env::write_file_atomically(files, path, as_bytes("broken")));
    EXPECT_FALSE(append_history(files, path, entry("a")));
    EXPECT_EQ(content(), "broken");
}

} // namespace
} // namespace torgo::maml
