#include "envelope/test_pair.hpp"

#include <rapidcheck.h>

#include <set>

namespace torgo::envelope {
namespace {

template <class T>
Errc code_of(const Result<T>& result) {
    return result ? Errc{} : result.error().code();
}

// [ENVELOPE-3]
TEST(Session, a_short_envelope_fits_an_unsegmented_message_and_opens) {
    Pair pair;
    const auto sealed = pair.send();
    EXPECT_EQ(sealed.payload.size(), unsegmented_payload_max);
    const auto opened = pair.gateway.open(sealed.payload);
    ASSERT_TRUE(opened) << opened.error().detail();
    EXPECT_EQ(opened->kind, Kind::short_up);
    EXPECT_EQ(opened->slot, 2);
    EXPECT_EQ(opened->number, sealed.number);
    EXPECT_EQ(opened->value, (ShortValue{1, 2, 3}));
}

// [ENVELOPE-5]
TEST(Session, a_long_envelope_of_the_largest_body_fits_an_access_payload) {
    Pair pair;
    const Bytes body(body_max, 9);
    const auto sealed = pair.sensor.seal_long(body).value();
    EXPECT_EQ(sealed.size(), access_payload_max);
    const auto opened = pair.gateway.open(sealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->body, body);
    EXPECT_EQ(opened->next, pair.sensor.next_number());
    EXPECT_EQ(code_of(pair.sensor.seal_long(Bytes(body_max + 1))), Errc::limit_exceeded);
    EXPECT_EQ(code_of(pair.sensor.seal_long({})), Errc::limit_exceeded);
}

TEST(Session, the_gateway_answers_when_it_has_heard_the_sensor) {
    Pair pair;
    EXPECT_EQ(code_of(pair.gateway.seal_short(0, {})), Errc::unavailable);
    ASSERT_TRUE(pair.gateway.open(pair.send().payload));
    const auto small = pair.gateway.seal_short(0, {4, 5, 6});
    const auto large = pair.gateway.seal_long(as_bytes("more"));
    ASSERT_TRUE(small && large);
    EXPECT_EQ(pair.sensor.open(small->payload)->value, (ShortValue{4, 5, 6}));
    EXPECT_EQ(pair.sensor.open(*large)->body.size(), 4U);
    EXPECT_EQ(code_of(pair.gateway.open(small->payload)), Errc::unsupported) << "reflected";
}

// [ENVELOPE-4]
TEST(Session, refuses_every_changed_bit) {
    for (const bool is_short : {true, false}) {
        const auto bits = Pair().send().payload.size() * 8;
        for (std::size_t bit = 0; bit < bits; ++bit) {
            Pair pair;
            auto sealed =
                is_short ? pair.send().payload : pair.sensor.seal_long(as_bytes("abc")).value();
            const auto whole = sealed;
            sealed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
            ASSERT_FALSE(pair.gateway.open(sealed)) << is_short << " " << bit;
            ASSERT_TRUE(pair.gateway.open(whole)) << is_short << " " << bit;
        }
    }
}

// [ENVELOPE-7]
TEST(Session, takes_each_short_envelope_once_in_whatever_order) {
    rc::check([] {
        Pair pair;
        std::vector<SealedShort> sent;
        for (int i = 0; i < 100; ++i)
            sent.push_back(pair.send(static_cast<std::uint8_t>(i)));
        auto order = *rc::gen::container<std::vector<std::size_t>>(
            300, rc::gen::inRange<std::size_t>(0, sent.size()));
        std::set<std::size_t> seen;
        for (const auto i : order) {
            const auto opened = pair.gateway.open(sent[i].payload);
            RC_ASSERT(opened.has_value() == seen.insert(i).second);
            if (opened) RC_ASSERT(opened->number == sent[i].number);
            if (!opened) RC_ASSERT(opened.error().code() == Errc::exists);
        }
    });
}

TEST(Session, a_long_envelope_is_taken_once_and_early_ones_may_come_late) {
    Pair pair;
    const auto first = pair.sensor.seal_long(as_bytes("a")).value();
    const auto second = pair.sensor.seal_long(as_bytes("b")).value();
    EXPECT_TRUE(pair.gateway.open(second));
    EXPECT_TRUE(pair.gateway.open(first));
    EXPECT_EQ(code_of(pair.gateway.open(first)), Errc::exists);
    EXPECT_EQ(code_of(pair.gateway.open(second)), Errc::exists);
}

TEST(Session, survives_the_loss_of_what_the_eight_bits_can_bridge) {
    Pair pair;
    for (int i = 0; i < 300; ++i)
        ASSERT_TRUE(pair.gateway.open(pair.send().payload));
    for (std::uint64_t i = 1; i < Window::ahead; ++i)
        (void)pair.send();
    const auto sealed = pair.send();
    const auto opened = pair.gateway.open(sealed.payload);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->number, sealed.number);
}

// [ENVELOPE-8]
TEST(Session, after_the_loss_of_200_one_long_envelope_brings_both_into_step) {
    Pair pair;
    for (int i = 0; i < 300; ++i)
        ASSERT_TRUE(pair.gateway.open(pair.send().payload));
    for (int i = 0; i < 200; ++i)
        (void)pair.send();
    for (unsigned i = 0; i < out_of_step_after; ++i)
        EXPECT_EQ(code_of(pair.gateway.open(pair.send().payload)), Errc::authentication);
    EXPECT_TRUE(pair.gateway.is_out_of_step());
    EXPECT_EQ(code_of(pair.gateway.open(pair.send().payload)), Errc::unavailable);
    ASSERT_TRUE(pair.gateway.open(pair.sensor.seal_long(as_bytes("sync")).value()));
    EXPECT_FALSE(pair.gateway.is_out_of_step());
    const auto sealed = pair.send();
    const auto opened = pair.gateway.open(sealed.payload);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->number, sealed.number);
}

