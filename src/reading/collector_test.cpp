#include "envelope/wire.hpp"
#include "reading/log.hpp"
#include "reading/store_reader.hpp"
#include "reading/test_readings.hpp"
#include "sim/file_system.hpp"
#include "sys/file_system.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>

namespace torgo::reading {
namespace {

constexpr const char* folder = "/store";

std::unique_ptr<Collector> open(env::FileSystem& files, std::size_t readings = 100) {
    auto opened = Collector::open(files, folder, {.readings = readings, .sources = 10});
    EXPECT_TRUE(opened) << opened.error().detail();
    return std::move(*opened);
}

std::vector<Reading> all_of(env::FileSystem& files, const Query& query = {}) {
    std::vector<Reading> out;
    const auto read = read_store(files, folder, query, [&](const Reading& one) -> Result<> {
        out.push_back(one);
        return {};
    });
    EXPECT_TRUE(read) << read.error().detail();
    return out;
}

// [READING-15]
TEST(Collector, has_a_store_for_itself) {
    sys::FileSystem files;
    const auto place = std::filesystem::temp_directory_path() /
                       ("torgo_reading_lock_test" + std::to_string(::getpid()));
    std::filesystem::remove_all(place);
    auto first = Collector::open(files, place);
    ASSERT_TRUE(first) << first.error().detail();
    const auto second = Collector::open(files, place);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), Errc::exists);
    first->reset();
    EXPECT_TRUE(Collector::open(files, place));
    std::filesystem::remove_all(place);
}

// [READING-15]
TEST(Collector, keeps_a_log_that_was_damaged_in_the_middle_and_says_so) {
    sim::FileSystem files;
    const auto path = std::string(folder) + "/" + log_name(1);
    Bytes content;
    {
        const auto collector = open(files);
        for (std::uint64_t number = 1; number <= 9; ++number)
            EXPECT_EQ(collector->take(sent(pulse(7, number))), Taken::fresh);
        EXPECT_EQ(collector->sync()->at(0).cumulative, 9U);
        EXPECT_TRUE(collector->damaged().empty());
        content = env::read_file(files, path, log_size_max).value();
    }
    content[content.size() / 2] ^= 1;
    ASSERT_TRUE(env::write_file_atomically(files, path, content));
    EXPECT_EQ(open(files)->damaged(), std::set<std::string>{log_name(1)});
    const auto kept = std::string(folder) + "/damaged-" + log_name(1);
    EXPECT_EQ(env::read_file(files, kept, log_size_max).value(), content);
    EXPECT_GE(all_of(files).size(), 3U);
    EXPECT_TRUE(open(files)->damaged().empty()) << "told once";
    EXPECT_TRUE(files.status(kept));
    // Power went when the checkpoint was there and the log had its name still.
    ASSERT_TRUE(files.rename(kept, path));
    EXPECT_EQ(open(files)->damaged(), std::set<std::string>{log_name(1)});
    EXPECT_TRUE(files.status(kept));
}

// [READING-12] [READING-13]
TEST(Collector, acknowledges_what_is_safe_with_gaps_shown) {
    sim::FileSystem files;
    const auto collector = open(files);
    for (const std::uint64_t number : {1U, 2U, 5U})
        EXPECT_EQ(collector->take(sent(pulse(7, number))), Taken::fresh);
    EXPECT_EQ(collector->take(sent(pulse(7, 2))), Taken::duplicate);
    EXPECT_EQ(collector->take(sent(pulse(7, 5))), Taken::duplicate);
    EXPECT_EQ(collector->take(sent(pulse(7, 3 + SourceState::window))), Taken::too_far);
    const auto acks = collector->sync().value();
    ASSERT_EQ(acks.size(), 1U);
    EXPECT_EQ(acks[0], (Ack{.source = 7, .cumulative = 2, .bitmap = {0b100}}));
    EXPECT_EQ(collector->find(7)->gaps(9), (std::vector<Gone>{{.first = 3, .count = 2}}));
    EXPECT_TRUE(collector->sync()->empty()) << "nothing new";
    EXPECT_EQ(collector->take_gone(7, {.first = 3, .count = 2}), true);
    EXPECT_EQ(collector->sync()->at(0).cumulative, 5U);
    EXPECT_EQ(collector->counters().taken, 3U);
    EXPECT_EQ(collector->counters().duplicates, 2U);
    EXPECT_EQ(collector->counters().gone, 2U);
}

