#include "reading/test_readings.hpp"

#include <gtest/gtest.h>

namespace torgo::reading {
namespace {

Bundle any_bundle() {
    Bundle out;
    if (*rc::gen::inRange(0, 3) == 0)
        out.gone.push_back({.first = *rc::gen::inRange<std::uint64_t>(1, 1000),
                            .count = *rc::gen::inRange<std::uint64_t>(1, 1000)});
    std::uint64_t number = 0;
    const auto size = *rc::gen::inRange(0, 30);
    for (int i = 0; i < size; ++i) {
        number += *rc::gen::inRange<std::uint64_t>(1, 300);
        out.readings.push_back(any_sent(77, number));
    }
    return out;
}

// [READING-7] [READING-8]
TEST(Bundle, comes_back_as_far_as_it_fits) {
    rc::check([] {
        const auto bundle = any_bundle();
        const auto encoded = encode(bundle, test_plan());
        RC_ASSERT(encoded.body.size() <= bundle_size_max);
        const auto back = decode_bundle(encoded.body, test_plan(), 77);
        RC_ASSERT(back.has_value());
        RC_ASSERT((back->gone == bundle.gone));
        RC_ASSERT((back->readings.size() == encoded.readings));
        RC_ASSERT(
            std::equal(back->readings.begin(), back->readings.end(), bundle.readings.begin()));
    });
}

TEST(Bundle, is_refused_where_it_is_cut_or_longer) {
    rc::check([] {
        const auto encoded = encode(any_bundle(), test_plan()).body;
        const auto size = *rc::gen::inRange<std::size_t>(0, encoded.size());
        RC_ASSERT(!decode_bundle(ByteView(encoded).first(size), test_plan(), 77));
        auto longer = encoded;
        longer.push_back(0);
        RC_ASSERT(!decode_bundle(longer, test_plan(), 77));
    });
}

/// Fails where sums that leave 64 bits are caught (the sanitizers).
TEST(Bundle, with_a_time_out_of_range_is_refused_before_it_is_added) {
    const auto body_of = [](std::int64_t first, std::int64_t then) {
        Writer out;
        out.put(std::uint8_t{1}).put(std::uint8_t{0}).varint(2);
        for (const auto delta : {first, then}) {
            out.put(std::uint8_t{0x10}).put(moment_digits_max).varint(1).signed_varint(delta);
            for (int field = 0; field < 3; ++field)
                out.signed_varint(0);
        }
        return std::move(out).take();
    };
    const auto last = moment_max - 1;
    EXPECT_TRUE(decode_bundle(body_of(last, 0), test_plan(), 77));
    EXPECT_TRUE(decode_bundle(body_of(last, -last), test_plan(), 77));
    for (const auto delta : {std::int64_t{1}, last, moment_max, -last - 1, -moment_max})
        EXPECT_FALSE(decode_bundle(body_of(last, delta), test_plan(), 77)) << delta;
}

TEST(Bundle, many_packed_readings_share_one_message) {
    Bundle bundle;
    for (std::uint64_t number = 1; number <= bundle_readings_max; ++number)
        bundle.readings.push_back(sent(pulse(77, number)));
    const auto encoded = encode(bundle, test_plan());
    EXPECT_GE(encoded.readings, 45U) << "at most 7.5 bytes a reading";
    std::printf("a long envelope holds %zu readings of vitals-pulse: %.1f bytes each\n",
                encoded.readings, 380.0 / static_cast<double>(encoded.readings));
}

// [READING-11]
TEST(Ack, the_small_one_is_understood_wherever_the_oldest_waits) {
    rc::check([] {
        const auto oldest = *rc::gen::inRange<std::uint64_t>(1, 1'000'000);
        const auto above = *rc::gen::inRange<std::uint64_t>(0, 0x8000);
        Ack ack{.source = 0, .cumulative = oldest - 1 + above, .bitmap = {}};
        const auto bits = *rc::gen::arbitrary<std::uint8_t>();
        if (bits != 0) ack.bitmap = {bits};
        RC_ASSERT((decode_small_ack(*encode_small(ack), oldest) == ack));
    });
    EXPECT_EQ(encode_small({.source = 0, .cumulative = 1, .bitmap = {0, 1}}), std::nullopt);
    const Ack old{.source = 0, .cumulative = 90, .bitmap = {}};
    EXPECT_EQ(decode_small_ack(*encode_small(old), 100).cumulative, 0U) << "tells nothing new";
}

TEST(Ack, is_refused_where_it_is_malformed) {
    const Ack ack{.source = 0, .cumulative = 300, .bitmap = {0, 8}};
    const auto encoded = encode(ack);
    EXPECT_EQ(decode_ack(encoded), ack);
    for (std::size_t size = 0; size < encoded.size(); ++size)
        EXPECT_FALSE(decode_ack(ByteView(encoded).first(size)));
    EXPECT_FALSE(decode_ack(encode({.source = 0, .cumulative = 1, .bitmap = {1, 0}})));
    EXPECT_FALSE(decode_ack(encode({.source = 0, .cumulative = 1, .bitmap = Bytes(129, 1)})));
}

} // namespace
} // namespace torgo::reading
