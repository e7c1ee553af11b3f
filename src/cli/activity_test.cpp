#include "cli/activity.hpp"
#include "sim/file_system.hpp"
#include "sys/file_system.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <limits>

namespace torgo::cli {
namespace {

top::Work example() {
    return {
        .process = 42,
        .command = "backup",
        .repository = "4adc14dc",
        .items = "files",
        .note = "12.0 MiB stored",
        .items_done = 3,
        .items_total = 10,
        .bytes_done = 1'000,
        .bytes_total = 4'000,
        .problems = 1,
        .circuits = 12,
        .circuits_building = 2,
        .elapsed_ns = 5'000'000'000,
        .heads = {{.uri = "dir:///mnt/a b", .up = 7, .down = 8},
                  {.uri = "tls://h:1/" + std::string(64, 'a'), .up = 0, .down = 9, .open = 3},
                  {.uri = "tor://" + std::string(56, 'b') + ".onion:443/" + std::string(64, 'c'),
                   .up = std::numeric_limits<std::uint64_t>::max(),
                   .down = 1}}};
}

TEST(Activity, is_read_as_it_was_written) {
    const auto read = parse_activity(format_activity(example()));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, example());
}

TEST(Activity, that_is_cut_or_changed_is_refused) {
    const auto text = format_activity(example());
    const auto whole_lines = text.find("head ");
    for (std::size_t size = 0; size < whole_lines; ++size)
        EXPECT_FALSE(parse_activity(text.substr(0, size))) << size;
    EXPECT_FALSE(parse_activity(text + "x"));
    EXPECT_FALSE(parse_activity(text + "head 1 2 3\n"));
    EXPECT_FALSE(parse_activity(text + "head 1 -2 3 uri\n"));
    auto later = text;
    later[15] = '3';
    EXPECT_EQ(parse_activity(later).error().code(), Errc::unsupported);
    std::string many = text;
    for (int i = 0; i < 64; ++i)
        many += "head 1 2 3 uri\n";
    EXPECT_FALSE(parse_activity(many));
}

TEST(Activity, of_this_process_is_found_and_of_a_dead_one_removed) {
    sim::FileSystem files;
    ASSERT_TRUE(env::make_directories(files, "/run"));
    {
        ActivityFile file(files, "/run/torgo");
        file.write(example());
        file.write(example());
        auto dead = example();
        dead.process = 4'000'000'000; // more than there can be
        ASSERT_TRUE(env::write_file_atomically(files, "/run/torgo/7.activity",
                                               as_bytes(format_activity(dead))));
        const auto found = read_activities(files, "/run/torgo");
        ASSERT_EQ(found.size(), 1U);
        EXPECT_EQ(found.front().process, static_cast<std::uint64_t>(::getpid()));
        EXPECT_EQ(found.front().note, "12.0 MiB stored");
        EXPECT_FALSE(files.status("/run/torgo/7.activity"));
    }
    EXPECT_TRUE(read_activities(files, "/run/torgo").empty());
    EXPECT_TRUE(files.files_below("/run/torgo").empty());
}

// docs/spec/cli.md 8: another kind of file could be anybody's, or hold `top` up for ever.
TEST(Activity, is_read_of_regular_files_only) {
    sys::FileSystem files;
    const auto folder = testing::TempDir() + "torgo_activity_test";
    std::filesystem::remove_all(folder);
    ASSERT_TRUE(files.make_directory(folder));
    auto mine = example();
    mine.process = static_cast<std::uint64_t>(::getpid());
    const auto elsewhere = folder + "/elsewhere";
    ASSERT_TRUE(env::write_file_atomically(files, elsewhere, as_bytes(format_activity(mine))));
    const auto pipe = folder + "/2.activity";
    ASSERT_EQ(::symlink(elsewhere.c_str(), (folder + "/1.activity").c_str()), 0);
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    auto found = std::async(std::launch::async, [&] { return read_activities(files, folder); });
    const bool held_up = found.wait_for(std::chrono::seconds(10)) != std::future_status::ready;
    EXPECT_FALSE(held_up);
    if (held_up) (void)::close(::open(pipe.c_str(), O_WRONLY | O_CLOEXEC));
    EXPECT_TRUE(found.get().empty());
    std::filesystem::remove_all(folder);
}

} // namespace
} // namespace torgo::cli