// [READING-18]
TEST(Collector, logs_become_segments_and_everything_is_found_once_before_and_after) {
    sim::FileSystem files;
    {
        const auto collector = open(files, 20);
        for (std::uint64_t number = 50; number > 0; --number)
            for (std::uint64_t source = 1; source <= 3; ++source)
                ASSERT_EQ(collector->take(sent(pulse(source, number))), Taken::fresh);
        ASSERT_TRUE(collector->sync());
        EXPECT_LT(collector->waiting(), 20U);
    }
    for (int life = 0; life < 3; ++life) {
        auto found = all_of(files);
        ASSERT_EQ(found.size(), 150U);
        std::ranges::sort(found, {},
                          [](const Reading& one) { return std::pair(one.source, one.number); });
        for (std::uint64_t i = 0; i < 150; ++i)
            EXPECT_EQ(found[i], pulse(1 + i / 50, 1 + i % 50));
        const auto collector = open(files);
        EXPECT_EQ(collector->take(sent(pulse(2, 30))), Taken::duplicate);
        ASSERT_TRUE(collector->roll());
        EXPECT_GT(verify_store(files, folder).value(), 0U);
    }
    for (const auto& file : files.files_below(folder))
        EXPECT_EQ(file.path.find("log-"), std::string::npos) << file.path;
}

