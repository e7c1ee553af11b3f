#include "sim/file_system.hpp"
#include "uplink/store_mark.hpp"

#include <gtest/gtest.h>

// What a gateway remembers of its store. [READING-31]
namespace torgo::uplink {
namespace {

constexpr const char* path = "/state/records";
constexpr std::size_t head_size = 8;
constexpr std::size_t frame_size = 12;

struct StoreMarkTest : testing::Test {
    void SetUp() override { ASSERT_TRUE(files.make_directory("/state")); }

    std::optional<std::uint64_t> found() { return StoreMark::open(files, path).value().records(); }

    Bytes content() { return env::read_file(files, path, 1_MiB).value(); }

    void put(ByteView bytes) { ASSERT_TRUE(env::write_file_atomically(files, path, bytes)); }

    sim::FileSystem files;
};

TEST_F(StoreMarkTest, what_was_noted_last_is_found) {
    EXPECT_EQ(found(), std::nullopt);
    auto mark = StoreMark::open(files, path).value();
    ASSERT_TRUE(mark.note(3));
    EXPECT_EQ(found(), 3U);
    ASSERT_TRUE(mark.note(8));
    ASSERT_TRUE(mark.note(8));
    EXPECT_EQ(found(), 8U);
    EXPECT_EQ(content().size(), head_size + 2 * frame_size) << "what is the same is not written";
    ASSERT_TRUE(mark.note(5)) << "a store that went back is noted as it is";
    EXPECT_EQ(found(), 5U);
}

TEST_F(StoreMarkTest, the_file_does_not_grow_without_end) {
    auto mark = StoreMark::open(files, path).value();
    for (std::uint64_t i = 1; i <= 12'000; ++i)
        ASSERT_TRUE(mark.note(i));
    EXPECT_LE(content().size(), store_mark_size_max);
    EXPECT_EQ(found(), 12'000U);
}

TEST_F(StoreMarkTest, a_frame_that_is_not_whole_does_not_count) {
    auto mark = StoreMark::open(files, path).value();
    ASSERT_TRUE(mark.note(3));
    ASSERT_TRUE(mark.note(8));
    const auto whole = content();
    for (std::size_t size = whole.size() - 1; size >= head_size + frame_size; --size) {
        put(ByteView(whole).first(size));
        EXPECT_EQ(found(), 3U);
    }
    auto bent = whole;
    bent.back() ^= 1U;
    put(bent);
    EXPECT_EQ(found(), 3U);
}

TEST_F(StoreMarkTest, a_file_that_cannot_be_understood_says_more_than_any_store_has) {
    for (const auto& bytes : {Bytes{}, Bytes(7), Bytes(20), Bytes(store_mark_size_max + 100)}) {
        put(bytes);
        EXPECT_EQ(found(), store_mark_unknown);
    }
    auto mark = StoreMark::open(files, path).value();
    ASSERT_TRUE(mark.note(4));
    EXPECT_EQ(found(), 4U);
}

TEST_F(StoreMarkTest, survives_a_loss_of_power_and_a_disk_that_refuses) {
    for (std::uint64_t operation = 1;; ++operation) {
        sim::FileSystem disk;
        ASSERT_TRUE(disk.make_directory("/state"));
        ASSERT_TRUE(disk.sync_directory("/"));
        disk.set_crash_after(operation);
        std::uint64_t noted = 0;
        bool ended = false;
        for (int life = 0; life < 2; ++life) {
            auto mark = StoreMark::open(disk, path);
            for (std::uint64_t i = noted + 1; mark && i <= noted + 3 && mark->note(i); ++i)
                ended = life == 1 && i == 6;
            if (mark) noted = std::max(noted, mark->records().value_or(0));
        }
        for (std::uint64_t seed = 0; seed < 12; ++seed) {
            const auto after = disk.crash(seed);
            const auto left = StoreMark::open(*after, path).value();
            EXPECT_GE(left.records().value_or(0), noted) << operation << ", " << seed;
            EXPECT_NE(left.records(), store_mark_unknown) << operation << ", " << seed;
        }
        if (ended || HasFailure()) break;
    }
    auto mark = StoreMark::open(files, path).value();
    ASSERT_TRUE(mark.note(1));
    for (std::uint64_t operation = 1; operation <= 2; ++operation) {
        files.fail_nth_change(operation, Errc::io);
        EXPECT_FALSE(mark.note(operation + 1));
        EXPECT_EQ(mark.records(), operation) << "nothing was noted";
        ASSERT_TRUE(mark.note(operation + 1)) << "and the next one is";
        EXPECT_EQ(found(), operation + 1);
    }
}

} // namespace
} // namespace torgo::uplink
