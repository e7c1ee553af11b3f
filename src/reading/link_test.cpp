// A sensor and a gateway over a bad link: envelopes, outbox, intake and collector together.
#include "crypto/hash.hpp"
#include "reading/csv.hpp"
#include "reading/intake.hpp"
#include "reading/store_reader.hpp"
#include "reading/test_readings.hpp"
#include "sim/file_system.hpp"
#include "sim/prng.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <set>

namespace torgo::reading {
namespace {

constexpr const char* folder = "/store";
constexpr std::uint64_t source = 17;

class MemoryStore final : public envelope::NumberStore {
public:
    Result<> save(const envelope::NumberMarks& value) override {
        if (refuses) return fail(Errc::io, "a card that is broken");
        marks = value;
        return {};
    }

    envelope::NumberMarks marks{};
    bool refuses = false;
};

envelope::EpochKeys test_keys(std::uint32_t epoch) {
    envelope::Provision provision;
    provision.sensor = source;
    provision.secret = crypto::SecretBytes(32);
    return envelope::derive_keys(provision, epoch, as_bytes("ct"), crypto::SecretBytes(32));
}

/// Loses, repeats and reorders.
class Air {
public:
    Air(sim::Prng& chance, unsigned loss_percent) : m_chance(chance), m_loss(loss_percent) {}

    void send(const Bytes& payload) {
        ASSERT_LE(payload.size(), envelope::access_payload_max);
        bytes += payload.size();
        messages += 1;
        for (int copies = m_chance.chance(1, 10) ? 2 : 1; copies > 0; --copies) {
            if (m_chance.chance(m_loss, 100)) continue;
            const auto at =
                m_queue.size() - m_chance.below(std::min<std::size_t>(m_queue.size() + 1, 4));
            m_queue.insert(m_queue.begin() + static_cast<std::ptrdiff_t>(at), payload);
        }
    }

    std::optional<Bytes> receive() {
        if (m_queue.empty()) return std::nullopt;
        auto out = std::move(m_queue.front());
        m_queue.pop_front();
        return out;
    }

    std::uint64_t bytes = 0;
    std::uint64_t messages = 0;

private:
    sim::Prng& m_chance;
    unsigned m_loss;
    std::deque<Bytes> m_queue;
};

struct Link {
    explicit Link(std::uint64_t seed, unsigned loss)
        : chance(seed), up(chance, loss), down(chance, loss) {
        collector.reset();
        collector = std::move(*Collector::open(files, folder, {.readings = 200, .sources = 4}));
        EXPECT_TRUE(sensor.install(1, test_keys(1)));
        EXPECT_TRUE(gateway.install(1, test_keys(1)));
    }

    void run_gateway() {
        while (const auto payload = up.receive()) {
            const auto opened = gateway.open(*payload);
            if (opened) {
                ASSERT_TRUE(take(*opened, source, test_plan(), *collector, 0));
            }
        }
        const auto acks = collector->sync();
        ASSERT_TRUE(acks);
        for (const auto& ack : *acks)
            down.send(acknowledge(gateway, ack).value());
    }

    void run_sensor() {
        while (const auto payload = down.receive())
            (void)outbox.receive(*payload);
    }

    void drain() {
        for (int round = 0; outbox.waiting() > 0 && round < 1000; ++round) {
            if (const auto payload = outbox.resend().value()) up.send(*payload);
            run_gateway();
            run_sensor();
        }
    }

