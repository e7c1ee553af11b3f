#include "chunk/bundle.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace torgo::chunk {

namespace {

struct SmallFile {
    std::string name;
    std::uint64_t size = 0;
};

/// Files as a source tree has them: most of a few KiB, some of nearly the limit, some empty.
std::vector<SmallFile> some_files(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    std::vector<SmallFile> files(count);
    for (auto& file : files) {
        file.name = "file" + std::to_string(engine() % 1'000'000) + ".cpp";
        const auto size = engine();
        const auto bits = engine() % 19;
        file.size = std::min(size % (std::uint64_t{1} << bits), small_file_max - 1);
    }
    return files;
}

struct Bundle {
    std::size_t end = 0; ///< number of the first file after it
    std::uint64_t bytes = 0;
    std::size_t files = 0;
};

std::vector<Bundle> bundles(const Bundler& bundler, const std::vector<SmallFile>& files) {
    std::vector<Bundle> done;
    Bundle open;
    for (const auto& file : files) {
        ++open.end;
        ++open.files;
        open.bytes += file.size;
        if (!bundler.ends_after(file.name, file.size, open.bytes, open.files)) continue;
        done.push_back(open);
        open = {.end = open.end};
    }
    return done;
}

Bytes key_of(std::uint8_t number) {
    return Bytes(32, number);
}

} // namespace

RC_GTEST_PROP(Bundler, never_ends_before_the_least_nor_passes_the_most, (std::uint64_t seed)) {
    const Bundler bundler(key_of(1));
    for (const auto& bundle : bundles(bundler, some_files(3000, seed))) {
        RC_ASSERT(bundle.bytes >= bundler.limits().min);
        RC_ASSERT(bundle.bytes <= bundler.limits().max);
    }
}

TEST(Bundler, ends_at_the_limits_whatever_the_name_is) {
    const Bundler bundler(key_of(1));
    const auto& limits = bundler.limits();
    for (const auto& file : some_files(200, 2)) {
        EXPECT_FALSE(bundler.ends_after(file.name, file.size, limits.min - 1, limits.files - 1));
        EXPECT_TRUE(bundler.ends_after(file.name, file.size, limits.max - small_file_max + 1, 1));
        EXPECT_TRUE(bundler.ends_after(file.name, file.size, 0, limits.files));
    }
}

RC_GTEST_PROP(Bundler, between_the_limits_only_name_and_size_decide, (std::uint64_t seed)) {
    const Bundler bundler(key_of(2));
    const auto& limits = bundler.limits();
    for (const auto& file : some_files(50, seed)) {
        const auto answer = bundler.ends_after(file.name, file.size, limits.min, 1);
        const auto fill =
            *rc::gen::inRange<std::uint64_t>(limits.min, limits.max - small_file_max + 1);
        RC_ASSERT(bundler.ends_after(file.name, file.size, fill, 77) == answer);
    }
}

TEST(Bundler, bundles_gather_around_normal) {
    const Bundler bundler(key_of(3));
    std::uint64_t bytes = 0;
    const auto all = bundles(bundler, some_files(60'000, 4));
    for (const auto& bundle : all)
        bytes += bundle.bytes;
    const auto mean = bytes / all.size();
    ASSERT_GT(all.size(), 100U);
    EXPECT_GT(mean, bundler.limits().normal * 85 / 100);
    EXPECT_LT(mean, bundler.limits().normal * 115 / 100);
}

TEST(Bundler, the_same_files_after_others_make_the_same_bundles) {
    const Bundler bundler(key_of(4));
    const auto files = some_files(20'000, 5);
    const auto alone = bundles(bundler, files);
    for (std::uint64_t seed = 10; seed < 30; ++seed) {
        auto behind = some_files(1 + seed * 7, seed);
        const auto added = behind.size();
        behind.insert(behind.end(), files.begin(), files.end());
        auto shifted = bundles(bundler, behind);
        const auto starts_alike = [&](const Bundle& bundle) {
            return bundle.end > added &&
                   std::ranges::contains(alone, bundle.end - added, &Bundle::end);
        };
        const auto first = std::ranges::find_if(shifted, starts_alike);
        ASSERT_NE(first, shifted.end());
        EXPECT_LT(first - shifted.begin(), 20);
        EXPECT_TRUE(std::all_of(first, shifted.end(), starts_alike));
    }
}

TEST(Bundler, other_keys_bundle_otherwise) {
    const auto files = some_files(20'000, 6);
    const auto a = bundles(Bundler(key_of(5)), files);
    const auto b = bundles(Bundler(key_of(6)), files);
    EXPECT_FALSE(std::ranges::equal(a, b, {}, &Bundle::end, &Bundle::end));
}

/// Old repositories find their bundles again only while these numbers stay.
TEST(Bundler, ends_where_every_version_has_ended) {
    Bytes key(32);
    for (std::size_t i = 0; i < key.size(); ++i)
        key[i] = static_cast<std::uint8_t>(i);
    const auto all = bundles(Bundler(key), some_files(2000, 2026));
    std::vector<std::size_t> ends;
    for (const auto& bundle : all)
        ends.push_back(bundle.end);
    const std::vector<std::size_t> expected{197,  482,  704,  849,  991, 1069,
                                            1204, 1434, 1565, 1747, 1895};
    EXPECT_EQ(ends, expected);
}

TEST(Bundler, refuses_what_only_a_broken_caller_passes) {
    const Bundler bundler(key_of(1));
    EXPECT_DEATH((void)bundler.ends_after("a", small_file_max, small_file_max, 1),
                 "small_file_max");
    EXPECT_DEATH(Bundler(key_of(1), {.min = 4_MiB, .normal = 5_MiB, .max = 4_MiB}), "normal");
}

} // namespace torgo::chunk
