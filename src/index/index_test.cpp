#include "index/index.hpp"
#include "index/test_entries.hpp"
#include "sys/file_system.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

namespace torgo::index {

namespace {

IndexOptions options_of(std::size_t table_entries_max, std::size_t runs_max = 3) {
    return {.cache_folder = "/cache",
            .fingerprint = {},
            .table_entries_max = table_entries_max,
            .runs_max = runs_max};
}

void add(Index& index, std::uint64_t first, std::uint64_t end) {
    for (auto i = first; i < end; ++i)
        index.add(id_of(i), location_of(i));
}

/// The first number whose chunk is not found where it was said to be.
std::uint64_t first_missing(const Index& index, std::uint64_t end) {
    for (std::uint64_t i = 0; i < end; ++i)
        if (index.find(id_of(i)).value() != location_of(i)) return i;
    return end;
}

void agree(const Index& index, const Model& model) {
    for (std::uint64_t number = 0; number < 256; ++number) {
        const auto known = model.find(id_of(number));
        const auto found = index.find(id_of(number)).value();
        RC_ASSERT(found.has_value() == (known != model.end()));
        if (found) RC_ASSERT(*found == known->second);
    }
    auto expected = model.begin();
    const auto visited = index.for_each([&](const ChunkId& id, Location location) {
        RC_ASSERT(expected != model.end());
        RC_ASSERT(id == expected->first);
        RC_ASSERT(location == expected->second);
        ++expected;
    });
    RC_ASSERT(visited.has_value());
    RC_ASSERT(expected == model.end());
    RC_ASSERT(index.count() >= model.size());
}

} // namespace

RC_GTEST_PROP(Index, holds_what_a_map_holds, (const std::vector<std::uint16_t>& steps)) {
    sim::FileSystem files;
    const auto options = options_of(1 + *rc::gen::inRange<std::size_t>(0, 20));
    auto index = std::make_unique<Index>(files, options);
    Model model;
    Model saved;
    for (std::uint32_t i = 0; i < steps.size(); ++i) {
        const auto what = steps[i] / 256;
        if (what < 240) {
            index->add(id_of(steps[i] % 256), location_of(i));
            model[id_of(steps[i] % 256)] = location_of(i);
        } else if (what < 248) {
            RC_ASSERT(index->persist(as_bytes("m")).has_value());
            saved = model;
        } else if (what < 254) {
            index = std::make_unique<Index>(files, options);
            RC_ASSERT(index->load_manifest().value().has_value() || saved.empty());
            model = saved;
        } else {
            RC_ASSERT(index->clear().has_value());
            model.clear();
            saved.clear();
        }
    }
    agree(*index, model);
}

TEST(Index, finds_a_million_chunks_after_a_restart) {
    sys::FileSystem files;
    auto options = options_of(60'000, 5);
    options.cache_folder = testing::TempDir() + "torgo_index_million";
    std::filesystem::remove_all(options.cache_folder);
    constexpr std::uint64_t count = 1'000'000;
    {
        Index index(files, options);
        add(index, 0, count);
        ASSERT_TRUE(index.persist(as_bytes("covers")).has_value());
    }
    Index index(files, options);
    EXPECT_EQ(as_text(index.load_manifest().value().value()), "covers");
    EXPECT_EQ(index.count(), count);
    EXPECT_LT(index.resident_bytes(), count * 305 / 100);
    for (std::uint64_t i = 0; i < count; i += 97)
        ASSERT_EQ(index.find(id_of(i)).value(), location_of(i));
    for (std::uint64_t i = 0; i < 20'000; ++i)
        ASSERT_FALSE(index.find(id_of(count + i)).value());
    std::uint64_t visited = 0;
    ASSERT_TRUE(index.for_each([&](const ChunkId&, Location) { ++visited; }).has_value());
    EXPECT_EQ(visited, count);
    std::filesystem::remove_all(options.cache_folder);
}

TEST(Index, without_a_cache_folder_keeps_all_in_memory) {
    sim::FileSystem files;
    IndexOptions options;
    options.table_entries_max = 10;
    Index index(files, options);
    add(index, 0, 1000);
    EXPECT_EQ(first_missing(index, 1000), 1000U);
    EXPECT_TRUE(index.persist(as_bytes("m")).has_value());
    EXPECT_FALSE(index.load_manifest().value().has_value());
    EXPECT_EQ(files.operation_count(), 0U);
    EXPECT_TRUE(index.clear().has_value());
    EXPECT_EQ(index.count(), 0U);
}

TEST(Index, knows_nothing_before_the_first_persist) {
    sim::FileSystem files;
    {
        Index index(files, options_of(10));
        EXPECT_FALSE(index.load_manifest().value().has_value());
        add(index, 0, 100);
    }
    Index again(files, options_of(10));
    EXPECT_FALSE(again.load_manifest().value().has_value());
    EXPECT_FALSE(again.find(id_of(1)).value());
}

TEST(Index, readers_and_writers_work_at_the_same_time) {
    sim::FileSystem files;
    Index index(files, options_of(500));
    constexpr std::uint64_t each = 3000;
    std::atomic<std::uint64_t> wrong = 0;
    const auto write = [&](std::uint64_t first) {
        for (auto i = first; i < first + each; ++i) {
            index.add(id_of(i), location_of(i));
            if (index.find(id_of(i)).value() != location_of(i)) ++wrong;
        }
    };
    const auto read = [&] {
        for (std::uint64_t i = 0; i < each; ++i) {
            const auto found = index.find(id_of(i)).value();
            if (found && *found != location_of(i)) ++wrong;
            if (i % 1000 == 0 && !index.persist(as_bytes("m"))) ++wrong;
        }
    };
    {
        const std::jthread a(write, 0);
        const std::jthread b(write, each);
        const std::jthread c(read);
    }
    EXPECT_EQ(wrong, 0U);
    EXPECT_EQ(first_missing(index, 2 * each), 2 * each);
}

} // namespace torgo::index
