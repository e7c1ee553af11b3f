#include "env/lock.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

namespace torgo::env {

TEST(Lock, is_held_by_one_until_it_lets_go) {
    sim::FileSystem files;
    auto first = try_lock_file(files, "/lock");
    ASSERT_TRUE(first.has_value());
    EXPECT_NE(*first, nullptr);
    const auto second = try_lock_file(files, "/lock");
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(*second, nullptr);
    first->reset();
    EXPECT_NE(*try_lock_file(files, "/lock"), nullptr) << "the file stays and is taken again";
}

TEST(Lock, is_waited_for_and_given_up) {
    sim::FileSystem files;
    sim::Clock clock;
    auto held = try_lock_file(files, "/lock");
    const auto before = clock.monotonic_ns();
    EXPECT_EQ(lock_file(files, clock, "/lock").error().code(), Errc::timeout);
    EXPECT_GE(clock.monotonic_ns() - before, lock_patience_ns);
    held->reset();
    EXPECT_TRUE(lock_file(files, clock, "/lock").has_value());
}

TEST(Lock, says_why_there_is_none) {
    sim::FileSystem files;
    sim::Clock clock;
    EXPECT_EQ(try_lock_file(files, "/nowhere/lock").error().code(), Errc::not_found);
    EXPECT_EQ(lock_file(files, clock, "/nowhere/lock").error().code(), Errc::not_found);
}

} // namespace torgo::env
