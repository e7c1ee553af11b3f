// SPDX-License-Identifier: MIT
#include "source/read.hpp"
#include "source/test_tree.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace torgo::source {

namespace {

std::string read_all(FileReader& reader, std::size_t step) {
    std::string out;
    Bytes buffer(step);
    for (;;) {
        const auto got = reader.read(buffer);
        EXPECT_TRUE(got.has_value());
        if (!got || *got == 0) return out;
        out += as_text(ByteView(buffer).first(*got));
    }
}

void append(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::app | std::ios::binary) << text;
}

/// Writes `data` bytes at `offset` of a file that has holes everywhere else up to `size`.
void sparse_file(const std::string& path, off_t size, const std::vector<Extent>& data) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT, 0600));
    ASSERT_EQ(::ftruncate(file.get(), size), 0);
    for (const auto& extent : data) {
        const std::string content(extent.size, 'd');
        ASSERT_EQ(
            ::pwrite(file.get(), content.data(), content.size(), static_cast<off_t>(extent.offset)),
            static_cast<ssize_t>(content.size()));
    }
}

Errc open_error(const std::string& path) {
    const auto reader = FileReader::open(path);
    EXPECT_FALSE(reader.has_value());
    Bytes buffer(10);
    Status status;
    const auto small = read_small(path, buffer, status);
    EXPECT_FALSE(small.has_value());
    if (reader || small) return Errc::io;
    EXPECT_EQ(reader.error().code(), small.error().code());
    return reader.error().code();
}

} // namespace

