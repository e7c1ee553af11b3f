#include "chunk/bundle.hpp"

#include <gtest/gtest.h>

namespace torgo::chunk {

TEST(Bundler, never_ends_before_the_least_and_always_before_the_most) {
    const Bundler bundler(Bytes(32, 1));
    const auto& limits = bundler.limits();
    EXPECT_FALSE(bundler.ends_after("a", 100, limits.min - 1, 10));
    EXPECT_TRUE(bundler.ends_after("a", 100, limits.max - small_file_max + 1, 10));
    EXPECT_TRUE(bundler.ends_after("a", 0, 0, limits.files));
}

} // namespace torgo::chunk
