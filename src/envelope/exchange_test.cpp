#include "envelope/fragments.hpp"
#include "envelope/test_pair.hpp"

#include <algorithm>

namespace torgo::envelope {
namespace {

SensorExchange begin(std::uint32_t epoch = 1, std::uint8_t secret = 100) {
    return SensorExchange::begin(provision(7, secret), gateway_key().public_key(), epoch,
                                 secret_of(32, 50))
        .value();
}

Result<Offer> deliver(const std::vector<Bytes>& messages) {
    Assembler assembler;
    for (auto i = messages.size(); i-- > 0;) {
        const auto message = parse(messages[i], test_company).value();
        EXPECT_EQ(message.kind, Kind::offer);
        auto whole = assembler.add(message.parameters).value();
        if (whole) return decode_offer(*whole, assembler.group());
    }
    return fail(Errc::not_found, "parts are missing");
}

// [ENVELOPE-11] [ENVELOPE-13]
TEST(Exchange, five_messages_and_one_answer_give_both_sides_the_same_keys) {
    const auto exchange = begin();
    EXPECT_EQ(exchange.messages().size(), 5U);
    const auto offer = deliver(exchange.messages());
    ASSERT_TRUE(offer) << offer.error().detail();
    const auto accepted = accept(gateway_key(), provision(), *offer);
    ASSERT_TRUE(accepted) << accepted.error().detail();
    EXPECT_EQ(accepted->answer.size(), answer_size);
    const auto keys = exchange.finish(parse(accepted->answer, test_company).value());
    ASSERT_TRUE(keys) << keys.error().detail();
    EXPECT_TRUE(crypto::equal_constant_time(keys->long_up.view(), accepted->keys.long_up.view()));
    EXPECT_TRUE(
        crypto::equal_constant_time(keys->next_secret.view(), accepted->keys.next_secret.view()));
    EXPECT_FALSE(crypto::equal_constant_time(keys->long_up.view(), keys->long_down.view()));
}

// [ENVELOPE-12]
TEST(Exchange, a_key_that_was_not_pinned_is_refused) {
    auto key = gateway_key().public_key();
    key[9] ^= 1;
    EXPECT_EQ(SensorExchange::begin(provision(), key, 1, secret_of(32, 1)).error().code(),
              Errc::authentication);
}

TEST(Exchange, neither_a_wrong_secret_nor_a_changed_offer_is_accepted) {
    const auto offer = deliver(begin().messages()).value();
    const auto refuses = [](const Provision& known, const Offer& sent) {
        const auto accepted = accept(gateway_key(), known, sent);
        return !accepted && accepted.error().code() == Errc::authentication;
    };
    EXPECT_TRUE(refuses(provision(7, 101), offer));
    EXPECT_TRUE(refuses(provision(8), offer));
    auto changed = offer;
    changed.epoch = 2;
    EXPECT_TRUE(refuses(provision(), changed));
    for (const std::size_t at : {0U, 800U, 1567U}) {
        changed = offer;
        changed.ciphertext[at] ^= 0x40;
        EXPECT_TRUE(refuses(provision(), changed)) << at;
    }
    changed = offer;
    changed.confirmation[15] ^= 1;
    EXPECT_TRUE(refuses(provision(), changed));
    auto other = provision();
    other.gateway_key.bytes[0] ^= 1;
    EXPECT_TRUE(refuses(other, offer));
}

TEST(Exchange, the_answer_proves_that_the_gateway_has_the_keys) {
    const auto exchange = begin();
    const auto accepted =
        accept(gateway_key(), provision(), deliver(exchange.messages()).value()).value();
    for (std::size_t bit = 0; bit < accepted.answer.size() * 8; ++bit) {
        auto changed = accepted.answer;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        const auto message = parse(changed, test_company);
        EXPECT_FALSE(message && exchange.finish(*message)) << bit;
    }
    EXPECT_EQ(begin(2).finish(parse(accepted.answer, test_company).value()).error().code(),
              Errc::not_found);
}

// [ENVELOPE-14]
TEST(Exchange, the_next_secret_takes_the_place_of_the_last) {
    const auto first = begin();
    const auto keys =
        accept(gateway_key(), provision(), deliver(first.messages()).value()).value().keys;
    auto known = provision();
    known.secret = crypto::SecretBytes::copy_of(keys.next_secret.view());
    const auto second =
        SensorExchange::begin(known, gateway_key().public_key(), 2, secret_of(32, 77)).value();
    const auto offer = deliver(second.messages()).value();
    EXPECT_TRUE(accept(gateway_key(), known, offer));
    EXPECT_FALSE(accept(gateway_key(), provision(), offer));
}

TEST(Exchange, the_gateways_public_key_travels_in_five_messages) {
    const auto parts = public_key_messages(gateway_key().public_key());
    EXPECT_EQ(parts.size(), 5U);
    Assembler assembler;
    std::optional<Bytes> whole;
    for (const auto& part : parts) {
        const auto message = parse(part, test_company).value();
        EXPECT_EQ(message.kind, Kind::key_part);
        whole = assembler.add(message.parameters).value();
    }
    EXPECT_EQ(whole, gateway_key().public_key());
    EXPECT_EQ(parse(key_request(), test_company)->kind, Kind::key_request);
}

TEST(Exchange, refuses_offers_of_another_version_or_size) {
    Bytes offer(offer_size);
    EXPECT_EQ(decode_offer(offer, 1).error().code(), Errc::unsupported);
    offer[0] = 1;
    EXPECT_TRUE(decode_offer(offer, 1));
    offer.push_back(0);
    EXPECT_FALSE(decode_offer(offer, 1));
    EXPECT_FALSE(decode_offer(ByteView(offer).first(100), 1));
}

} // namespace
} // namespace torgo::envelope