TEST(FileReader, reads_from_start_to_end_in_steps_of_any_size) {
    const TestTree tree;
    std::string content;
    for (int i = 0; i < 100'000; ++i)
        content += static_cast<char>(i * 7 + i / 251);
    tree.file("file", content);
    for (const std::size_t step : {1000UL, 65'536UL, 1'000'000UL}) {
        auto reader = FileReader::open(tree.at("file"));
        ASSERT_TRUE(reader.has_value());
        EXPECT_EQ(reader->size(), content.size());
        EXPECT_EQ(read_all(*reader, step), content);
    }
}

TEST(FileReader, reads_at_any_place_without_moving_on) {
    const TestTree tree;
    tree.file("file", "0123456789");
    const Descriptor directory(::open(tree.path().c_str(), O_PATH | O_DIRECTORY));
    auto reader = FileReader::open(directory, "file");
    ASSERT_TRUE(reader.has_value());
    Bytes buffer(4);
    EXPECT_EQ(reader->read_at(8, buffer).value(), 2U);
    EXPECT_EQ(as_text(ByteView(buffer).first(2)), "89");
    EXPECT_EQ(reader->read_at(100, buffer).value(), 0U);
    EXPECT_EQ(read_all(*reader, 4), "0123456789");
}

TEST(FileReader, tells_whether_the_file_is_still_as_it_was_listed) {
    const TestTree tree;
    tree.file("file", "content");
    const auto entry = entry_of(tree.at("file"));
    auto reader = FileReader::open(tree.at("file"));
    ASSERT_TRUE(reader.has_value());
    EXPECT_EQ(read_all(*reader, 100), "content");
    EXPECT_TRUE(reader->unchanged_since(entry).value());
    for (const auto& change : std::vector<std::function<void(Entry&)>>{
             [](Entry& e) { ++e.size; }, [](Entry& e) { ++e.mtime_ns; },
             [](Entry& e) { ++e.ctime_ns; },
             [](Entry& e) {
                 ++e.inode;
             }}) {
        auto other = entry;
        change(other);
        EXPECT_FALSE(reader->unchanged_since(other).value());
    }
}

TEST(FileReader, reports_a_file_that_grows_while_it_is_read) {
    const TestTree tree;
    tree.file("file", "start");
    const auto entry = entry_of(tree.at("file"));
    auto reader = FileReader::open(tree.at("file"));
    Bytes buffer(5);
    ASSERT_EQ(reader->read(buffer).value(), 5U);
    append(tree.at("file"), "more");
    EXPECT_EQ(read_all(*reader, 3), "more");
    EXPECT_EQ(reader->size(), 5U);
    EXPECT_FALSE(reader->unchanged_since(entry).value());
}

TEST(FileReader, reports_a_file_that_shrinks_while_it_is_read) {
    const TestTree tree;
    tree.file("file", std::string(100'000, 'x'));
    const auto entry = entry_of(tree.at("file"));
    auto reader = FileReader::open(tree.at("file"));
    Bytes buffer(10);
    ASSERT_EQ(reader->read(buffer).value(), 10U);
    std::filesystem::resize_file(tree.at("file"), 20);
    EXPECT_EQ(read_all(*reader, 1000).size(), 10U);
    EXPECT_FALSE(reader->unchanged_since(entry).value());
}

TEST(FileReader, reads_on_and_reports_when_the_file_vanishes_or_is_replaced) {
    const TestTree tree;
    tree.file("file", "content");
    tree.file("new", "content");
    const auto entry = entry_of(tree.at("file"));
    auto reader = FileReader::open(tree.at("file"));
    std::filesystem::remove(tree.at("file"));
    EXPECT_EQ(read_all(*reader, 100), "content");
    EXPECT_FALSE(reader->unchanged_since(entry).value());
    EXPECT_EQ(open_error(tree.at("file")), Errc::not_found);
    std::filesystem::rename(tree.at("new"), tree.at("file"));
    EXPECT_FALSE(FileReader::open(tree.at("file"))->unchanged_since(entry).value());
}

TEST(FileReader, neither_waits_nor_follows_where_something_else_took_the_name) {
    const TestTree tree;
    tree.file("secret");
    tree.directory("directory");
    tree.symlink("link", "secret");
    ASSERT_EQ(::mkfifo(tree.at("fifo").c_str(), 0600), 0);
    EXPECT_EQ(open_error(tree.at("fifo")), Errc::changed); // and does not hang
    EXPECT_EQ(open_error(tree.at("link")), Errc::changed);
    EXPECT_EQ(open_error(tree.at("directory")), Errc::changed);
    EXPECT_EQ(open_error("/dev/null"), Errc::changed);
    EXPECT_EQ(open_error(tree.at("none")), Errc::not_found);
}

TEST(FileReader, leaves_the_access_time_where_it_may) {
    const TestTree tree;
    tree.file("file");
    const timespec old[2] = {{1'000, 0}, {2'000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, tree.at("file").c_str(), old, 0), 0);
    auto reader = FileReader::open(tree.at("file"));
    ASSERT_TRUE(reader.has_value());
    EXPECT_EQ(read_all(*reader, 100), "content");
    struct stat info{};
    ASSERT_EQ(::stat(tree.at("file").c_str(), &info), 0);
    EXPECT_EQ(info.st_atim.tv_sec, 1'000);
}

TEST(FileReader, reads_what_others_own_and_says_what_it_may_not) {
    const TestTree tree;
    tree.file("readable", "yes");
    tree.file("closed", "no");
    ASSERT_EQ(::chmod(tree.at("closed").c_str(), 0), 0);
    as_nobody([&] {
        auto reader = FileReader::open(tree.at("readable"));
        ASSERT_TRUE(reader.has_value()) << reader.error().detail();
        EXPECT_EQ(read_all(*reader, 10), "yes");
        EXPECT_EQ(open_error(tree.at("closed")), Errc::permission);
    });
}

TEST(DataExtents, are_one_for_a_plain_file_and_none_for_an_empty_one) {
    const TestTree tree;
    tree.file("plain", std::string(10'000, 'x'));
    tree.file("empty", "");
    EXPECT_EQ(FileReader::open(tree.at("plain"))->data_extents().value(),
              (std::vector<Extent>{{0, 10'000}}));
    EXPECT_TRUE(FileReader::open(tree.at("empty"))->data_extents()->empty());
}

TEST(DataExtents, skip_holes_at_the_start_in_the_middle_and_at_the_end) {
    constexpr std::uint64_t unit = 65'536; // a multiple of any block size in use
    const TestTree tree;
    const std::vector<Extent> start{{8 * unit, unit}};
    const std::vector<Extent> middle{{0, unit}, {8 * unit, unit}};
    const std::vector<Extent> end{{0, unit}};
    sparse_file(tree.at("start"), 9 * unit, start);
    sparse_file(tree.at("middle"), 9 * unit, middle);
    sparse_file(tree.at("end"), 9 * unit, end);
    sparse_file(tree.at("all"), 9 * unit, {});
    if (FileReader::open(tree.at("all"))->data_extents()->size() == 1)
        GTEST_SKIP() << "this file system keeps no holes";
    EXPECT_EQ(FileReader::open(tree.at("start"))->data_extents().value(), start);
    EXPECT_EQ(FileReader::open(tree.at("middle"))->data_extents().value(), middle);
    EXPECT_EQ(FileReader::open(tree.at("end"))->data_extents().value(), end);
    EXPECT_TRUE(FileReader::open(tree.at("all"))->data_extents()->empty());
    auto reader = FileReader::open(tree.at("start"));
    EXPECT_EQ(read_all(*reader, 1 << 20), std::string(8 * unit, '\0') + std::string(unit, 'd'));
}

TEST(DataExtents, stay_within_the_size_at_opening) {
    const TestTree tree;
    sparse_file(tree.at("file"), 1 << 20, {});
    const auto reader = FileReader::open(tree.at("file"));
    sparse_file(tree.at("file"), 2 << 20, {{0, 2 << 20}});
    const auto extents = reader->data_extents().value();
    ASSERT_EQ(extents.size(), 1U);
    EXPECT_EQ(extents[0].offset + extents[0].size, 1U << 20);
}

TEST(ReadSmall, reads_whole_files_and_tells_their_status) {
    const TestTree tree;
    const Descriptor directory(::open(tree.path().c_str(), O_PATH | O_DIRECTORY));
    for (const std::size_t size : {0UL, 1UL, 99UL, 100UL}) {
        tree.file("file", std::string(size, 'x'));
        const auto entry = entry_of(tree.at("file"));
        Bytes buffer(100);
        Status status;
        EXPECT_EQ(read_small(directory, "file", buffer, status).value(), size);
        EXPECT_EQ(status.size, size);
        EXPECT_TRUE(status.same_as(entry));
        EXPECT_EQ(std::string(size, 'x'), as_text(ByteView(buffer).first(size)));
        EXPECT_EQ(read_small(tree.at("file"), buffer, status).value(), size);
    }
}

TEST(ReadSmall, shows_by_the_size_that_a_file_is_larger) {
    const TestTree tree;
    tree.file("file", std::string(101, 'x'));
    Bytes buffer(100);
    Status status;
    EXPECT_EQ(read_small(tree.at("file"), buffer, status).value(), 100U);
    EXPECT_EQ(status.size, 101U);
}

TEST(FileReader, opens_paths_longer_than_one_call_takes) {
    const TestTree tree;
    const std::string name(250, 'n');
    std::string path = tree.path();
    Descriptor at(::open(path.c_str(), O_PATH | O_DIRECTORY));
    while (path.size() < 5'000) {
        ASSERT_EQ(::mkdirat(at.get(), name.c_str(), 0700), 0);
        at = Descriptor(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY));
        path += "/" + name;
    }
    const Descriptor file(::openat(at.get(), "file", O_WRONLY | O_CREAT, 0600));
    ASSERT_EQ(::write(file.get(), "deep", 4), 4);
    auto reader = FileReader::open(path + "/file");
    ASSERT_TRUE(reader.has_value()) << reader.error().detail();
    EXPECT_EQ(read_all(*reader, 10), "deep");
}

} // namespace torgo::source