// [READING-19]
TEST(Collector, readings_are_found_by_time_source_profile_and_value) {
    sim::FileSystem files;
    const auto collector = open(files);
    for (std::uint64_t day = 0; day < 3; ++day) {
        for (std::uint64_t i = 1; i <= 10; ++i) {
            auto reading = pulse(1 + i % 2, 100 * day + i);
            reading.time.ns += static_cast<std::int64_t>(day) * 86'400 * second;
            ASSERT_TRUE(collector->take(sent(reading)));
        }
    }
    ASSERT_TRUE(collector->roll());
    ASSERT_TRUE(collector->take(sent(pulse(1, 11))));
    ASSERT_TRUE(collector->sync());
    EXPECT_EQ(all_of(files).size(), 31U);
    const auto day_two = start_ns + 86'400 * second;
    Query query{.from_ns = day_two, .to_ns = day_two + 86'400 * second};
    EXPECT_EQ(all_of(files, query).size(), 10U);
    query.source = 2;
    query.values = 0b100;
    const auto found = all_of(files, query);
    ASSERT_EQ(found.size(), 5U);
    EXPECT_FALSE(found[0].values[0]);
    EXPECT_TRUE(found[0].values[2]);
    const auto summary =
        read_store(files, folder, query, [](const Reading&) { return Result<>(); });
    EXPECT_EQ(summary->segments_read, 1U);
    EXPECT_EQ(summary->segments_skipped, 2U);
    query = {};
    query.profile = 4;
    EXPECT_TRUE(all_of(files, query).empty());
}

// [READING-10]
TEST(Collector, a_packed_reading_gets_the_time_of_its_line_also_after_a_restart) {
    sim::FileSystem files;
    const auto& profile = *find_profile(std::uint8_t{2});
    const auto packed = profile.pack(pulse(1, 1)).value();
    auto collector = open(files);
    EXPECT_EQ(collector->take_packed(1, profile, 0, 2, packed, 5), Taken::without_line);
    ASSERT_EQ(collector->take(sent(pulse(1, 1), second)), Taken::fresh);
    ASSERT_EQ(collector->take_packed(1, profile, 0, 3, packed, 5), Taken::fresh);
    ASSERT_TRUE(collector->sync());
    collector.reset();
    collector = open(files);
    ASSERT_EQ(collector->take_packed(1, profile, 0, 4, packed, 5), Taken::fresh);
    ASSERT_TRUE(collector->roll());
    collector.reset();
    collector = open(files);
    ASSERT_EQ(collector->take_packed(1, profile, 0, 5, packed, 5), Taken::fresh);
    ASSERT_EQ(collector->take_packed(1, profile, 0, 5, packed, 5), Taken::duplicate);
    ASSERT_TRUE(collector->sync());
    for (const auto& reading : all_of(files))
        EXPECT_EQ(reading.time, pulse(1, reading.number).time) << reading.number;
}

TEST(Collector, a_line_without_period_gives_the_time_of_arrival_and_says_so) {
    sim::FileSystem files;
    const auto collector = open(files);
    const auto& profile = *find_profile(std::uint8_t{2});
    ASSERT_TRUE(collector->take(sent(pulse(1, 1), 0)));
    ASSERT_TRUE(collector->take_packed(1, profile, 0, 2, *profile.pack(pulse(1, 2)), start_ns + 5));
    ASSERT_TRUE(collector->sync());
    const auto found = all_of(files);
    EXPECT_TRUE(found.at(1).time_of_arrival);
    EXPECT_EQ(found.at(1).time.ns, start_ns + 5);
}

TEST(Collector, refuses_what_it_could_not_give_back) {
    sim::FileSystem files;
    const auto collector = open(files);
    const auto refuses = [&](Sent one) {
        const auto taken = collector->take(one);
        return !taken && taken.error().code() == Errc::invalid_argument;
    };
    auto one = sent(pulse(1, 1));
    one.reading.profile = 99;
    EXPECT_TRUE(refuses(one));
    EXPECT_TRUE(refuses(sent(pulse(1, 0))));
    one = sent(pulse(1, 1));
    one.reading.values[5] = decimal(1);
    EXPECT_TRUE(refuses(one));
    one = sent(pulse(1, 1));
    one.reading.time.ns += 1;
    EXPECT_TRUE(refuses(one));
    for (std::uint64_t source = 0; source < 10; ++source)
        EXPECT_TRUE(collector->take(sent(pulse(source, 1))));
    EXPECT_EQ(collector->take(sent(pulse(99, 1))).error().code(), Errc::limit_exceeded);
    EXPECT_FALSE(Collector::open(files, folder, {.readings = column_rows_max + 1}));
}

// [READING-16]
TEST(Collector, acknowledges_nothing_after_the_disk_failed_until_it_is_opened_anew) {
    sim::FileSystem files;
    auto collector = open(files);
    ASSERT_TRUE(collector->take(sent(pulse(1, 1))));
    files.fail_next(sim::Operation::sync, Errc::io);
    EXPECT_FALSE(collector->sync());
    EXPECT_FALSE(collector->sync()) << "the kernel may have dropped the pages";
    EXPECT_FALSE(collector->take(sent(pulse(1, 2))));
    collector.reset();
    collector = open(files);
    (void)collector->take(sent(pulse(1, 1)));
    EXPECT_EQ(collector->sync()->at(0).cumulative, 1U);
}

/// A roll that ends before its checkpoint leaves a segment that must never come to count.
// [READING-18] [READING-24]
TEST(Collector, a_segment_that_never_came_to_count_and_stays_is_an_error) {
    sim::FileSystem files;
    {
        const auto collector = open(files);
        ASSERT_TRUE(collector->take(sent(pulse(1, 1))));
        // The second rename of a roll is the checkpoint's.
        files.fail_nth(sim::Operation::rename, 2, Errc::io);
        EXPECT_FALSE(collector->roll());
    }
    files.fail_next(sim::Operation::remove, Errc::io);
    const auto refused = Collector::open(files, folder);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::io);
    for (int i = 0; i < 2; ++i)
        (void)open(files);
    EXPECT_EQ(all_of(files).size(), 1U) << "not twice";
}

// [READING-24]
TEST(Collector, what_logs_hold_is_in_segments_before_the_store_is_used_again) {
    sim::FileSystem files;
    {
        const auto collector = open(files);
        ASSERT_TRUE(collector->take(sent(pulse(1, 1))));
        ASSERT_TRUE(collector->sync());
    }
    const auto collector = open(files);
    EXPECT_EQ(collector->waiting(), 0U);
    EXPECT_EQ(verify_store(files, folder).value(), 1U);
}

TEST(Collector, a_log_of_nothing_but_runs_that_are_gone_does_not_grow_without_end) {
    sim::FileSystem files;
    constexpr std::size_t limit = 4096;
    auto collector = Collector::open(files, folder, {.log_bytes = limit}).value();
    for (std::uint64_t i = 0; i < limit; ++i) {
        ASSERT_TRUE(collector->take_gone(7, {.first = 2 * i + 1, .count = 2}).value());
        ASSERT_TRUE(collector->sync());
    }
    for (const auto& file : files.files_below(folder))
        EXPECT_LE(file.size, limit + record_size_max) << file.path;
}

