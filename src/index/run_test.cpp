#include "index/run.hpp"
#include "index/test_entries.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

namespace torgo::index {

namespace {

const std::string path = "/run";

Bytes content(env::FileSystem& files) {
    return env::read_file(files, path, 1_GiB).value();
}

void replace(env::FileSystem& files, ByteView bytes) {
    ASSERT_TRUE(files.remove(path).has_value());
    ASSERT_TRUE(files.create(path).value()->append(bytes).has_value());
}

/// Asks a run that may be damaged; true when every answer is right or an error says `corrupt`.
bool answers_or_says_corrupt(env::FileSystem& files, const std::vector<Entry>& entries) {
    const auto run = Run::open(files, path, {});
    if (!run) return run.error().code() == Errc::corrupt;
    for (std::size_t i = 0; i < entries.size(); i += 20) {
        const auto found = (*run)->find(entries[i].id);
        if (!found && found.error().code() != Errc::corrupt) return false;
        if (found && *found != entries[i].location) return false;
    }
    return true;
}

} // namespace

RC_GTEST_PROP(Run, finds_what_it_holds_and_nothing_else, (bool skewed)) {
    const auto count = *rc::gen::inRange<std::uint64_t>(0, 2000);
    const auto entries =
        skewed ? skewed_entries(count, *rc::gen::inRange<std::size_t>(1, 20)) : some_entries(count);
    sim::FileSystem files;
    const auto written = write_run(files, path, entries);
    const auto opened = Run::open(files, path, {}).value();
    for (const auto& run : {written, opened}) {
        RC_ASSERT(run->count() == count);
        RC_ASSERT(run->digest() == written->digest());
        for (const auto& entry : entries)
            RC_ASSERT(run->find(entry.id).value() == entry.location);
        for (std::uint64_t i = 0; i < 500; ++i)
            RC_ASSERT(!run->find(id_of(1'000'000 + i)).value());
    }
}

TEST(Run, does_not_find_the_neighbours_of_ids_that_share_all_but_their_end) {
    auto entries = skewed_entries(1000, 31);
    entries.erase(std::unique(entries.begin(), entries.end(),
                              [](const auto& a, const auto& b) { return a.id == b.id; }),
                  entries.end());
    std::vector<Entry> even;
    for (std::size_t i = 0; i < entries.size(); i += 2)
        even.push_back(entries[i]);
    sim::FileSystem files;
    const auto run = write_run(files, path, even);
    ASSERT_GT(even.size(), 102U); // more than a block, all in one cell
    for (std::size_t i = 0; i < entries.size(); ++i)
        EXPECT_EQ(run->find(entries[i].id).value().has_value(), i % 2 == 0);
}

TEST(Run, gives_back_all_entries_in_order) {
    const auto entries = some_entries(1000);
    sim::FileSystem files;
    const auto run = write_run(files, path, entries);
    std::vector<Entry> read;
    ASSERT_TRUE(run->read_entries(0, 4, read).has_value());
    ASSERT_EQ(read.size(), 4 * entries_per_block);
    ASSERT_TRUE(run->read_entries(4, 100, read).has_value());
    EXPECT_EQ(read, entries);
}

TEST(Run, stays_readable_when_its_file_is_deleted_and_can_be_copied_back) {
    const auto entries = some_entries(300);
    sim::FileSystem files;
    const auto run = write_run(files, path, entries);
    const auto before = content(files);
    ASSERT_TRUE(files.remove(path).has_value());
    EXPECT_EQ(run->find(entries[7].id).value(), entries[7].location);
    ASSERT_TRUE(run->copy_to(*files.create(path, false).value()).has_value());
    EXPECT_EQ(content(files), before);
}

TEST(Run, never_believes_a_flipped_bit) {
    const auto entries = some_entries(250);
    sim::FileSystem files;
    write_run(files, path, entries);
    const auto size = content(files).size();
    ASSERT_EQ(size, 3 * block_size + 12 * Summary::cell_size + RunTrailer::size);
    for (std::uint64_t byte = 0; byte < size; ++byte) {
        const auto bit = byte * 8 + byte % 8;
        files.flip(path, bit);
        ASSERT_TRUE(answers_or_says_corrupt(files, entries)) << "byte " << byte;
        files.flip(path, bit);
    }
    EXPECT_TRUE(Run::open(files, path, {}).has_value());
}

TEST(Run, finds_damage_in_whichever_block_it_lies) {
    const auto entries = some_entries(250);
    for (std::uint64_t block = 0; block < 3; ++block) {
        sim::FileSystem files;
        const auto run = write_run(files, path, entries);
        files.flip(path, (block * block_size + 2000) * 8);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const auto found = run->find(entries[i].id);
            ASSERT_EQ(found.has_value(), i / entries_per_block != block);
            if (!found) {
                EXPECT_EQ(found.error().code(), Errc::corrupt);
            }
        }
        std::vector<Entry> read;
        EXPECT_EQ(run->read_entries(0, 3, read).error().code(), Errc::corrupt);
    }
}

