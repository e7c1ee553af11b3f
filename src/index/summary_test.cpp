#include "index/summary.hpp"
#include "index/test_entries.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::index {

namespace {

Summary summary_of(const std::vector<Entry>& entries, std::uint64_t expected) {
    Summary summary(expected);
    for (const auto& entry : entries)
        summary.add(entry.id);
    summary.finish();
    return summary;
}

bool covers_all(const Summary& summary, const std::vector<Entry>& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto range = summary.candidates(entries[i].id);
        if (i < range.first || i >= range.last || range.last > entries.size()) return false;
    }
    return true;
}

} // namespace

RC_GTEST_PROP(Summary, never_misses_an_entry, (bool skewed)) {
    const auto count = *rc::gen::inRange<std::uint64_t>(0, 3000);
    const auto shared = *rc::gen::inRange<std::size_t>(0, 10);
    // More or fewer than expected come when a merge meets an id twice, or the caller guessed.
    const auto expected = *rc::gen::inRange<std::uint64_t>(0, 5000);
    const auto entries = skewed ? skewed_entries(count, shared) : some_entries(count);
    const auto summary = summary_of(entries, expected);
    RC_ASSERT(summary.count() == count);
    RC_ASSERT(summary.check().has_value());
    RC_ASSERT(covers_all(summary, entries));
}

TEST(Summary, points_to_one_place_for_nearly_all_ids) {
    const auto entries = some_entries(100'000);
    const auto summary = summary_of(entries, entries.size());
    std::uint64_t candidates = 0;
    std::uint64_t unknown = 0;
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        const auto known = summary.candidates(id_of(i));
        candidates += known.last - known.first;
        unknown += summary.candidates(id_of(200'000 + i)).empty() ? 0U : 1U;
    }
    EXPECT_LT(candidates, 103'000U);
    EXPECT_LT(unknown, 100'000U / 200);
    EXPECT_LT(summary.bytes().size(), 300'000U);
}

TEST(Summary, is_the_same_from_its_bytes) {
    const auto entries = some_entries(5000);
    const auto summary = summary_of(entries, entries.size());
    Summary copy(summary.cells(), summary.count());
    std::ranges::copy(summary.bytes(), copy.bytes().begin());
    EXPECT_TRUE(copy.check().has_value());
    EXPECT_TRUE(covers_all(copy, entries));
}

TEST(Summary, refuses_bytes_that_point_outside_the_file) {
    const auto entries = some_entries(500);
    const auto summary = summary_of(entries, entries.size());
    for (std::uint64_t cell = 0; cell < summary.cells(); ++cell)
        for (std::size_t byte = 0; byte < 4; ++byte) {
            Summary copy(summary.cells(), summary.count());
            std::ranges::copy(summary.bytes(), copy.bytes().begin());
            copy.bytes()[cell * Summary::cell_size + byte] ^= 0x80U;
            const auto checked = copy.check();
            if (checked) { // a shifted border: wrong, but inside; the file's checksum finds it
                for (std::uint64_t i = 0; i < 1000; ++i)
                    EXPECT_LE(copy.candidates(id_of(i)).last, entries.size());
            } else {
                EXPECT_EQ(checked.error().code(), Errc::corrupt);
            }
        }
    Summary longer(summary.cells(), summary.count() + 1);
    std::ranges::copy(summary.bytes(), longer.bytes().begin());
    longer.bytes()[0] = 1;
    EXPECT_FALSE(longer.check().has_value());
}

TEST(Summary, of_nothing_knows_nothing) {
    const auto summary = summary_of({}, 0);
    EXPECT_TRUE(summary.check().has_value());
    EXPECT_TRUE(summary.candidates(id_of(1)).empty());
}

} // namespace torgo::index
