#include "envelope/enrolment.hpp"
#include "envelope/fragments.hpp"
#include "envelope/test_pair.hpp"

#include <rapidcheck.h>

namespace torgo::envelope {
namespace {

/// A sensor's flash: its secret and epoch.
struct Flash {
    Provision known = provision();
    std::uint32_t epoch = 0;

    SensorExchange begin() {
        epoch += 1;
        return SensorExchange::begin(known, gateway_key().public_key(), epoch,
                                     secret_of(32, static_cast<std::uint8_t>(epoch)))
            .value();
    }

    bool finish(const SensorExchange& exchange, ByteView answer) {
        const auto keys = exchange.finish(parse(answer, test_company).value());
        if (!keys) return false;
        known.secret = crypto::SecretBytes::copy_of(keys->next_secret.view());
        return true;
    }
};

Offer offer_of(const SensorExchange& exchange) {
    Assembler assembler;
    std::optional<Bytes> whole;
    for (const auto& part : exchange.messages())
        whole = assembler.add(parse(part, test_company)->parameters).value();
    return decode_offer(*whole, assembler.group()).value();
}

// [ENVELOPE-14]
TEST(Enrolment, no_loss_of_messages_or_power_shuts_a_sensor_out) {
    rc::check([] {
        Flash sensor;
        Enrolment gateway(provision());
        const auto fates = *rc::gen::container<std::vector<int>>(12, rc::gen::inRange(0, 4));
        for (const auto fate : fates) {
            const auto exchange = sensor.begin();
            if (fate == 0) continue; // the offer went lost
            const auto answered = gateway.answer(gateway_key(), offer_of(exchange));
            RC_ASSERT(answered.has_value());
            gateway = Enrolment::decode(gateway.encode().view()).value();
            if (fate == 1) continue; // the answer went lost
            RC_ASSERT(sensor.finish(exchange, answered->answer));
            if (fate == 2) continue; // power went before the first envelope
            RC_ASSERT(gateway.confirm(exchange.epoch()));
        }
    });
}

// [ENVELOPE-13]
TEST(Enrolment, a_repeat_gets_the_same_answer_and_an_old_offer_none) {
    Flash sensor;
    Enrolment gateway(provision());
    const auto first = sensor.begin();
    const auto second = sensor.begin();
    const auto answered = gateway.answer(gateway_key(), offer_of(second)).value();
    EXPECT_TRUE(answered.keys);
    const auto again = gateway.answer(gateway_key(), offer_of(second)).value();
    EXPECT_FALSE(again.keys);
    EXPECT_EQ(again.answer, answered.answer);
    EXPECT_EQ(gateway.answer(gateway_key(), offer_of(first)).error().code(), Errc::exists);
    auto other = offer_of(second);
    other.ciphertext[0] ^= 1;
    EXPECT_EQ(gateway.answer(gateway_key(), other).error().code(), Errc::exists);
    other.epoch += 1;
    EXPECT_EQ(gateway.answer(gateway_key(), other).error().code(), Errc::authentication);
    EXPECT_EQ(gateway.epoch(), 2U) << "a refused offer changes nothing";
}

TEST(Enrolment, the_older_secret_is_forgotten_when_the_newer_one_was_used) {
    Flash sensor;
    Flash thief; // of the first secret
    Enrolment gateway(provision());
    const auto exchange = sensor.begin();
    const auto answered = gateway.answer(gateway_key(), offer_of(exchange)).value();
    ASSERT_TRUE(sensor.finish(exchange, answered.answer));
    EXPECT_FALSE(gateway.confirm(7));
    EXPECT_TRUE(gateway.confirm(1));
    thief.epoch = 5;
    EXPECT_EQ(gateway.answer(gateway_key(), offer_of(thief.begin())).error().code(),
              Errc::authentication);
}

TEST(Enrolment, is_refused_where_it_is_cut) {
    Flash sensor;
    Enrolment gateway(provision());
    ASSERT_TRUE(gateway.answer(gateway_key(), offer_of(sensor.begin())));
    const auto state = gateway.encode();
    for (std::size_t size = 0; size < state.size(); ++size)
        EXPECT_FALSE(Enrolment::decode(state.view().first(size)));
}

} // namespace
} // namespace torgo::envelope
