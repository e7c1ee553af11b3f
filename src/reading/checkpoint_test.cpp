#include "crypto/hash.hpp"
#include "reading/test_readings.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

namespace torgo::reading {
namespace {

constexpr const char* folder = "/store";

std::unique_ptr<Collector> open(env::FileSystem& files) {
    auto opened = Collector::open(files, folder, {.readings = 25, .sources = 10});
    EXPECT_TRUE(opened) << opened.error().detail();
    return std::move(*opened);
}

// [READING-18]
TEST(Checkpoint, of_an_older_version_counts_no_records) {
    for (const auto version : {1, 2}) {
        Writer old;
        old.raw(as_bytes(version == 1 ? "TGRCHK1\n" : "TGRCHK2\n")).put(std::uint64_t{4});
        if (version == 2) old.put(std::uint64_t{9}); // lines
        old.varint(1).put(std::uint64_t{7});
        SourceState state;
        state.take(1);
        state.encode(old);
        const auto hash = crypto::sha256(old.view());
        old.raw(hash.view());
        sim::FileSystem files;
        ASSERT_TRUE(files.make_directory(folder));
        ASSERT_TRUE(
            env::write_file_atomically(files, std::string(folder) + "/checkpoint", old.view()));
        auto collector = open(files);
        EXPECT_EQ(collector->records(), 0U);
        EXPECT_EQ(collector->take(sent(pulse(7, 1))), Taken::duplicate);
        ASSERT_EQ(collector->take(sent(pulse(7, 2), second)), Taken::fresh);
        ASSERT_TRUE(collector->sync());
        for (int life = 0; life < 2; ++life) {
            collector.reset();
            collector = open(files);
            EXPECT_EQ(collector->records(), 1U);
        }
    }
}

// [READING-31]
TEST(Checkpoint, counts_each_record_once_however_often_the_store_is_opened) {
    sim::FileSystem files;
    auto collector = open(files);
    for (std::uint64_t number = 1; number <= 40; ++number) {
        ASSERT_EQ(collector->take(sent(pulse(7, number))), Taken::fresh);
        ASSERT_EQ(collector->take(sent(pulse(7, number))), Taken::duplicate);
    }
    ASSERT_TRUE(collector->take_gone(7, {.first = 41, .count = 5}).value());
    ASSERT_TRUE(collector->take_gone(7, {.first = 41, .count = 5}).value());
    ASSERT_TRUE(collector->sync());
    EXPECT_EQ(collector->records(), 41U);
    for (int life = 0; life < 3; ++life) {
        collector.reset();
        collector = open(files);
        EXPECT_EQ(collector->records(), 41U);
    }
}

} // namespace
} // namespace torgo::reading