TEST(Collector, refuses_numbers_and_periods_that_its_files_could_not_hold) {
    sim::FileSystem files;
    const auto collector = open(files);
    const auto code = [&](const Sent& one) {
        return collector->take(one).error().code();
    };
    EXPECT_EQ(code(sent(pulse(1, 1), moment_max + 1)), Errc::invalid_argument);
    EXPECT_EQ(code(sent(pulse(1, envelope::number_max + 1))), Errc::invalid_argument);
    for (const Gone& gone : {Gone{.first = 2, .count = envelope::number_max},
                             Gone{.first = envelope::number_max + 1, .count = 1},
                             Gone{.first = 2, .count = std::numeric_limits<std::uint64_t>::max()}})
        EXPECT_EQ(collector->take_gone(1, gone).error().code(), Errc::invalid_argument);
    EXPECT_EQ(collector->take_gone(1, {.first = 1, .count = envelope::number_max}), true);
}

// [READING-27]
TEST(Collector, that_is_held_removes_nothing_and_takes_no_more_than_it_may) {
    sim::FileSystem files;
    constexpr std::size_t limit = 5;
    const auto collector = open(files, limit);
    ASSERT_EQ(collector->take(sent(pulse(1, 1))), Taken::fresh);
    ASSERT_TRUE(collector->roll());
    collector->hold(true);
    const auto names = [&] {
        std::set<std::string> out;
        for (const auto& file : files.files_below(folder))
            out.insert(file.path);
        return out;
    };
    ASSERT_EQ(collector->take(sent(pulse(1, 2))), Taken::fresh);
    const auto before = names();
    for (std::uint64_t number = 3; number < 3 + limit; ++number)
        EXPECT_EQ(collector->take(sent(pulse(1, number))),
                  number < 2 + limit ? Taken::fresh : Taken::too_far);
    EXPECT_EQ(collector->take_gone(1, {.first = 7, .count = 1}), false);
    EXPECT_EQ(collector->take(sent(pulse(1, 2))), Taken::duplicate);
    EXPECT_EQ(collector->sync().value()[0].cumulative, 1 + limit);
    EXPECT_EQ(names(), before);
    collector->hold(false);
    ASSERT_EQ(collector->take_gone(1, {.first = 7, .count = 1}), true);
    EXPECT_EQ(collector->waiting(), 0U);
    EXPECT_EQ(all_of(files).size(), 1 + limit);
}

/// One of the same day for each number.
Reading of_one_day(std::uint64_t source, std::uint64_t number) {
    auto out = pulse(source, number);
    out.time = {.ns = start_ns, .digits = 0};
    return out;
}

TEST(Collector, that_became_full_while_it_was_held_takes_more_and_opens_again) {
    sim::FileSystem files;
    constexpr std::uint64_t sources = 64;
    auto collector = Collector::open(files, folder).value();
    collector->hold(true);
    for (std::uint64_t i = 0; i < column_rows_max; ++i)
        ASSERT_EQ(collector->take(sent(of_one_day(i % sources, 1 + i / sources))), Taken::fresh);
    ASSERT_TRUE(collector->sync());
    ASSERT_EQ(collector->take(sent(of_one_day(0, 1 + column_rows_max / sources))), Taken::too_far);
    collector->hold(false);
    ASSERT_EQ(collector->take(sent(of_one_day(0, 1 + column_rows_max / sources))), Taken::fresh);
    ASSERT_TRUE(collector->sync());
    collector.reset();
    ASSERT_TRUE(Collector::open(files, folder));
    EXPECT_EQ(all_of(files).size(), column_rows_max + 1);
}

TEST(Collector, opens_a_store_whose_logs_hold_more_of_a_day_than_a_segment) {
    sim::FileSystem files;
    constexpr std::uint64_t sources = 64;
    ASSERT_TRUE(files.make_directory(folder));
    auto log = LogWriter::create(files, folder, 1).value();
    for (std::uint64_t i = 0; i <= column_rows_max; ++i)
        log.add(sent(of_one_day(i % sources, 1 + i / sources)));
    ASSERT_TRUE(log.sync());
    ASSERT_TRUE(Collector::open(files, folder));
    EXPECT_EQ(verify_store(files, folder), 2U);
    std::set<std::pair<std::uint64_t, std::uint64_t>> found;
    for (const auto& one : all_of(files))
        found.emplace(one.source, one.number);
    EXPECT_EQ(found.size(), column_rows_max + 1);
}

