#include "receipts/journal.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

namespace torgo::receipts {
namespace {

// RECEIPT-22
TEST(Journal, comes_back_as_it_was_written) {
    sim::FileSystem files;
    ASSERT_TRUE(files.make_directory("/undo", false));
    auto writer = JournalWriter::begin(files, "/undo/journal", "/home/a b", "/undo/aside");
    ASSERT_TRUE(writer);
    const LeftState state{.kind = 1, .size = 5, .inode = 77, .mtime_ns = -3, .ctime_ns = 12};
    EXPECT_TRUE(writer->take_step());
    ASSERT_TRUE(writer->made("folder/odd\n\xFF"));
    ASSERT_TRUE(writer->moved(0, "plain"));
    ASSERT_TRUE(writer->made("plain"));
    ASSERT_TRUE(writer->lost("gone \"x\""));
    ASSERT_TRUE(writer->left(state, "plain"));
    const auto hash = writer->finish();
    ASSERT_TRUE(hash);
    const auto bytes = env::read_file(files, "/undo/journal", journal_max);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(crypto::sha256(*bytes), *hash);
    const auto back = parse_journal(as_text(*bytes));
    ASSERT_TRUE(back) << back.error().detail();
    const std::vector<Step> expected{
        {.kind = Step::Kind::made, .path = "folder/odd\n\xFF", .aside = 0, .left = {}},
        {.kind = Step::Kind::moved, .path = "plain", .aside = 0, .left = {}},
        {.kind = Step::Kind::made, .path = "plain", .aside = 0, .left = state},
        {.kind = Step::Kind::lost, .path = "gone \"x\"", .aside = 0, .left = {}}};
    EXPECT_EQ(back->steps, expected);
    EXPECT_EQ(back->target, "/home/a b");
    EXPECT_EQ(back->unnoted, 0U);
}

TEST(Journal, refuses_what_no_writer_writes) {
    const std::string head = "torgo-undo 1\ntarget \"/t\"\naside \"/a\"\n";
    EXPECT_TRUE(parse_journal(head));
    for (const auto* rest :
         {"made \"a\"", "made a\n", "make \"a\"\n", "moved \"a\"\n", "moved 01 \"a\"\n",
          "left 1 1 1 1 1 \"a\"\n", "made x6161\n", "made xff0\n", "unnoted x\n", "\n"})
        EXPECT_FALSE(parse_journal(head + rest)) << rest;
    EXPECT_FALSE(parse_journal("torgo-undo 2\n"));
    EXPECT_FALSE(parse_journal("torgo-undo 1\ntarget \"t\"\naside \"/a\"\n"));
    EXPECT_FALSE(parse_journal(""));
}

} // namespace
} // namespace torgo::receipts