// [ENVELOPE-8]
TEST(Session, forgers_end_the_short_envelopes_of_an_epoch_and_not_the_long_ones) {
    Pair pair;
    auto forged = pair.send().payload;
    forged.back() ^= 1;
    for (std::uint32_t i = 0; i < failed_tags_max; ++i) {
        if (pair.gateway.is_out_of_step()) {
            ASSERT_TRUE(pair.gateway.open(pair.sensor.seal_long(as_bytes("x")).value()));
        }
        EXPECT_EQ(code_of(pair.gateway.open(forged)), Errc::authentication);
    }
    ASSERT_TRUE(pair.gateway.open(pair.sensor.seal_long(as_bytes("x")).value()));
    EXPECT_EQ(code_of(pair.gateway.open(pair.send().payload)), Errc::limit_exceeded);
    EXPECT_TRUE(pair.gateway.wants_new_epoch());
    pair.rekey();
    EXPECT_TRUE(pair.gateway.open(pair.send().payload));
    EXPECT_EQ(pair.gateway.counters().failed, failed_tags_max);
}

// [ENVELOPE-17]
TEST(Session, two_epochs_overlap_and_the_older_one_ends) {
    Pair pair;
    ASSERT_TRUE(pair.gateway.open(pair.send().payload));
    const auto late = pair.send();
    const auto later = pair.send();
    const auto latest = pair.send();
    pair.rekey();
    EXPECT_TRUE(pair.gateway.open(late.payload));
    const auto old_answer = pair.gateway.seal_short(0, {}).value();
    EXPECT_TRUE(pair.gateway.open(pair.send().payload));
    EXPECT_TRUE(pair.sensor.open(old_answer.payload)) << "an answer of the old epoch, under way";
    EXPECT_TRUE(pair.gateway.open(later.payload));
    pair.gateway.drop_previous();
    EXPECT_EQ(code_of(pair.gateway.open(latest.payload)), Errc::not_found);
    pair.rekey();
    EXPECT_EQ(code_of(pair.gateway.open(latest.payload)), Errc::authentication)
        << "the place of the first epoch has the keys of the third";
}

TEST(Session, an_epoch_that_is_not_newer_is_refused) {
    Pair pair;
    EXPECT_EQ(code_of(pair.gateway.install(1, Pair::make_keys(1))), Errc::invalid_argument);
    EXPECT_TRUE(pair.gateway.install(9, Pair::make_keys(9)));
    EXPECT_EQ(code_of(pair.gateway.install(8, Pair::make_keys(8))), Errc::invalid_argument);
}

// [ENVELOPE-6] [ENVELOPE-15]
TEST(Session, no_number_comes_again_after_any_loss_of_power) {
    Pair pair;
    std::set<std::uint64_t> numbers;
    std::set<std::uint32_t> epochs;
    for (std::uint64_t life = 0; life < 40; ++life) {
        for (std::uint64_t i = 0; i < life; ++i)
            ASSERT_TRUE(numbers.insert(pair.send().number).second);
        pair.restart_sensor();
        EXPECT_EQ(code_of(pair.sensor.seal_short(0, {})), Errc::unavailable);
        pair.rekey();
        ASSERT_TRUE(epochs.insert(pair.sensor_store.marks.epoch).second);
    }
    EXPECT_LT(pair.sensor_store.saves, 40U * 4U);
}

