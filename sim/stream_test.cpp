#include "sim/stream.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <thread>

namespace torgo::sim {
namespace {

constexpr auto forever = std::numeric_limits<env::Deadline>::max();

TEST(Stream, bytes_written_at_one_end_are_read_at_the_other) {
    const auto pair = connected_streams();
    ASSERT_TRUE(pair.left->write(as_bytes("abc"), forever));
    Bytes room(10);
    ASSERT_EQ(pair.right->read_some(room, forever).value(), 3U);
    EXPECT_EQ(as_text(ByteView(room).first(3)), "abc");
}

TEST(Stream, writer_waits_until_there_is_room) {
    const auto pair = connected_streams({.capacity = 10});
    Bytes sent(10'007);
    for (std::size_t i = 0; i < sent.size(); ++i)
        sent[i] = static_cast<std::uint8_t>(i % 251);
    std::thread writer([&] {
        EXPECT_TRUE(pair.left->write(sent, forever));
        pair.left->close();
    });
    Bytes got;
    Bytes room(7);
    while (const auto size = pair.right->read_some(room, forever).value())
        got.insert(got.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
    writer.join();
    EXPECT_EQ(got, sent);
}

TEST(Stream, deadline_ends_what_would_wait_but_not_what_can_be_done) {
    const auto pair = connected_streams({.capacity = 4});
    Bytes room(10);
    EXPECT_EQ(pair.right->read_some(room, 0).error().code(), Errc::timeout);
    EXPECT_TRUE(pair.left->write(as_bytes("abcd"), 0));
    EXPECT_EQ(pair.left->write(as_bytes("e"), 0).error().code(), Errc::timeout);
    EXPECT_EQ(pair.right->read_some(room, 0).value(), 4U);
}

TEST(Stream, cut_breaks_both_directions_after_its_bytes_arrived) {
    const auto pair = connected_streams({.cut_after = 2});
    EXPECT_EQ(pair.left->write(as_bytes("abc"), forever).error().code(), Errc::unavailable);
    Bytes room(10);
    EXPECT_EQ(pair.right->read_some(room, forever).value(), 2U);
    EXPECT_EQ(pair.right->read_some(room, forever).error().code(), Errc::unavailable);
    EXPECT_EQ(pair.right->write(as_bytes("x"), forever).error().code(), Errc::unavailable);
    EXPECT_EQ(pair.left->read_some(room, forever).error().code(), Errc::unavailable);
}

TEST(Stream, close_cancels_here_and_ends_there) {
    const auto pair = connected_streams();
    std::thread waiter([&] {
        Bytes room(1);
        EXPECT_EQ(pair.left->read_some(room, forever).error().code(), Errc::cancelled);
    });
    pair.left->close();
    waiter.join();
    Bytes room(1);
    EXPECT_EQ(pair.right->read_some(room, forever).value(), 0U);
    EXPECT_EQ(pair.right->write(room, forever).error().code(), Errc::unavailable);
}

} // namespace
} // namespace torgo::sim
