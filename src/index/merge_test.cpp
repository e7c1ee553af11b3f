#include "index/merge.hpp"
#include "index/test_entries.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::index {

RC_GTEST_PROP(Merge, gives_each_id_once_and_from_the_newest, ()) {
    sim::FileSystem files;
    std::vector<std::unique_ptr<EntryStream>> streams;
    Model model;
    const auto sources = *rc::gen::inRange<std::uint64_t>(0, 6);
    for (std::uint64_t source = 0; source < sources; ++source) {
        std::vector<Entry> entries;
        const auto count = *rc::gen::inRange<std::uint64_t>(0, 300);
        const auto first = *rc::gen::inRange<std::uint64_t>(0, 300);
        for (auto i = first; i < first + count; ++i)
            entries.push_back({id_of(i), location_of(source)});
        entries = sorted(std::move(entries));
        for (const auto& entry : entries)
            model.insert({entry.id, entry.location}); // first wins
        if (source % 2 == 0)
            streams.push_back(stream_of(std::move(entries)));
        else
            streams.push_back(stream_of(write_run(files, "/" + std::to_string(source), entries)));
    }
    Merge merge(std::move(streams));
    for (const auto& [id, location] : model) {
        const auto* const entry = merge.next().value();
        RC_ASSERT(entry != nullptr);
        RC_ASSERT(entry->id == id);
        RC_ASSERT(entry->location == location);
    }
    RC_ASSERT(merge.next().value() == nullptr);
    RC_ASSERT(merge.next().value() == nullptr);
}

TEST(Merge, passes_damage_on) {
    sim::FileSystem files;
    std::vector<std::unique_ptr<EntryStream>> streams;
    streams.push_back(stream_of(write_run(files, "/a", some_entries(100))));
    files.flip("/a", 5);
    Merge merge(std::move(streams));
    EXPECT_EQ(merge.next().error().code(), Errc::corrupt);
}

TEST(MergeFrom, keeps_the_number_of_runs_bounded_at_a_small_cost) {
    std::vector<std::uint64_t> counts;
    std::uint64_t rewritten = 0;
    constexpr std::uint64_t written = 400; // of equal size, as 100 million new chunks make
    constexpr std::size_t runs_max = 5;
    for (std::uint64_t i = 0; i < written; ++i) {
        counts.push_back(1);
        const auto start = merge_from(counts, runs_max);
        ASSERT_LE(start, counts.size());
        if (start == counts.size()) continue;
        std::uint64_t sum = 0;
        for (auto k = start; k < counts.size(); ++k)
            sum += counts[k];
        counts.resize(start);
        counts.push_back(sum);
        rewritten += sum;
        ASSERT_LE(counts.size(), runs_max);
    }
    EXPECT_LT(rewritten, written * 7);
}

TEST(MergeFrom, leaves_a_large_old_run_alone_while_the_newer_ones_are_few) {
    const std::vector<std::uint64_t> counts{1'000'000, 1000, 10, 10, 10, 10};
    EXPECT_EQ(merge_from(counts, 5), 2U);
    EXPECT_EQ(merge_from(counts, 6), 6U);
    const std::vector<std::uint64_t> falling{1000, 100, 10};
    EXPECT_EQ(merge_from(falling, 2), 1U);
    EXPECT_EQ(merge_from(std::vector<std::uint64_t>{5}, 0), 1U);
}

} // namespace torgo::index