TEST(Collector, readings_of_many_days_make_few_files) {
    sim::FileSystem files;
    constexpr std::uint64_t count = 5000;
    const auto collector = Collector::open(files, folder).value();
    for (std::uint64_t number = 1; number <= count; ++number) {
        auto one = pulse(1, number);
        one.time.ns = static_cast<std::int64_t>(count - number) * 86'400 * second;
        ASSERT_EQ(collector->take(sent(one)), Taken::fresh);
    }
    ASSERT_TRUE(collector->roll());
    EXPECT_LE(verify_store(files, folder).value(), 16U);
    EXPECT_EQ(all_of(files).size(), count);
    const auto day = 100 * 86'400 * second;
    const auto found = all_of(files, {.from_ns = day, .to_ns = day + 86'400 * second});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].number, count - 100);
}

/// A collector rolls between a reader's look at the checkpoint and its list of the folder.
class RollingFiles final : public env::FileSystem {
public:
    RollingFiles(env::FileSystem& files, std::function<void()> roll)
        : m_files(files), m_roll(std::move(roll)) {}

    Result<std::unique_ptr<env::File>> open_read(const std::string& path) override {
        return m_files.open_read(path);
    }
    Result<std::unique_ptr<env::File>> create(const std::string& path, bool secret) override {
        return m_files.create(path, secret);
    }
    Result<> rename(const std::string& from, const std::string& to) override {
        return m_files.rename(from, to);
    }
    Result<> remove(const std::string& path) override { return m_files.remove(path); }
    Result<> make_directory(const std::string& path, bool secret) override {
        return m_files.make_directory(path, secret);
    }
    Result<> remove_directory(const std::string& path) override {
        return m_files.remove_directory(path);
    }
    Result<> sync_directory(const std::string& path) override {
        return m_files.sync_directory(path);
    }
    Result<std::vector<env::DirectoryEntry>> list(const std::string& path) override {
        if (m_roll) std::exchange(m_roll, nullptr)();
        return m_files.list(path);
    }
    Result<env::FileStatus> status(const std::string& path) override {
        return m_files.status(path);
    }
    Result<env::Space> space(const std::string& path) override { return m_files.space(path); }

private:
    env::FileSystem& m_files;
    std::function<void()> m_roll;
};

// [READING-19]
TEST(StoreReader, misses_nothing_of_a_store_that_rolls_meanwhile) {
    sim::FileSystem files;
    const auto collector = open(files);
    for (std::uint64_t number = 1; number <= 10; ++number)
        ASSERT_EQ(collector->take(sent(pulse(1, number))), Taken::fresh);
    ASSERT_TRUE(collector->sync());
    const auto roll = [&] {
        ASSERT_TRUE(collector->roll());
    };
    RollingFiles rolling(files, roll);
    EXPECT_EQ(all_of(rolling).size(), 10U);
    ASSERT_EQ(collector->take(sent(pulse(2, 1))), Taken::fresh);
    ASSERT_TRUE(collector->sync());
    RollingFiles again(files, roll);
    EXPECT_EQ(verify_store(again, folder), 2U);
}

// [READING-30]
TEST(Collector, keeps_what_nobody_else_may_read) {
    namespace fs = std::filesystem;
    auto name = testing::TempDir() + "torgo-reading-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    const auto place = fs::path(name) / "store";
    sys::FileSystem files;
    {
        const auto collector = Collector::open(files, place.string()).value();
        ASSERT_TRUE(collector->take(sent(pulse(1, 1))));
        ASSERT_TRUE(collector->roll());
        ASSERT_TRUE(collector->take(sent(pulse(1, 2))));
        ASSERT_TRUE(collector->sync());
    }
    EXPECT_EQ(fs::status(place).permissions(), fs::perms::owner_all);
    std::size_t found = 0;
    for (const auto& entry : fs::directory_iterator(place)) {
        EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write)
            << entry.path();
        found += 1;
    }
    EXPECT_EQ(found, 4U) << "a segment, a log, the checkpoint, the lock";
    fs::remove_all(name);
}

} // namespace
} // namespace torgo::reading
