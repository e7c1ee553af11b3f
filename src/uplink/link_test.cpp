#include "crypto/hash.hpp"
#include "reading/store_reader.hpp"
#include "uplink/card.hpp"
#include "uplink/test_link.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace torgo::uplink {
namespace {

Feed feed_of(std::size_t rows) {
    return Feed::parse(monitor_csv(rows), test_sensor).value();
}

std::size_t stored(sim::FileSystem& files) {
    std::size_t out = 0;
    EXPECT_TRUE(reading::read_store(files, "/store", {}, [&](const reading::Reading&) -> Result<> {
        out += 1;
        return {};
    }));
    return out;
}

TEST(Link, a_sensor_gets_the_key_exchanges_and_sends_over_whatever_wire) {
    for (const unsigned loss : {0U, 10U, 40U}) {
        TestLink link(loss + 1, loss);
        ASSERT_TRUE(link.open());
        ASSERT_TRUE(link.run(feed_of(60), 60));
        EXPECT_EQ(link.acknowledged.size(), 60U);
        EXPECT_EQ(stored(*link.files), 60U);
        EXPECT_GE(link.gateway->counters().exchanges, 1U);
    }
}

// [ENVELOPE-16]
TEST(Link, a_gateway_that_is_opened_again_needs_no_exchange) {
    TestLink link;
    const auto feed = feed_of(40);
    ASSERT_TRUE(link.open());
    ASSERT_TRUE(link.run(feed, 20));
    link.gateway.reset();
    ASSERT_TRUE(link.open());
    ASSERT_TRUE(link.run(feed, 40));
    EXPECT_EQ(link.gateway->counters().exchanges, 0U);
    EXPECT_EQ(link.sensor->resends(), 0U) << "its first acknowledgement is understood";
    EXPECT_EQ(stored(*link.files), 40U);
}

// [ENVELOPE-15]
TEST(Link, a_sensor_that_lost_its_power_begins_again_and_its_void_numbers_are_no_gap) {
    TestLink link;
    const auto feed = feed_of(30);
    ASSERT_TRUE(link.open());
    ASSERT_TRUE(link.run(feed, 10));
    link.make_sensor();
    ASSERT_TRUE(link.run(feed, 30));
    EXPECT_EQ(link.gateway->counters().exchanges, 2U);
    const auto* const state = link.gateway->collector().find(test_sensor);
    EXPECT_EQ(state->cumulative(), state->highest());
    EXPECT_EQ(stored(*link.files), 30U);
}

TEST(Link, a_gateway_that_lost_a_sensors_session_is_noticed_by_the_sensor) {
    TestLink link;
    const auto feed = feed_of(30);
    ASSERT_TRUE(link.open());
    const auto path = std::string("/state/sensor-0000000000000011");
    // As it is before the exchange.
    const auto before = env::read_file(*link.files, path, 4096).value();
    ASSERT_TRUE(link.run(feed, 1));
    link.gateway.reset();
    ASSERT_TRUE(env::write_file_atomically(*link.files, path, before, true));
    ASSERT_TRUE(link.open());
    // The secret of then is not the sensor's any more: nobody can help but who enrols it anew.
    EXPECT_FALSE(link.run(feed, 30));
    EXPECT_GT(link.gateway->counters().offers_refused, 0U);
    EXPECT_GT(link.sensor->exchanges(), 1U);
    EXPECT_EQ(stored(*link.files), 1U);
}

TEST(Link, strangers_are_counted_and_change_nothing) {
    TestLink link;
    ASSERT_TRUE(link.open());
    const Arrival now{.monotonic_ns = 1, .wall_ns = 1};
    const auto receive = [&](Address from, const Bytes& payload) {
        EXPECT_TRUE(link.gateway->receive(from, payload, now));
    };
    receive(9, {});
    receive(9, Bytes(400));
    const auto opcode = envelope::opcode_of(envelope::Kind::short_up, 1, 0, envelope::test_company);
    receive(9, Bytes{opcode[0], opcode[1], opcode[2], 1, 2, 3, 4, 5, 6, 7, 8});
    EXPECT_EQ(link.gateway->counters().foreign, 3U);
    // An offer of nobody.
    const auto offer = envelope::opcode_of(envelope::Kind::offer, 0, 0, envelope::test_company);
    for (Address from = 10; from < 10 + 2 * offers_max; ++from)
        for (const auto& part : envelope::split(Bytes(envelope::offer_size, 1), 7, offer))
            receive(from, part);
    EXPECT_EQ(link.gateway->counters().offers_refused, 2 * offers_max);
    EXPECT_FALSE(link.gateway->has_outbound());
    for (int i = 0; i < 3; ++i)
        receive(9, envelope::key_request());
    std::size_t parts = 0;
    while (link.gateway->pop().value())
        parts += 1;
    EXPECT_EQ(parts, 5U) << "the key goes to one who asks once at a time";
    ASSERT_TRUE(link.run(feed_of(5), 5));
}

TEST(Link, a_sensor_is_made_known_once) {
    TestLink link;
    ASSERT_TRUE(link.open());
    EXPECT_EQ(link.gateway->enrol(test_sensor, usual_plan()).error().code(), Errc::exists);
    link.gateway.reset();
    ASSERT_TRUE(link.open());
    EXPECT_EQ(link.gateway->sensors(), 1U);
    EXPECT_EQ(link.gateway->enrol(test_sensor, usual_plan()).error().code(), Errc::exists);
    for (const auto& file : link.files->files_below("/state"))
        EXPECT_TRUE(file.secret) << file.path;
}

// [ENVELOPE-12]
TEST(Link, a_forged_key_is_not_taken_and_the_right_one_asked_for_again) {
    TestLink link;
    ASSERT_TRUE(link.open());
    for (const auto& part : envelope::public_key_messages(Bytes(crypto::kem_public_key_size, 9)))
        ASSERT_TRUE(link.sensor->receive(part, link.now_ns));
    EXPECT_EQ(link.sensor->exchanges(), 0U);
    ASSERT_TRUE(link.run(feed_of(3), 3));
}

// [ENVELOPE-14]
TEST(Link, the_secret_before_the_last_is_forgotten_with_the_first_envelope) {
    TestLink link;
    ASSERT_TRUE(link.open());
    const auto provisioned = crypto::SecretBytes::copy_of(link.card.secret.view());
    const auto is_stored = [&] {
        const auto file = env::read_file(*link.files, "/state/sensor-0000000000000011", 4096);
        return !std::ranges::search(file.value(), provisioned.view()).empty();
    };
    EXPECT_TRUE(is_stored());
    ASSERT_TRUE(link.run(feed_of(1), 1));
    EXPECT_FALSE(is_stored());
}

// [ENVELOPE-17]
TEST(Link, the_keys_of_the_epoch_before_end_some_minutes_after_the_new_ones_are_used) {
    TestLink link;
    const auto feed = feed_of(60);
    const auto has_previous = [&] {
        return SensorFile::load(*link.files, "/state/sensor-0000000000000011")
            .value()
            ->session()
            .has_previous();
    };
    ASSERT_TRUE(link.open());
    ASSERT_TRUE(link.run(feed, 10));
    link.make_sensor();
    ASSERT_TRUE(link.run(feed, 20));
    EXPECT_TRUE(has_previous());
    link.now_ns += epoch_overlap_ns;
    ASSERT_TRUE(link.run(feed, 30));
    EXPECT_FALSE(has_previous());
    // The gateway that restarts meanwhile, and the sensor that begins anew meanwhile.
    link.make_sensor();
    ASSERT_TRUE(link.run(feed, 40));
    link.gateway.reset();
    ASSERT_TRUE(link.open());
    ASSERT_TRUE(link.run(feed, 50));
    EXPECT_TRUE(has_previous());
    // Keys that nothing was heard under yet end no others.
    link.make_sensor();
    const auto before = link.gateway->counters().exchanges;
    for (int i = 0; i < 1000 && link.gateway->counters().exchanges == before; ++i)
        ASSERT_TRUE(link.step());
    link.now_ns += epoch_overlap_ns;
    ASSERT_TRUE(link.run(feed, 60));
    EXPECT_TRUE(has_previous());
    EXPECT_EQ(stored(*link.files), 60U);
}

/// A tenth of a second in which the sensor gets nothing but answers to its offers. What was kept
/// from it last is returned.
Bytes step_without_acknowledgements(TestLink& link) {
    Bytes out;
    link.now_ns += test_step_ns;
    EXPECT_TRUE(link.sensor->wake(link.now_ns));
    while (const auto payload = link.sensor->pop(link.now_ns))
        EXPECT_TRUE(link.gateway->receive(sensor_address, *payload,
                                          {.monotonic_ns = link.now_ns, .wall_ns = link.now_ns}));
    EXPECT_TRUE(link.gateway->flush());
    while (auto next = link.gateway->pop().value()) {
        const auto message = envelope::parse(next->payload, envelope::test_company);
        if (message && message->kind == envelope::Kind::answer)
            EXPECT_TRUE(link.sensor->receive(next->payload, link.now_ns));
        else
            out = std::move(next->payload);
    }
    return out;
}

// [ENVELOPE-17]
TEST(Link, a_sensor_opens_what_was_under_way_and_after_some_minutes_nothing_of_the_epoch_before) {
    for (const bool late : {false, true}) {
        TestLink link;
        const auto feed = feed_of(10);
        ASSERT_TRUE(link.open());
        ASSERT_TRUE(link.run(feed, 5));
        const auto& row = feed.rows()[5];
        ASSERT_TRUE(link.sensor->send(row.reading, row.slot, row.period_ns, link.now_ns));
        const auto held_back = step_without_acknowledgements(link);
        ASSERT_FALSE(held_back.empty());
        for (int i = 0; i < 10'000 && link.gateway->counters().exchanges < 2; ++i)
            (void)step_without_acknowledgements(link);
        ASSERT_EQ(link.gateway->counters().exchanges, 2U);
        ASSERT_EQ(link.sensor->waiting(), 1U);
        if (late) link.now_ns += epoch_overlap_ns;
        ASSERT_TRUE(link.sensor->wake(link.now_ns));
        ASSERT_TRUE(link.sensor->receive(held_back, link.now_ns));
        EXPECT_EQ(link.sensor->waiting(), late ? 1U : 0U);
    }
}

// [READING-28]
TEST(Link, a_store_that_was_brought_back_from_an_older_copy_goes_on) {
    TestLink link;
    constexpr std::size_t before = 10;
    constexpr std::size_t lost = 1200; ///< more than a store waits for
    const auto feed = feed_of(before + lost + 40);
    ASSERT_TRUE(link.open());
    ASSERT_TRUE(link.run(feed, before));
    link.gateway.reset();
    std::map<std::string, Bytes> copy;
    for (const auto& file : link.files->files_below("/store"))
        copy[file.path] = env::read_file(*link.files, file.path, file.size).value();
    ASSERT_TRUE(link.open());
    ASSERT_TRUE(link.run(feed, before + lost));
    link.gateway.reset();
    for (const auto& file : link.files->files_below("/store"))
        ASSERT_TRUE(link.files->remove(file.path));
    for (const auto& [path, content] : copy)
        ASSERT_TRUE(env::write_file_atomically(*link.files, path, content));
    ASSERT_TRUE(link.open());
    ASSERT_TRUE(link.run(feed, feed.rows().size()));
    EXPECT_EQ(stored(*link.files), before + 40);
    EXPECT_EQ(link.gateway->collector().counters().gone, lost);
}

/// One a second; after `jump` rows the clock leaps, and a line begins.
Feed leaping_feed(std::size_t rows, std::size_t jump) {
    std::string out = "time,heart_rate,spo2,temperature\n";
    for (std::size_t i = 0; i < rows; ++i) {
        const auto second = i + (i >= jump ? 100 : 0);
        std::array<char, 64> line{};
        (void)std::snprintf(line.data(), line.size(), "2026-11-22T%02zu:%02zu:%02zuZ,%zu,97,36.5\n",
                            8 + second / 3600, second / 60 % 60, second % 60, 60 + i % 40);
        out += line.data();
    }
    return Feed::parse(out, test_sensor).value();
}

/// Of each number that is stored: its time.
std::map<std::uint64_t, reading::Moment> times_of(sim::FileSystem& files) {
    std::map<std::uint64_t, reading::Moment> out;
    EXPECT_TRUE(
        reading::read_store(files, "/store", {}, [&](const reading::Reading& one) -> Result<> {
            out[one.number] = one.time;
            return {};
        }));
    return out;
}

using Copy = std::map<std::string, Bytes>;

Copy copy_of_store(sim::FileSystem& files) {
    Copy out;
    for (const auto& file : files.files_below("/store"))
        out[file.path] = env::read_file(files, file.path, file.size).value();
    return out;
}

void bring_back(sim::FileSystem& files, const Copy& copy) {
    for (const auto& file : files.files_below("/store"))
        ASSERT_TRUE(files.remove(file.path));
    for (const auto& [path, content] : copy)
        ASSERT_TRUE(env::write_file_atomically(files, path, content));
}

// [READING-9] [READING-31]
TEST(Link, times_are_never_guessed_by_a_store_that_was_brought_back_from_an_older_copy) {
    for (const unsigned loss : {0U, 20U}) {
        TestLink link(loss + 1, loss);
        constexpr std::size_t jump = 30;
        const auto feed = leaping_feed(300, jump);
        ASSERT_TRUE(link.open());
        ASSERT_TRUE(link.run(feed, jump - 5));
        link.gateway.reset();
        const auto copy = copy_of_store(*link.files);
        ASSERT_TRUE(link.open());
        EXPECT_FALSE(link.gateway->missing());
        // The line that began after the leap is known to the sensor, and no more to the store.
        ASSERT_TRUE(link.run(feed, jump + 10));
        link.gateway.reset();
        bring_back(*link.files, copy);
        ASSERT_TRUE(link.open());
        EXPECT_EQ(link.gateway->missing(), 15U);
        ASSERT_TRUE(link.run(feed, feed.rows().size()));
        std::size_t after = 0;
        for (const auto& [number, time] : times_of(*link.files)) {
            const auto row = link.sent.at(number);
            EXPECT_EQ(time, feed.rows()[row].reading.time) << row;
            after += row >= jump + 10 ? 1 : 0;
        }
        EXPECT_EQ(after, feed.rows().size() - jump - 10);
        link.gateway.reset();
        ASSERT_TRUE(link.open());
        EXPECT_FALSE(link.gateway->missing());
        EXPECT_EQ(link.gateway->counters().exchanges, 0U);
    }
}

// [READING-31] One reading tells, on a line that the copy has too; also one of a store that lies in
// the log that the copy has the beginning of.
TEST(Link, an_older_copy_of_the_store_is_noticed_by_a_single_reading) {
    const auto feed = feed_of(30);
    for (const bool while_it_runs : {false, true}) {
        TestLink link;
        ASSERT_TRUE(link.open());
        ASSERT_TRUE(link.run(feed, 10));
        if (!while_it_runs) link.gateway.reset();
        const auto copy = copy_of_store(*link.files);
        if (!while_it_runs) {
            ASSERT_TRUE(link.open());
        }
        ASSERT_TRUE(link.run(feed, 11));
        link.gateway.reset();
        bring_back(*link.files, copy);
        ASSERT_TRUE(link.open());
        EXPECT_EQ(link.gateway->missing(), 1U);
        ASSERT_TRUE(link.run(feed, 30));
        EXPECT_EQ(stored(*link.files), 29U) << "all but the one that was lost";
        link.gateway.reset();
        ASSERT_TRUE(link.open());
        EXPECT_FALSE(link.gateway->missing());
    }
}

TEST(Link, a_sensor_with_another_card_goes_on_and_the_old_card_is_worth_nothing) {
    TestLink link;
    const auto feed = feed_of(30);
    ASSERT_TRUE(link.open());
    ASSERT_TRUE(link.run(feed, 10));
    const auto refused =
        link.gateway->enrol(test_sensor, usual_plan(), [](const crypto::SecretBytes&) {
            return Result<>(fail(Errc::no_space, "no card"));
        });
    EXPECT_EQ(refused.error().code(), Errc::no_space);
    ASSERT_TRUE(link.run(feed, 12)) << "nothing has changed";
    const auto before = link.gateway->counters().opened;
    MemoryCard card;
    ASSERT_TRUE(
        link.gateway->enrol(test_sensor, usual_plan(), [&](const crypto::SecretBytes& secret) {
            return card.save_secret(secret);
        }));
    card.marks.shorts = link.gateway->first_number(test_sensor).value();
    link.gateway.reset();
    ASSERT_TRUE(link.open());
    EXPECT_FALSE(link.run(feed, 13)) << "the thief";
    EXPECT_EQ(link.gateway->counters().opened, 0U);
    EXPECT_GT(before, 0U);
    EXPECT_EQ(stored(*link.files), 12U);
    link.card.marks = card.marks;
    link.card.secret = std::move(card.secret);
    link.make_sensor();
    link.next_row = 12;
    ASSERT_TRUE(link.run(feed, 30));
    EXPECT_EQ(stored(*link.files), 30U);
}

TEST(Link, addresses_are_given_once) {
    TestLink link;
    ASSERT_TRUE(link.open());
    EXPECT_EQ(link.gateway->take_address(), gateway_address + 2) << "a state of before: one sensor";
    link.gateway.reset();
    ASSERT_TRUE(link.open());
    EXPECT_EQ(link.gateway->take_address(), gateway_address + 3);
    const Bytes last{'T', 'G', 'R', 'A', 'D', 'R', '1', '\n', 0x00, 0x80};
    ASSERT_TRUE(env::write_file_atomically(*link.files, "/state/addresses", last, true));
    EXPECT_EQ(link.gateway->take_address().error().code(), Errc::limit_exceeded);
}

TEST(Link, a_damaged_file_of_one_sensor_is_named_and_the_others_go_on) {
    TestLink link;
    ASSERT_TRUE(link.open());
    ASSERT_TRUE(link.gateway->enrol(18, usual_plan()));
    const std::string path = "/state/sensor-0000000000000012";
    link.gateway.reset();
    ASSERT_TRUE(env::write_file_atomically(*link.files, path, Bytes(9), true));
    ASSERT_TRUE(link.open());
    ASSERT_EQ(link.gateway->damaged().size(), 1U);
    EXPECT_NE(link.gateway->damaged().at(18).find(path), std::string::npos);
    ASSERT_TRUE(link.run(feed_of(5), 5));
    EXPECT_EQ(link.gateway->enrol(18, usual_plan()).error().code(), Errc::exists);
    ASSERT_TRUE(link.gateway->enrol(18, usual_plan(),
                                    [](const crypto::SecretBytes&) { return Result<>(); }));
    link.gateway.reset();
    ASSERT_TRUE(link.open());
    EXPECT_TRUE(link.gateway->damaged().empty());
    EXPECT_EQ(link.gateway->sensors(), 2U);
}

TEST(Link, a_damaged_file_of_the_gateway_or_its_store_is_named) {
    for (const std::string path : {"/state/gateway.key", "/store/checkpoint"}) {
        TestLink link;
        ASSERT_TRUE(link.open());
        ASSERT_TRUE(link.run(feed_of(30), 30));
        link.gateway.reset();
        ASSERT_TRUE(env::write_file_atomically(*link.files, path, Bytes(9), true));
        const auto opened = GatewayLink::open(*link.files, link.random, test_folders);
        ASSERT_FALSE(opened);
        EXPECT_NE(opened.error().detail().find(path), std::string::npos);
        EXPECT_NE(opened.error().detail().find("bring"), std::string::npos);
    }
}

// [READING-29]
TEST(Link, a_sensor_that_is_made_known_anew_beside_a_store_that_is_there_loses_no_reading) {
    TestLink link;
    const auto feed = feed_of(30);
    ASSERT_TRUE(link.open());
    ASSERT_TRUE(link.run(feed, 10));
    link.gateway.reset();
    for (const auto& file : link.files->files_below("/state"))
        ASSERT_TRUE(link.files->remove(file.path));
    ASSERT_TRUE(link.open());
    ASSERT_TRUE(link.run(feed, 30));
    EXPECT_EQ(stored(*link.files), 30U);
    ASSERT_TRUE(link.gateway->collector().take_gone(test_sensor,
                                                    {.first = 1, .count = envelope::number_max}));
    EXPECT_EQ(link.gateway->first_number(test_sensor).error().code(), Errc::limit_exceeded);
    EXPECT_EQ(link.gateway->first_number(test_sensor + 1), 1U);
}

TEST(Link, a_stranger_who_repeats_an_offer_fills_no_memory) {
    TestLink link;
    ASSERT_TRUE(link.open());
    const Arrival now{.monotonic_ns = 1, .wall_ns = 1};
    link.sensor->set_gateway_key(link.gateway->public_key());
    ASSERT_TRUE(link.sensor->wake(link.now_ns));
    std::vector<Bytes> offer;
    while (auto part = link.sensor->pop(link.now_ns))
        offer.push_back(std::move(*part));
    ASSERT_EQ(offer.size(), 5U);
    for (std::size_t i = 0; i < 2 * outbound_max; ++i)
        for (const auto& part : offer)
            ASSERT_TRUE(link.gateway->receive(9, part, now));
    std::size_t answers = 0;
    while (link.gateway->pop().value())
        answers += 1;
    EXPECT_GT(answers, 0U);
    EXPECT_LE(answers, outbound_max + 1);
}

} // namespace
} // namespace torgo::uplink
