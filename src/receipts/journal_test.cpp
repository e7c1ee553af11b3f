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
    ASSERT_TRUE(writer->made("folder/odd\n\xFF"));
    ASSERT_TRUE(writer->moved(0, "plain"));
    ASSERT_TRUE(writer->made("plain"));
    ASSERT_TRUE(writer->left(state, "plain"));
    ASSERT_TRUE(writer->aside("/mnt/.torgo-undo-1"));
    ASSERT_TRUE(writer->moved(1, "mnt/\"x\""));
    ASSERT_TRUE(writer->made("mnt/\"x\""));
    ASSERT_TRUE(writer->taken_back("mnt/\"x\""));
    ASSERT_TRUE(writer->aside("/undo/aside"));
    ASSERT_TRUE(writer->moved(2, "last"));
    const auto hash = writer->finish();
    ASSERT_TRUE(hash);
    const auto bytes = env::read_file(files, "/undo/journal", journal_max);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(crypto::sha256(*bytes), *hash);
    const auto back = parse_journal(as_text(*bytes));
    ASSERT_TRUE(back) << back.error().detail();
    const std::vector<Step> expected{
        {.kind = Step::Kind::made, .path = "folder/odd\n\xFF", .left = {}},
        {.kind = Step::Kind::moved, .path = "plain", .left = {}},
        {.kind = Step::Kind::made, .path = "plain", .left = state},
        {.kind = Step::Kind::moved,
         .path = "mnt/\"x\"",
         .aside = 1,
         .folder = 1,
         .left = {},
         .taken_back = true},
        {.kind = Step::Kind::made, .path = "mnt/\"x\"", .left = {}, .taken_back = true},
        {.kind = Step::Kind::moved, .path = "last", .aside = 2, .left = {}}};
    EXPECT_EQ(back->steps, expected);
    EXPECT_EQ(back->asides, (std::vector<std::string>{"/undo/aside", "/mnt/.torgo-undo-1"}));
    EXPECT_EQ(back->target, "/home/a b");
    EXPECT_EQ(back->unnoted, 0U);
}

// Two at once: what is moved must not stand there without what is made in its place.
TEST(Journal, has_room_for_both_steps_of_a_change_or_for_neither) {
    sim::FileSystem files;
    auto writer = JournalWriter::begin(files, "/journal", "/a", "/b");
    ASSERT_TRUE(writer);
    EXPECT_TRUE(writer->take_steps(steps_max - 1));
    EXPECT_FALSE(writer->take_steps(2));
    EXPECT_TRUE(writer->take_steps(1));
    EXPECT_FALSE(writer->take_steps(1));
}

TEST(Journal, notes_no_more_folders_aside_than_it_can_be_read_with) {
    sim::FileSystem files;
    auto writer = JournalWriter::begin(files, "/journal", "/a", "/aside");
    ASSERT_TRUE(writer);
    Result<> noted;
    std::size_t count = 0;
    for (; noted && count <= asides_max; ++count)
        noted = writer->aside("/mnt/" + std::to_string(count));
    ASSERT_FALSE(noted);
    EXPECT_EQ(noted.error().code(), Errc::limit_exceeded);
    EXPECT_TRUE(writer->aside("/mnt/1")) << "a known one";
    ASSERT_TRUE(writer->finish());
    const auto text = env::read_file(files, "/journal", journal_max);
    ASSERT_TRUE(text);
    EXPECT_TRUE(parse_journal(as_text(*text)));
}

TEST(Journal, reads_what_earlier_versions_lost) {
    const auto read = parse_journal("torgo-undo 1\ntarget \"/t\"\naside \"/a\"\nlost \"x\"\n");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->steps.front().kind, Step::Kind::lost);
}

TEST(Journal, refuses_what_no_writer_writes) {
    const std::string head = "torgo-undo 1\ntarget \"/t\"\naside \"/a\"\n";
    EXPECT_TRUE(parse_journal(head));
    for (const auto* rest :
         {"made \"a\"", "made a\n", "make \"a\"\n", "moved \"a\"\n", "moved 01 \"a\"\n",
          "left 1 1 1 1 1 \"a\"\n", "made x6161\n", "made xff0\n", "unnoted x\n", "aside \"b\"\n",
          "taken-back \"a\"\n", "made \"a\"\ntaken-back \"a\"\nleft 1 1 1 1 1 \"a\"\n", "\n"})
        EXPECT_FALSE(parse_journal(head + rest)) << rest;
    EXPECT_FALSE(parse_journal("torgo-undo 2\n"));
    EXPECT_FALSE(parse_journal("torgo-undo 1\ntarget \"t\"\naside \"/a\"\n"));
    EXPECT_FALSE(parse_journal(""));
}

} // namespace
} // namespace torgo::receipts