TEST(Run, a_block_at_the_wrong_place_is_damage) {
    const auto entries = some_entries(250);
    sim::FileSystem files;
    write_run(files, path, entries);
    auto bytes = content(files);
    std::swap_ranges(bytes.begin(), bytes.begin() + block_size, bytes.begin() + block_size);
    replace(files, bytes);
    const auto run = Run::open(files, path, {}).value();
    EXPECT_EQ(run->find(entries[0].id).error().code(), Errc::corrupt);
}

TEST(Run, refuses_a_file_of_another_length) {
    const auto entries = some_entries(250);
    sim::FileSystem files;
    write_run(files, path, entries);
    const auto whole = content(files);
    for (std::size_t size = 0; size < whole.size(); size += size < 200 ? 1 : 61) {
        replace(files, ByteView(whole).first(size));
        ASSERT_EQ(Run::open(files, path, {}).error().code(), Errc::corrupt) << size;
    }
    auto longer = whole;
    longer.insert(longer.begin(), block_size, 0);
    replace(files, longer);
    EXPECT_EQ(Run::open(files, path, {}).error().code(), Errc::corrupt);
}

TEST(Run, refuses_what_is_of_another_repository_or_not_there) {
    sim::FileSystem files;
    write_run(files, path, some_entries(10), {.bytes = {1}});
    EXPECT_EQ(Run::open(files, path, {}).error().code(), Errc::corrupt);
    EXPECT_TRUE(Run::open(files, path, {.bytes = {1}}).has_value());
    EXPECT_EQ(Run::open(files, "/none", {}).error().code(), Errc::not_found);
}

TEST(RunTrailer, refuses_other_versions_and_impossible_counts) {
    const RunTrailer good{
        .count = 10, .cells = 1, .digest = 5, .summary_checksum = 6, .fingerprint = {}};
    EXPECT_EQ(RunTrailer::decode(good.encode())->digest, 5U);
    auto bad = good;
    bad.count = Summary::entries_max + 1;
    EXPECT_EQ(RunTrailer::decode(bad.encode()).error().code(), Errc::corrupt);
    bad = good;
    bad.cells = 0;
    EXPECT_EQ(RunTrailer::decode(bad.encode()).error().code(), Errc::corrupt);
    bad.cells = std::uint64_t{1} << 60U;
    EXPECT_EQ(RunTrailer::decode(bad.encode()).error().code(), Errc::corrupt);
}

TEST(RunWriter, takes_ids_in_rising_order_only) {
    sim::FileSystem files;
    RunWriter writer(files.create(path, false).value(), 2, {});
    ASSERT_TRUE(writer.add({id_of(1), {}}).has_value());
    EXPECT_DEATH((void)writer.add({id_of(1), {}}), "m_last");
}

TEST(RunWriter, equal_content_has_an_equal_digest_and_other_content_another) {
    sim::FileSystem files;
    auto entries = some_entries(500);
    const auto first = write_run(files, "/a", entries)->digest();
    EXPECT_EQ(write_run(files, "/b", entries)->digest(), first);
    entries[300].location.offset ^= 1U;
    EXPECT_NE(write_run(files, "/c", entries)->digest(), first);
    entries[300].location.offset ^= 1U;
    entries.pop_back();
    EXPECT_NE(write_run(files, "/d", entries)->digest(), first);
}

} // namespace torgo::index
