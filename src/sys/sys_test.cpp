#include "sys/clock.hpp"
#include "sys/file_system.hpp"
#include "sys/hci_channel.hpp"
#include "sys/process.hpp"
#include "sys/random.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>

namespace torgo::sys {

TEST(FileSystem, atomic_write_replaces_and_leaves_no_temporary) {
    FileSystem files;
    const std::string folder = testing::TempDir() + "torgo_sys_test";
    std::filesystem::remove_all(folder);
    ASSERT_TRUE(env::make_directories(files, folder + "/a/b").has_value());
    const auto path = folder + "/a/b/file";
    ASSERT_TRUE(env::write_file_atomically(files, path, as_bytes("one")).has_value());
    ASSERT_TRUE(env::write_file_atomically(files, path, as_bytes("two")).has_value());
    EXPECT_EQ(as_text(*env::read_file(files, path, 100)), "two");
    EXPECT_EQ(files.list(folder + "/a/b")->size(), 1U);
    EXPECT_EQ(env::read_file(files, path, 2).error().code(), Errc::limit_exceeded);
    EXPECT_EQ(files.open_read(folder + "/none").error().code(), Errc::not_found);
    EXPECT_EQ(files.create(path, false).error().code(), Errc::exists);
}

TEST(FileSystem, makes_a_directory_once_and_not_where_a_file_is) {
    FileSystem files;
    const std::string folder = testing::TempDir() + "torgo_sys_directory_test";
    std::filesystem::remove_all(folder);
    EXPECT_TRUE(files.make_directory(folder).has_value());
    EXPECT_TRUE(files.make_directory(folder).has_value());
    const auto file = folder + "/file";
    EXPECT_TRUE(env::write_file_atomically(files, file, as_bytes("content")).has_value());
    EXPECT_EQ(files.make_directory(file).error().code(), Errc::exists);
}

TEST(Process, may_open_as_many_files_as_the_system_allows) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 64);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    raise_open_files_limit();
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_EQ(limit.rlim_cur, limit.rlim_max);
}

TEST(FileSystem, a_secret_folder_is_for_its_owner_only) {
    FileSystem files;
    const std::string folder = testing::TempDir() + "torgo_sys_secret";
    std::filesystem::remove_all(folder);
    ASSERT_TRUE(files.make_directory(folder, true).has_value());
    EXPECT_EQ(std::filesystem::status(folder).permissions(), std::filesystem::perms::owner_all);
    std::filesystem::remove_all(folder);
}

TEST(Random, does_not_repeat) {
    Random random;
    Bytes a(32);
    Bytes b(32);
    random.fill(a);
    random.fill(b);
    EXPECT_NE(a, b);
}

TEST(Clock, monotonic_does_not_go_back) {
    const Clock clock;
    const auto first = clock.monotonic_ns();
    EXPECT_GE(clock.monotonic_ns(), first);
}

/// No machine has so many adapters; some have no Bluetooth, or deny it.
TEST(HciChannel, says_why_there_is_none) {
    constexpr std::uint16_t no_adapter = 0xfff0;
    const auto channel = open_hci_user_channel(no_adapter);
    ASSERT_FALSE(channel.has_value());
    const auto code = channel.error().code();
    EXPECT_TRUE(code == Errc::unsupported || code == Errc::not_found || code == Errc::permission)
        << channel.error().detail();
}

} // namespace torgo::sys
