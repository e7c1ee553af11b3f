#include "envelope/fragments.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace torgo::envelope {
namespace {

constexpr std::array<std::uint8_t, opcode_size> opcode{0xE6, 0xFF, 0xFF};

Bytes message_of(std::size_t size) {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
    return out;
}

// [ENVELOPE-20]
TEST(Fragments, come_together_in_any_order_with_repeats) {
    rc::check([] {
        const auto message = message_of(*rc::gen::inRange<std::size_t>(1, part_size * 6));
        const auto parts = split(message, 3, opcode);
        Assembler assembler;
        std::optional<Bytes> whole;
        const auto order = *rc::gen::container<std::vector<std::size_t>>(
            60, rc::gen::inRange<std::size_t>(0, parts.size()));
        auto all = order;
        for (std::size_t i = 0; i < parts.size(); ++i)
            all.push_back(i);
        for (const auto i : all) {
            RC_ASSERT(parts[i].size() <= access_payload_max);
            auto added = assembler.add(ByteView(parts[i]).subspan(opcode_size));
            RC_ASSERT(added.has_value());
            if (*added) whole = std::move(**added);
        }
        RC_ASSERT(whole == message);
    });
}

// [ENVELOPE-21]
TEST(Fragments, that_contradict_or_are_malformed_are_refused) {
    const auto parts = split(message_of(1000), 3, opcode);
    Assembler assembler;
    const auto body = [](const Bytes& part) {
        return ByteView(part).subspan(opcode_size);
    };
    ASSERT_TRUE(assembler.add(body(parts[0])));
    auto other = parts[0];
    other.back() ^= 1;
    EXPECT_EQ(assembler.add(body(other)).error().code(), Errc::changed);
    ASSERT_TRUE(assembler.add(body(parts[0])));
    const auto newer = split(message_of(900), 4, opcode);
    ASSERT_TRUE(assembler.add(body(newer[0])));
    EXPECT_EQ(assembler.add(body(parts[1])).error().code(), Errc::exists);
    EXPECT_EQ(assembler.add(ByteView(parts[1]).subspan(opcode_size, 6)).error().code(),
              Errc::corrupt);
    EXPECT_EQ(assembler.add(Bytes{1, 0, 0, 0, 0x22, 1}).error().code(), Errc::corrupt);
    EXPECT_EQ(assembler.add(Bytes{1, 0, 0, 0, 0x10}).error().code(), Errc::corrupt);
    EXPECT_EQ(assembler.add({}).error().code(), Errc::corrupt);
}

// [ENVELOPE-21]
TEST(Fragments, one_part_of_the_highest_group_does_not_block_what_comes_after) {
    const auto body = [](const Bytes& part) {
        return ByteView(part).subspan(opcode_size);
    };
    const auto forged = split(message_of(1000), 0xFFFFFFFF, opcode);
    const auto message = message_of(1633);
    Assembler assembler;
    ASSERT_TRUE(assembler.add(body(forged[0])));
    std::optional<Bytes> whole;
    unsigned refused = 0;
    for (int round = 0; round < 8 && !whole; ++round) {
        // A repeat of the forged part shows nothing new and buys no time.
        (void)assembler.add(body(forged[0]));
        for (const auto& part : split(message, 5, opcode)) {
            auto added = assembler.add(body(part));
            if (!added) refused += 1;
            if (added && *added) whole = std::move(**added);
        }
    }
    EXPECT_EQ(whole, message);
    EXPECT_EQ(refused, refused_parts_max);
}

// [ENVELOPE-21]
TEST(Fragments, a_message_that_gets_on_is_not_dropped_for_late_parts_of_an_older_one) {
    const auto body = [](const Bytes& part) {
        return ByteView(part).subspan(opcode_size);
    };
    const auto older = split(message_of(900), 4, opcode);
    const auto message = message_of(1633);
    std::optional<Bytes> whole;
    Assembler assembler;
    for (const auto& part : split(message, 5, opcode)) {
        auto added = assembler.add(body(part));
        ASSERT_TRUE(added);
        if (*added) whole = std::move(**added);
        for (unsigned i = 0; !whole && i < refused_parts_max; ++i)
            EXPECT_EQ(assembler.add(body(older[0])).error().code(), Errc::exists);
    }
    EXPECT_EQ(whole, message);
}

} // namespace
} // namespace torgo::envelope
