#include "chunk/cutter.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <ranges>

namespace torgo::chunk {

namespace {

constexpr CutLimits small{.min = 256, .normal = 896, .max = 4096};

Bytes key_of(std::uint8_t number) {
    return Bytes(32, number);
}

/// Noise; the same everywhere, since the standard fixes this generator.
Bytes noise(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    Bytes bytes(size);
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(engine() >> 56U);
    return bytes;
}

/// Noise, few symbols, a short period, zeros, or stretches of these.
Bytes structured(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    auto bytes = noise(size, seed);
    for (std::size_t at = 0; at < size;) {
        const auto end = std::min<std::size_t>(size, at + 1 + engine() % 8000);
        const auto kind = engine() % 4;
        const auto period = 1 + engine() % 100;
        for (; at < end; ++at) {
            if (kind == 1) bytes[at] &= 3U;
            if (kind == 2) bytes[at] = static_cast<std::uint8_t>(at % period);
            if (kind == 3) bytes[at] = 0;
        }
    }
    return bytes;
}

std::vector<std::size_t> cuts(const Cutter& cutter, ByteView file) {
    std::vector<std::size_t> ends;
    for (std::size_t at = 0; at < file.size(); ends.push_back(at))
        at += cutter.next(file.subspan(at));
    return ends;
}

/// The rule as docs/design/chunking.md states it, from the window's first byte on.
std::size_t next_by_definition(const Gear& gear, const CutLimits& limits, ByteView window) {
    const auto end = std::min(window.size(), limits.max);
    std::uint64_t hash = 0;
    for (std::size_t length = 1; length < end; ++length) {
        hash = hash * 2 + gear[window[length - 1]];
        const auto bytes = length < limits.normal ? limits.normal * 3 : limits.normal / 3;
        if (length >= limits.min && hash < ~std::uint64_t{0} / bytes) return length;
    }
    return end;
}

/// How many ends two cut lists of files of equal tail share, counted from the files' ends.
std::size_t shared_tail(const std::vector<std::size_t>& a, std::size_t size_a,
                        const std::vector<std::size_t>& b, std::size_t size_b) {
    std::size_t shared = 0;
    while (shared < std::min(a.size(), b.size()) &&
           size_a - a[a.size() - 1 - shared] == size_b - b[b.size() - 1 - shared])
        ++shared;
    return shared;
}

} // namespace

RC_GTEST_PROP(Cutter, chunks_keep_their_limits_and_cover_the_file, (std::uint64_t seed)) {
    const Cutter cutter(key_of(7), small);
    const auto file = structured(*rc::gen::inRange<std::size_t>(1, 60'000), seed);
    std::size_t start = 0;
    for (const auto end : cuts(cutter, file)) {
        RC_ASSERT(end - start <= small.max);
        RC_ASSERT(end == file.size() || end - start >= small.min);
        start = end;
    }
    RC_ASSERT(start == file.size());
}

RC_GTEST_PROP(Cutter, follows_the_definition, (std::uint64_t seed, std::uint8_t key)) {
    // The larger limits leave room for what is searched in long stretches.
    constexpr CutLimits large{.min = 1000, .normal = 30'000, .max = 100'000};
    const auto limits = *rc::gen::element(small, large);
    const Cutter cutter(key_of(key), limits);
    const Gear gear(key_of(key), "TORGO/GEAR/cutter/1");
    const auto file = structured(*rc::gen::inRange<std::size_t>(1, 300'000), seed);
    for (std::size_t at = 0; at < file.size();) {
        const auto rest = ByteView(file).subspan(at);
        const auto length = cutter.next(rest);
        RC_ASSERT(length == next_by_definition(gear, limits, rest));
        at += length;
    }
}

RC_GTEST_PROP(Cutter, bytes_past_the_most_do_not_matter, (std::uint64_t seed)) {
    const Cutter cutter(key_of(1), small);
    const auto file = structured(3 * small.max, seed);
    RC_ASSERT(cutter.next(file) == cutter.next(ByteView(file).first(small.max)));
}

RC_GTEST_PROP(Cutter, cuts_again_at_the_same_places_after_an_edit, (std::uint64_t seed)) {
    const Cutter cutter(key_of(2), small);
    const auto before = noise(200'000, seed);
    auto after = before;
    const auto place = *rc::gen::inRange<std::size_t>(0, 100'000);
    const auto removed = *rc::gen::inRange<std::size_t>(0, 2000);
    const auto added = noise(*rc::gen::inRange<std::size_t>(0, 2000), seed + 1);
    const auto at = after.begin() + static_cast<std::ptrdiff_t>(place);
    after.erase(at, at + static_cast<std::ptrdiff_t>(removed));
    after.insert(after.begin() + static_cast<std::ptrdiff_t>(place), added.begin(), added.end());

    const auto old_cuts = cuts(cutter, before);
    const auto new_cuts = cuts(cutter, after);
    const auto untouched = std::ranges::count_if(old_cuts, [&](auto end) { return end <= place; });
    RC_ASSERT(std::ranges::equal(old_cuts | std::views::take(untouched),
                                 new_cuts | std::views::take(untouched)));
    // In step again within 40 normal chunks of the edit (the worst of 3,000 was 10).
    const auto shared = shared_tail(old_cuts, before.size(), new_cuts, after.size());
    RC_ASSERT(shared > 0U);
    const auto in_step = old_cuts[old_cuts.size() - shared];
    RC_ASSERT(in_step <= place + removed + 40 * small.normal);
}

TEST(Cutter, an_edit_seldom_moves_more_than_the_cut_behind_it) {
    const Cutter cutter(key_of(3), small);
    const auto file = noise(60'000, 5);
    const auto old_cuts = cuts(cutter, file);
    std::mt19937_64 engine(6);
    std::size_t moved = 0;
    constexpr std::size_t edits = 200;
    for (std::size_t edit = 0; edit < edits; ++edit) {
        auto changed = file;
        changed[engine() % 50'000] ^= 0x55U;
        moved +=
            static_cast<std::size_t>(std::ranges::count_if(cuts(cutter, changed), [&](auto end) {
                return !std::ranges::contains(old_cuts, end);
            }));
    }
    EXPECT_LT(moved, edits / 4);
}

TEST(Cutter, other_keys_cut_elsewhere_and_the_same_key_never_does) {
    const auto file = noise(500'000, 8);
    const auto first = cuts(Cutter(key_of(1), small), file);
    EXPECT_EQ(first, cuts(Cutter(key_of(1), small), file));
    const auto second = cuts(Cutter(key_of(2), small), file);
    const auto shared =
        std::ranges::count_if(first, [&](auto end) { return std::ranges::contains(second, end); });
    EXPECT_LT(shared, 10); // of about 480, the file's end and a few by chance
}

TEST(Cutter, lengths_gather_above_normal) {
    const Cutter cutter(key_of(4), small);
    const auto file = noise(4'000'000, 9);
    const auto ends = cuts(cutter, file);
    std::size_t start = 0;
    std::size_t around = 0;
    for (const auto end : ends) {
        const auto length = end - start;
        if (length >= small.normal / 2 && length <= small.normal * 2) ++around;
        start = end;
    }
    const auto mean = file.size() / ends.size();
    EXPECT_GT(mean, small.normal * 115 / 100);
    EXPECT_LT(mean, small.normal * 125 / 100);
    EXPECT_GT(around * 100, ends.size() * 85);
}

TEST(Cutter, what_has_no_features_is_cut_at_the_most) {
    const Cutter cutter(key_of(5), small);
    const Bytes zeros(5 * small.max + 1);
    const auto ends = cuts(cutter, zeros);
    EXPECT_EQ(ends.size(), 6U);
    EXPECT_EQ(ends.front(), small.max);
}

TEST(Cutter, a_window_no_longer_than_the_least_is_one_chunk) {
    const Cutter cutter(key_of(6), small);
    for (const std::size_t size : {std::size_t{1}, std::size_t{63}, small.min})
        EXPECT_EQ(cutter.next(noise(size, size)), size);
}

/// Old repositories find their chunks again only while these numbers stay.
TEST(Cutter, cuts_where_every_version_has_cut) {
    Bytes key(32);
    for (std::size_t i = 0; i < key.size(); ++i)
        key[i] = static_cast<std::uint8_t>(i);
    const Cutter cutter(key);
    const std::vector<std::size_t> expected{1471071, 3002305, 3982446, 4759472, 6261770, 6291456};
    EXPECT_EQ(cuts(cutter, noise(6_MiB, 2026)), expected);
}

TEST(Cutter, refuses_what_only_a_broken_caller_passes) {
    const Cutter cutter(key_of(1), small);
    EXPECT_DEATH((void)cutter.next({}), "window.empty");
    EXPECT_DEATH(Cutter(Bytes(31)), "key_size");
    EXPECT_DEATH(Cutter(key_of(1), {.min = 63, .normal = 100, .max = 200}), "memory");
    EXPECT_DEATH(Cutter(key_of(1), {.min = 64, .normal = 300, .max = 200}), "max");
}

} // namespace torgo::chunk
