#pragma once

#include "crypto/hash.hpp"
#include "envelope/exchange.hpp"
#include "envelope/session.hpp"

#include <gtest/gtest.h>

// A sensor and a gateway that know each other, for tests.
namespace torgo::envelope {

inline crypto::SecretBytes secret_of(std::size_t size, std::uint8_t first) {
    crypto::SecretBytes out(size);
    for (std::size_t i = 0; i < size; ++i)
        out.span()[i] = static_cast<std::uint8_t>(first + i);
    return out;
}

inline const crypto::KemKey& gateway_key() {
    static const auto key = crypto::KemKey::from_seed(secret_of(crypto::kem_seed_size, 1)).value();
    return key;
}

inline Provision provision(std::uint64_t sensor = 7, std::uint8_t secret = 100) {
    return {.sensor = sensor,
            .gateway_key = crypto::sha256(gateway_key().public_key()),
            .secret = secret_of(shared_secret_size, secret)};
}

class MemoryStore final : public NumberStore {
public:
    Result<> save(const NumberMarks& value) override {
        if (refuses) return fail(Errc::io, "the flash is broken");
        marks = value;
        saves += 1;
        return {};
    }

    NumberMarks marks{};
    unsigned saves = 0;
    bool refuses = false;
};

inline constexpr std::uint64_t test_block = 32;

struct Pair {
    MemoryStore sensor_store;
    MemoryStore gateway_store;
    Session sensor{Side::sensor, Numbers(sensor_store, sensor_store.marks, test_block)};
    Session gateway{Side::gateway, Numbers(gateway_store, gateway_store.marks, test_block)};

    Pair() { rekey(); }

    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;

    /// Keys of the next epoch for both, without the messages of an exchange.
    void rekey() {
        const auto epoch = sensor.numbers().take_epoch().value();
        const auto keys = make_keys(epoch);
        EXPECT_TRUE(gateway.install(epoch, keys.copy()));
        EXPECT_TRUE(sensor.install(epoch, keys.copy()));
    }

    static EpochKeys make_keys(std::uint32_t epoch) {
        return derive_keys(provision(), epoch, as_bytes("ciphertext"), secret_of(32, 5));
    }

    SealedShort send(std::uint8_t value = 1) { return sensor.seal_short(2, {value, 2, 3}).value(); }

    /// The sensor loses its power: all but the flash.
    void restart_sensor() {
        sensor = Session(Side::sensor, Numbers(sensor_store, sensor_store.marks, test_block));
    }
};

} // namespace torgo::envelope
