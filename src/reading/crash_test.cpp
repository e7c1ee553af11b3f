// The power goes at every operation of a gateway's life; however the disk is then found, what was
// acknowledged is there, once and unchanged, and the store goes on.
#include "reading/store_reader.hpp"
#include "reading/test_readings.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace torgo::reading {
namespace {

constexpr const char* folder = "/store";
constexpr std::uint64_t seeds = 12;
constexpr std::size_t small_roll = 9;
constexpr std::uint64_t last_number = 14;

using Acks = std::map<std::uint64_t, Ack>;

Reading reading_of(std::uint64_t source, std::uint64_t number) {
    auto out = pulse(source, number);
    // Two days, so that one roll writes two segments.
    if (number % 2 == 0) out.time.ns += 86'400 * second;
    return out;
}

bool take_batch(Collector& collector, std::uint64_t from, Acks& acks) {
    for (std::uint64_t source = 1; source <= 2; ++source)
        for (auto number = from; number < from + 3 && number <= last_number; ++number)
            if (number != 4 && !collector.take(sent(reading_of(source, number)))) return false;
    if (from == 7 && !collector.take_gone(1, {.first = 4, .count = 1})) return false;
    const auto synced = collector.sync();
    if (!synced) return false;
    for (const auto& ack : *synced)
        acks[ack.source] = ack;
    return true;
}

/// Stops at the first failure, as the power is gone then.
bool run_scenario(env::FileSystem& files, Acks& acks) {
    for (const std::uint64_t life : {1U, 7U}) {
        const auto opened = Collector::open(files, folder, {.readings = small_roll, .sources = 10});
        if (!opened) return false;
        for (auto from = life; from < life + 8; from += 3)
            if (!take_batch(**opened, from, acks)) return false;
    }
    return true;
}

using Found = std::map<std::uint64_t, std::set<std::uint64_t>>;

Found read_all(env::FileSystem& files) {
    Found out;
    const auto read = read_store(files, folder, {}, [&](const Reading& one) -> Result<> {
        EXPECT_EQ(one, reading_of(one.source, one.number));
        EXPECT_TRUE(out[one.source].insert(one.number).second) << "twice: " << one.number;
        return {};
    });
    EXPECT_TRUE(read) << read.error().detail();
    return out;
}

void expect_nothing_lost(env::FileSystem& files, const Acks& acks) {
    if (acks.empty()) return;
    auto found = read_all(files);
    const auto opened = Collector::open(files, folder, {.readings = small_roll, .sources = 10});
    ASSERT_TRUE(opened) << opened.error().detail();
    EXPECT_EQ(read_all(files), found) << "opening changes nothing";
    for (const auto& [source, ack] : acks) {
        const auto now = (*opened)->find(source)->ack(source);
        for (std::uint64_t number = 1; number <= last_number; ++number) {
            if (!ack.has(number)) continue;
            EXPECT_TRUE(now.has(number)) << source << " forgot " << number;
            const bool gone = source == 1 && number == 4;
            EXPECT_TRUE(gone || found[source].contains(number)) << source << " lost " << number;
        }
    }
}

void expect_it_can_go_on(env::FileSystem& files) {
    Acks acks;
    ASSERT_TRUE(run_scenario(files, acks));
    expect_nothing_lost(files, acks);
    EXPECT_EQ(read_all(files)[1].size(), last_number - 1);
    EXPECT_EQ(acks[1].cumulative, last_number);
    EXPECT_EQ(acks[2].cumulative, 3U);
}

} // namespace

// [READING-13] [READING-15] [READING-18]
TEST(CollectorPowerCut, loses_nothing_acknowledged_and_doubles_nothing) {
    for (std::uint64_t operation = 1;; ++operation) {
        sim::FileSystem files;
        files.set_crash_after(operation);
        Acks acks;
        const bool ended = run_scenario(files, acks);
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            SCOPED_TRACE("operation " + std::to_string(operation) + ", seed " +
                         std::to_string(seed));
            const auto found = files.crash(seed);
            expect_nothing_lost(*found, acks);
            if (seed % 4 == 0) expect_it_can_go_on(*found);
            if (testing::Test::HasFailure()) return;
        }
        if (ended) {
            EXPECT_GT(operation, 40U) << "the scenario is longer than that";
            return;
        }
    }
}

// [READING-16]
TEST(CollectorFaults, any_operation_may_fail_once_and_the_store_is_opened_anew) {
    for (const auto code : {Errc::io, Errc::no_space}) {
        bool ended = false;
        for (std::uint64_t operation = 1; !ended; ++operation) {
            sim::FileSystem files;
            files.fail_nth_change(operation, code);
            Acks acks;
            ended = run_scenario(files, acks);
            SCOPED_TRACE("operation " + std::to_string(operation));
            expect_nothing_lost(files, acks);
            expect_nothing_lost(*files.crash(operation), acks);
            if (!ended) expect_it_can_go_on(files);
            if (testing::Test::HasFailure()) return;
        }
    }
}

/// A process dies at one operation: what it wrote is seen by the next one, and may be nowhere but
/// in the kernel's memory. The power then goes while or after the next one acknowledges.
// [READING-13] [READING-16] [READING-24]
TEST(CollectorDeath, what_the_next_process_acknowledges_survives_a_loss_of_power) {
    bool died = true;
    for (std::uint64_t death = 1; died; ++death) {
        bool ended = false;
        for (std::uint64_t cut = 1; !ended; ++cut) {
            sim::FileSystem files;
            files.fail_nth_change(death, Errc::io);
            Acks first;
            died = !run_scenario(files, first);
            files.set_crash_after(cut);
            Acks later;
            ended = run_scenario(files, later);
            SCOPED_TRACE("death " + std::to_string(death) + ", cut " + std::to_string(cut));
            const auto found = files.crash(death + cut);
            expect_nothing_lost(*found, first);
            expect_nothing_lost(*found, later);
            if (testing::Test::HasFailure()) return;
        }
    }
}

} // namespace torgo::reading
