#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "envelope/test_pair.hpp"

#include <jsoncons/json.hpp>

#include <algorithm>
#include <fstream>

namespace torgo::envelope {
namespace {

using jsoncons::json;

/// Made by tests/vectors/make_envelope_vectors.py, which shares no code with this program, ML-KEM
/// and CCM included.
const json& vectors() {
    static const json all = [] {
        std::ifstream file(std::string(TORGO_VECTORS) + "/envelope.json");
        return json::parse(file);
    }();
    return all;
}

Bytes hex_field(const json& object, const char* name) {
    return from_hex(object[name].as<std::string>()).value();
}

crypto::SecretBytes secret_field(const json& object, const char* name) {
    return crypto::SecretBytes::copy_of(hex_field(object, name));
}

crypto::KemKey published_key() {
    return crypto::KemKey::from_seed(secret_field(vectors(), "kem_seed")).value();
}

/// As the sensor holds it before the exchange of this number.
Provision published_provision(std::size_t exchange) {
    Provision out;
    out.sensor = std::stoull(vectors()["sensor"].as<std::string>(), nullptr, 16);
    out.gateway_key = crypto::sha256(published_key().public_key());
    out.secret = exchange == 0
                     ? secret_field(vectors(), "secret")
                     : secret_field(vectors()["exchanges"][exchange - 1]["keys"], "next-secret");
    return out;
}

EpochKeys published_keys(const json& exchange) {
    const auto& keys = exchange["keys"];
    return {.short_up = secret_field(keys, "short-up"),
            .short_down = secret_field(keys, "short-down"),
            .long_up = secret_field(keys, "long-up"),
            .long_down = secret_field(keys, "long-down"),
            .confirm_up = secret_field(keys, "confirm-up"),
            .confirm_down = secret_field(keys, "confirm-down"),
            .next_secret = secret_field(keys, "next-secret")};
}

void expect_keys(const EpochKeys& keys, const json& exchange) {
    const auto expected = published_keys(exchange);
    const auto same = [](const crypto::SecretBytes& a, const crypto::SecretBytes& b) {
        return crypto::equal_constant_time(a.view(), b.view());
    };
    EXPECT_TRUE(same(keys.short_up, expected.short_up));
    EXPECT_TRUE(same(keys.short_down, expected.short_down));
    EXPECT_TRUE(same(keys.long_up, expected.long_up));
    EXPECT_TRUE(same(keys.long_down, expected.long_down));
    EXPECT_TRUE(same(keys.next_secret, expected.next_secret));
}

// [ENVELOPE-10] [ENVELOPE-20]
TEST(KnownAnswers, the_published_exchanges_come_out) {
    const auto key = published_key();
    EXPECT_EQ(crypto::sha256(key.public_key()).hex(),
              vectors()["public_key_sha256"].as<std::string>());
    for (std::size_t i = 0; i < vectors()["exchanges"].size(); ++i) {
        const auto& published = vectors()["exchanges"][i];
        const auto known = published_provision(i);
        const auto epoch = published["epoch"].as<std::uint32_t>();
        const auto exchange = SensorExchange::begin(known, key.public_key(), epoch,
                                                    secret_field(published, "entropy"));
        ASSERT_TRUE(exchange) << exchange.error().detail();
        ASSERT_EQ(exchange->messages().size(), published["messages"].size());
        for (std::size_t part = 0; part < exchange->messages().size(); ++part)
            EXPECT_EQ(to_hex(exchange->messages()[part]),
                      published["messages"][part].as<std::string>());
        const auto answer = hex_field(published, "answer");
        const auto keys = exchange->finish(parse(answer, test_company).value());
        ASSERT_TRUE(keys) << keys.error().detail();
        expect_keys(*keys, published);
    }
}

Kind kind_of(const json& envelope) {
    const auto name = envelope["kind"].as<std::string>();
    if (name == "short_up") return Kind::short_up;
    if (name == "short_down") return Kind::short_down;
    return name == "long_up" ? Kind::long_up : Kind::long_down;
}

/// A session of one side whose next numbers are those of the vector.
Session session_at(const json& envelope, Side side, MemoryStore& store) {
    NumberMarks marks;
    const auto number = envelope["number"].as<std::uint64_t>();
    const bool is_short = !envelope.contains("next");
    marks.shorts = is_short ? number : envelope["next"].as<std::uint64_t>();
    marks.longs = number;
    Session session(side, Numbers(store, marks, test_block));
    const auto epoch = envelope["epoch"].as<std::uint32_t>();
    EXPECT_TRUE(session.install(epoch, published_keys(vectors()["exchanges"][epoch - 1])));
    return session;
}

/// Lets a gateway hear the sensor, without which it does not send.
void let_speak(Session& gateway, const json& envelope) {
    MemoryStore store;
    auto sensor = session_at(envelope, Side::sensor, store);
    ASSERT_TRUE(gateway.open(sensor.seal_long(as_bytes("x")).value()));
}

// [ENVELOPE-1] [ENVELOPE-2] [ENVELOPE-3] [ENVELOPE-4] [ENVELOPE-5]
TEST(KnownAnswers, every_published_envelope_is_made_and_opens) {
    EXPECT_EQ(vectors()["envelopes"].size(), 24U);
    for (const auto& envelope : vectors()["envelopes"].array_range()) {
        const auto kind = kind_of(envelope);
        const bool up = kind == Kind::short_up || kind == Kind::long_up;
        const bool is_short = kind == Kind::short_up || kind == Kind::short_down;
        MemoryStore store;
        MemoryStore other_store;
        auto sender = session_at(envelope, up ? Side::sensor : Side::gateway, store);
        auto receiver = session_at(envelope, up ? Side::gateway : Side::sensor, other_store);
        if (!up) let_speak(sender, envelope);
        const auto plain = hex_field(envelope, "plain");
        ShortValue value{};
        if (is_short) std::ranges::copy(plain, value.begin());
        const auto payload =
            is_short ? sender.seal_short(envelope["slot"].as<std::uint8_t>(), value).value().payload
                     : sender.seal_long(plain).value();
        EXPECT_EQ(to_hex(payload), envelope["payload"].as<std::string>());
        if (is_short) receiver.note_received(envelope["number"].as<std::uint64_t>() - 1);
        const auto opened = receiver.open(payload);
        ASSERT_TRUE(opened) << opened.error().detail();
        EXPECT_EQ(is_short ? Bytes(opened->value.begin(), opened->value.end()) : opened->body,
                  plain);
    }
}

} // namespace
} // namespace torgo::envelope