    sim::Prng chance;
    sim::FileSystem files;
    MemoryStore sensor_store;
    MemoryStore gateway_store;
    envelope::Session sensor{envelope::Side::sensor, envelope::Numbers(sensor_store, {}, 256)};
    envelope::Session gateway{envelope::Side::gateway, envelope::Numbers(gateway_store, {}, 256)};
    std::unique_ptr<Collector> collector;
    Outbox outbox{sensor, test_plan()};
    Air up;
    Air down;
};

/// Rows of a monitor: one a second, with a gap, odd digits and missing values here and there.
std::vector<std::string> make_rows(sim::Prng& chance, std::size_t count) {
    const auto layout = CsvLayout::standard(*find_profile(std::uint8_t{2}));
    std::vector<std::string> out;
    auto ns = start_ns;
    for (std::size_t i = 0; i < count; ++i) {
        auto reading = pulse(source, i);
        ns += chance.chance(1, 200) ? 7 * second : second;
        reading.time = {.ns = ns, .digits = 0};
        if (chance.chance(1, 50)) reading.values[2] = decimal(3660, 2);
        if (chance.chance(1, 50)) reading.values[1].reset();
        out.push_back(print_csv_row(reading, layout));
    }
    return out;
}

void expect_all_rows(Link& link, const std::vector<std::string>& rows) {
    const auto layout = CsvLayout::standard(*find_profile(std::uint8_t{2}));
    std::multiset<Digest> sent_rows;
    for (const auto& row : rows)
        sent_rows.insert(row_hash(row));
    std::multiset<Digest> found;
    const auto read = read_store(link.files, folder, {}, [&](const Reading& one) -> Result<> {
        found.insert(row_hash(print_csv_row(one, layout)));
        return {};
    });
    ASSERT_TRUE(read) << read.error().detail();
    EXPECT_EQ(found, sent_rows) << "no row lost, doubled or changed";
}

// [READING-9]
TEST(Link, every_row_arrives_once_and_unchanged_over_whatever_air) {
    for (const unsigned loss : {0U, 10U, 30U}) {
        Link link(loss + 1, loss);
        const auto layout = CsvLayout::standard(*find_profile(std::uint8_t{2}));
        const auto rows = make_rows(link.chance, 1500);
        std::size_t unanswered = 0;
        for (const auto& row : rows) {
            const auto sealed = link.outbox.send(0, parse_csv_row(row, layout).value(), second);
            ASSERT_TRUE(sealed) << sealed.error().detail();
            link.up.send(*sealed);
            if (++unanswered % 8 == 0) {
                link.run_gateway();
                link.run_sensor();
            }
            if (link.outbox.waiting() > 40) link.up.send(*link.outbox.resend().value());
        }
        link.drain();
        EXPECT_EQ(link.outbox.waiting(), 0U);
        expect_all_rows(link, rows);
        EXPECT_GT(link.outbox.sent_short(), loss == 0 ? 1000U : 300U);
        std::printf("loss %2u %%: %llu short, %llu long, %.1f bytes of access payload a reading, "
                    "%.2f messages up and %.2f down\n",
                    loss, static_cast<unsigned long long>(link.outbox.sent_short()),
                    static_cast<unsigned long long>(link.outbox.sent_long()),
                    static_cast<double>(link.up.bytes) / 1500.0,
                    static_cast<double>(link.up.messages) / 1500.0,
                    static_cast<double>(link.down.messages) / 1500.0);
    }
}

TEST(Link, a_gateway_that_restarts_loses_nothing_that_it_acknowledged) {
    Link link(5, 20);
    const auto layout = CsvLayout::standard(*find_profile(std::uint8_t{2}));
    const auto rows = make_rows(link.chance, 600);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        link.up.send(link.outbox.send(0, parse_csv_row(rows[i], layout).value(), second).value());
        if (i % 6 == 0) {
            link.run_gateway();
            link.run_sensor();
        }
        if (i % 150 == 100) {
            const auto state = link.gateway.save();
            link.gateway = std::move(*envelope::Session::restore(
                state.view(),
                envelope::Numbers(link.gateway_store, link.gateway_store.marks, 256)));
            link.collector.reset();
            link.collector =
                std::move(*Collector::open(link.files, folder, {.readings = 200, .sources = 4}));
        }
        if (link.outbox.waiting() > 40) link.up.send(*link.outbox.resend().value());
    }
    link.drain();
    EXPECT_EQ(link.outbox.waiting(), 0U);
    expect_all_rows(link, rows);
}

TEST(Link, a_sensor_that_lost_its_power_tells_which_numbers_are_void) {
    Link link(6, 0);
    for (int i = 0; i < 10; ++i)
        link.up.send(link.outbox.send(0, pulse(source, 1), 0).value());
    link.run_gateway();
    const auto next = link.sensor_store.marks.shorts;
    link.sensor = envelope::Session(
        envelope::Side::sensor, envelope::Numbers(link.sensor_store, link.sensor_store.marks, 256));
    ASSERT_TRUE(link.sensor.install(2, test_keys(2)));
    ASSERT_TRUE(link.gateway.install(2, test_keys(2)));
    link.outbox = Outbox(link.sensor, test_plan(), Gone{.first = 1, .count = next - 1});
    link.up.send(link.outbox.send(0, pulse(source, 2), 0).value());
    link.run_gateway();
    link.run_sensor();
    EXPECT_EQ(link.outbox.waiting(), 0U);
    EXPECT_EQ(link.outbox.resend().value(), std::nullopt);
    EXPECT_EQ(link.collector->find(source)->cumulative(), next);
}

/// One reading up, one acknowledgement down.
void exchange_one(Link& link) {
    link.up.send(link.outbox.send(0, pulse(source, 1), 0).value());
    link.run_gateway();
    link.run_sensor();
}

// [ENVELOPE-8]
TEST(Link, a_sensor_that_knows_none_of_the_gateways_numbers_learns_them_at_once) {
    Link link(9, 0);
    link.gateway_store.marks.shorts = 5000;
    link.gateway =
        envelope::Session(envelope::Side::gateway,
                          envelope::Numbers(link.gateway_store, link.gateway_store.marks, 256));
    ASSERT_TRUE(link.gateway.install(1, test_keys(1)));
    for (int i = 0; i < 3; ++i) {
        exchange_one(link);
        EXPECT_EQ(link.outbox.waiting(), 0U) << i;
    }
}

// [ENVELOPE-8]
TEST(Link, a_sensor_back_from_a_loss_of_power_learns_the_gateways_numbers_at_once) {
    Link link(10, 0);
    for (int i = 0; i < 300; ++i)
        exchange_one(link);
    const auto next = link.sensor_store.marks.shorts;
    link.sensor = envelope::Session(
        envelope::Side::sensor, envelope::Numbers(link.sensor_store, link.sensor_store.marks, 256));
    ASSERT_TRUE(link.gateway.install(2, test_keys(2)));
    // To the epoch that the sensor lost: it brings nobody into step.
    link.down.send(
        acknowledge(link.gateway, {.source = source, .cumulative = 1, .bitmap = {}}).value());
    ASSERT_TRUE(link.sensor.install(2, test_keys(2)));
    link.outbox = Outbox(link.sensor, test_plan(), Gone{.first = 1, .count = next - 1});
    exchange_one(link);
    EXPECT_EQ(link.outbox.waiting(), 0U);
}

// [ENVELOPE-8]
TEST(Link, a_gateway_that_restarts_tells_its_numbers_at_once) {
    Link link(11, 0);
    exchange_one(link);
    for (int i = 0; i < 3; ++i) {
        const auto state = link.gateway.save();
        link.gateway = std::move(*envelope::Session::restore(
            state.view(), envelope::Numbers(link.gateway_store, link.gateway_store.marks, 256)));
        exchange_one(link);
        EXPECT_EQ(link.outbox.waiting(), 0U) << i;
    }
}

// [ENVELOPE-8]
TEST(Link, the_loss_of_many_acknowledgements_ends_with_the_next_long_one) {
    Link link(12, 0);
    exchange_one(link);
    for (int i = 0; i < 200; ++i)
        (void)acknowledge(link.gateway, {.source = source, .cumulative = 1, .bitmap = {}}).value();
    for (std::uint64_t i = 0; i <= envelope::long_every; ++i)
        exchange_one(link);
    EXPECT_EQ(link.outbox.waiting(), 0U);
}

// [READING-11]
TEST(Link, an_acknowledgement_of_numbers_that_were_never_given_is_not_believed) {
    Link link(13, 0);
    exchange_one(link);
    for (int i = 0; i < 2; ++i)
        (void)link.outbox.send(0, pulse(source, 1), 0).value();
    const auto next = link.sensor.next_number();
    const auto waiting_after = [&](const Ack& ack, bool is_short) {
        const auto payload = is_short
                                 ? link.gateway.seal_short(0, encode_small(ack).value())->payload
                                 : link.gateway.seal_long(encode(ack)).value();
        EXPECT_TRUE(link.outbox.receive(payload));
        return link.outbox.waiting();
    };
    for (const bool is_short : {false, true}) {
        EXPECT_EQ(waiting_after({.source = source, .cumulative = next, .bitmap = {}}, is_short),
                  2U);
        EXPECT_EQ(
            waiting_after({.source = source, .cumulative = next + 30'000, .bitmap = {}}, is_short),
            2U);
        EXPECT_EQ(
            waiting_after({.source = source, .cumulative = next - 2, .bitmap = {0b11}}, is_short),
            2U);
    }
    EXPECT_EQ(waiting_after({.source = source, .cumulative = next - 2, .bitmap = {}}, true), 1U);
    EXPECT_EQ(waiting_after({.source = source, .cumulative = next - 2, .bitmap = {0b1}}, true), 0U);
}

// [READING-23]
TEST(Link, a_gateway_out_of_step_or_under_attack_asks_for_what_it_needs) {
    Link link(8, 0);
    const auto said = [&] {
        return link.outbox.receive(request(link.gateway).value().value()).has_value();
    };
    auto forged = link.sensor.seal_short(0, {}).value().payload;
    link.up.send(link.outbox.send(0, pulse(source, 1), 0).value());
    link.run_gateway();
    EXPECT_EQ(request(link.gateway).value(), std::nullopt);
    forged.back() ^= 1;
    for (unsigned i = 0; i < envelope::out_of_step_after; ++i)
        EXPECT_FALSE(link.gateway.open(forged));
    ASSERT_TRUE(said());
    EXPECT_EQ(link.outbox.take_request(), Request::resend);
    EXPECT_EQ(link.outbox.take_request(), std::nullopt);
    while (!link.gateway.wants_new_epoch()) {
        ASSERT_TRUE(link.gateway.open(link.outbox.resend().value().value()));
        for (unsigned i = 0; i < envelope::out_of_step_after; ++i)
            EXPECT_FALSE(link.gateway.open(forged));
    }
    ASSERT_TRUE(said());
    EXPECT_EQ(link.outbox.take_request(), Request::exchange);
}

// [READING-28]
TEST(Link, a_reading_whose_sending_failed_does_not_wait_and_comes_once) {
    Link link(8, 0);
    ASSERT_TRUE(link.outbox.send(0, pulse(source, 0), 0));
    link.sensor_store.refuses = true;
    // Until no number is left for a long envelope that the card knows of.
    while (link.outbox.resend()) {
    }
    const auto waiting = link.outbox.waiting();
    EXPECT_EQ(link.outbox.send(0, pulse(source, 1), 0).error().code(), Errc::io);
    EXPECT_EQ(link.outbox.waiting(), waiting);
    link.sensor_store.refuses = false;
    ASSERT_TRUE(link.outbox.send(0, pulse(source, 1), 0));
    link.drain();
    EXPECT_EQ(link.outbox.waiting(), 0U);
    std::size_t found = 0;
    ASSERT_TRUE(read_store(link.files, folder, {}, [&](const Reading&) -> Result<> {
        found += 1;
        return {};
    }));
    EXPECT_EQ(found, 2U);
}

TEST(Link, a_full_outbox_refuses_and_forgets_nothing) {
    Link link(7, 100);
    for (std::size_t i = 0; i < Outbox::waiting_max; ++i)
        ASSERT_TRUE(link.outbox.send(0, pulse(source, 1), 0));
    EXPECT_EQ(link.outbox.send(0, pulse(source, 1), 0).error().code(), Errc::no_space);
    EXPECT_EQ(link.outbox.send(7, pulse(source, 1), 0).error().code(), Errc::invalid_argument);
}

} // namespace
} // namespace torgo::reading
