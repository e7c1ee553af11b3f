#include "env/file_system.hpp"
#include "sim/file_system.hpp"
#include "sim/interleaved_files.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace torgo::env {
namespace {

const std::string target = "/state/file";
constexpr std::size_t size_max = 100;

std::unique_ptr<sim::FileSystem> disk() {
    auto files = std::make_unique<sim::FileSystem>();
    EXPECT_TRUE(make_directories(*files, "/state").has_value());
    EXPECT_TRUE(write_file_atomically(*files, target, as_bytes("before")).has_value());
    return files;
}

std::string content(FileSystem& files) {
    const auto bytes = read_file(files, target, size_max);
    EXPECT_TRUE(bytes.has_value());
    return bytes ? std::string(as_text(*bytes)) : std::string();
}

TEST(WriteFileAtomically, processes_that_write_at_once_leave_the_whole_of_one) {
    bool happened = true;
    for (std::uint64_t at = 1; happened; ++at) {
        SCOPED_TRACE(at);
        const auto files = disk();
        sim::InterleavedFiles first(*files, at, [&] {
            EXPECT_TRUE(write_file_atomically(*files, target, as_bytes("second")).has_value());
            EXPECT_EQ(content(*files), "second");
        });
        const auto written = write_file_atomically(first, target, as_bytes("first"));
        EXPECT_TRUE(written.has_value()) << written.error().detail();
        happened = first.has_happened();
        const auto now = content(*files);
        EXPECT_TRUE(now == "first" || now == "second") << now;
        EXPECT_EQ(files->files_below("/state").size(), 1U);
        EXPECT_TRUE(at > 3 || happened) << "too few calls to come between";
    }
}

/// Of three processes one stops half way: what it wrote is never taken for another's.
TEST(WriteFileAtomically, what_another_has_half_written_is_never_seen) {
    for (std::uint64_t at = 1; at <= 4; ++at) {
        for (std::uint64_t stop = 1; stop <= 5; ++stop) {
            SCOPED_TRACE(std::to_string(at) + ", stopped at " + std::to_string(stop));
            const auto files = disk();
            sim::InterleavedFiles first(*files, at, [&] {
                files->fail_nth_change(stop, Errc::io);
                (void)write_file_atomically(*files, target, as_bytes("second"));
            });
            (void)write_file_atomically(first, target, as_bytes("first"));
            const auto now = content(*files);
            EXPECT_TRUE(now == "before" || now == "first" || now == "second") << now;
        }
    }
}

TEST(WriteFileAtomically, a_failure_leaves_nothing_beside_what_was_there) {
    const auto files = disk();
    files->set_capacity(8);
    EXPECT_FALSE(write_file_atomically(*files, target, Bytes(99)).has_value());
    EXPECT_EQ(files->files_below("/state").size(), 1U);
    EXPECT_EQ(content(*files), "before");
}

TEST(WriteFileAtomically, leftovers_of_crashes_are_cleared_away_and_files_in_use_are_not) {
    constexpr std::size_t crashes = 40;
    auto files = disk();
    for (std::size_t i = 0; i < crashes; ++i) {
        files->set_crash_after(4); // created, written, not renamed
        EXPECT_FALSE(write_file_atomically(*files, target, as_bytes("lost")).has_value());
        files = files->crash(i);
    }
    EXPECT_LT(files->files_below("/state").size(), 20U);
    EXPECT_TRUE(write_file_atomically(*files, target, as_bytes("after")).has_value());
    EXPECT_EQ(content(*files), "after");
}

} // namespace
} // namespace torgo::env