TEST(Session, gives_no_number_that_the_flash_did_not_take) {
    Pair pair;
    pair.sensor_store.refuses = true;
    EXPECT_EQ(code_of(pair.sensor.seal_short(0, {})), Errc::io);
    EXPECT_EQ(code_of(pair.sensor.seal_short(0, {})), Errc::io);
    EXPECT_EQ(code_of(pair.sensor.numbers().take_epoch()), Errc::io);
    pair.sensor_store.refuses = false;
    EXPECT_EQ(pair.sensor.seal_short(0, {})->number, 1U);
}

// [ENVELOPE-9]
TEST(Session, ends_when_its_numbers_do) {
    Pair pair;
    pair.sensor_store.marks.shorts = number_max - 1;
    pair.restart_sensor();
    pair.rekey();
    EXPECT_TRUE(pair.sensor.wants_new_epoch());
    EXPECT_EQ(pair.send().number, number_max - 1);
    EXPECT_EQ(pair.send().number, number_max);
    EXPECT_EQ(code_of(pair.sensor.seal_short(0, {})), Errc::limit_exceeded);
    EXPECT_TRUE(pair.sensor.seal_long(as_bytes("still"))) << "long ones have their own";
    pair.restart_sensor();
    pair.rekey();
    EXPECT_EQ(code_of(pair.sensor.seal_short(0, {})), Errc::limit_exceeded);
}

// [ENVELOPE-16]
TEST(Session, a_gateway_goes_on_after_a_restart_and_takes_nothing_again) {
    Pair pair;
    const auto old_long = pair.sensor.seal_long(as_bytes("a")).value();
    const auto old_short = pair.send();
    ASSERT_TRUE(pair.gateway.open(old_long));
    ASSERT_TRUE(pair.gateway.open(old_short.payload));
    const auto before = pair.gateway.seal_short(0, {}).value();
    const auto state = pair.gateway.save();
    auto restored = Session::restore(
        state.view(), Numbers(pair.gateway_store, pair.gateway_store.marks, test_block));
    ASSERT_TRUE(restored) << restored.error().detail();
    EXPECT_EQ(code_of(restored->open(old_long)), Errc::exists);
    EXPECT_EQ(code_of(restored->open(old_short.payload)), Errc::exists);
    EXPECT_TRUE(restored->open(pair.send().payload));
    EXPECT_GT(restored->seal_short(0, {})->number, before.number);
    for (std::size_t size = 0; size < state.size(); ++size)
        EXPECT_FALSE(Session::restore(state.view().first(size),
                                      Numbers(pair.gateway_store, {}, test_block)));
}

// [ENVELOPE-8]
TEST(Session, wants_a_long_envelope_at_its_start_in_a_new_epoch_and_after_many_short_ones) {
    Pair pair;
    EXPECT_TRUE(pair.sensor.wants_long());
    EXPECT_FALSE(pair.gateway.wants_long()) << "it has not heard the sensor";
    ASSERT_TRUE(pair.gateway.open(pair.sensor.seal_long(as_bytes("a")).value()));
    EXPECT_FALSE(pair.sensor.wants_long());
    EXPECT_TRUE(pair.gateway.wants_long());
    for (std::uint64_t i = 0; i < long_every; ++i) {
        EXPECT_FALSE(pair.sensor.wants_long());
        (void)pair.send();
    }
    EXPECT_TRUE(pair.sensor.wants_long());
    (void)pair.sensor.seal_long(as_bytes("a")).value();
    EXPECT_FALSE(pair.sensor.wants_long());
    pair.rekey();
    EXPECT_TRUE(pair.sensor.wants_long());
}

// [ENVELOPE-6]
TEST(Numbers, of_an_empty_block_are_a_bug) {
    MemoryStore store;
    EXPECT_DEATH(Numbers(store, {}, 0), "block > 0");
}

TEST(Session, refuses_messages_that_are_none) {
    Pair pair;
    const auto sealed = pair.send().payload;
    EXPECT_EQ(code_of(pair.gateway.open({})), Errc::corrupt);
    EXPECT_EQ(code_of(pair.gateway.open(Bytes(access_payload_max + 1))), Errc::limit_exceeded);
    EXPECT_EQ(code_of(pair.gateway.open(ByteView(sealed).first(10))), Errc::corrupt);
    auto other = sealed;
    other[1] = 0x59;
    EXPECT_EQ(code_of(pair.gateway.open(other)), Errc::unsupported);
    EXPECT_EQ(code_of(pair.sensor.seal_short(slot_count, {})), Errc::limit_exceeded);
}

} // namespace
} // namespace torgo::envelope
