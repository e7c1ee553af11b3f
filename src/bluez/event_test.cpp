#include "bluez/client.hpp"
#include "bluez/event.hpp"
#include "sim/random.hpp"
#include "sys/clock.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace torgo::bluez {

namespace {

constexpr std::int64_t second = 1'000'000'000;

Message numbered(std::uint8_t number) {
    Message message;
    message.data = {number};
    return message;
}

} // namespace

// [BLUEZ-3]
TEST(EventQueue, drops_the_newest_when_it_is_full_and_counts_it) {
    const sys::Clock clock;
    EventQueue queue(clock, 2);
    for (std::uint8_t i = 0; i < 5; ++i)
        queue.push(numbered(i));
    EXPECT_EQ(queue.lost(), 3U);
    EXPECT_EQ(std::get<Message>(queue.pop(0).value()).data, Bytes{0});
    EXPECT_EQ(std::get<Message>(queue.pop(0).value()).data, Bytes{1});
    EXPECT_EQ(queue.pop(0).error().code(), Errc::timeout);
}

TEST(EventQueue, tells_of_the_end_of_a_daemon_even_when_it_is_full) {
    const sys::Clock clock;
    EventQueue queue(clock, 1);
    queue.push(numbered(1));
    queue.push_always(DaemonGone{});
    EXPECT_TRUE(std::holds_alternative<Message>(queue.pop(0).value()));
    EXPECT_TRUE(std::holds_alternative<DaemonGone>(queue.pop(0).value()));
}

TEST(EventQueue, is_bounded_for_daemons_that_come_and_go_too) {
    const sys::Clock clock;
    EventQueue queue(clock, 1);
    for (int i = 0; i < 100; ++i)
        queue.push_always(DaemonGone{});
    EXPECT_EQ(queue.lost(), 100U - 17U);
}

TEST(EventQueue, close_ends_a_wait_and_leaves_what_is_there) {
    const sys::Clock clock;
    EventQueue queue(clock, 4);
    Result<Event> got = fail(Errc::io, "not yet");
    std::thread waiter([&] { got = queue.pop(clock.monotonic_ns() + 60 * second); });
    queue.close();
    waiter.join();
    EXPECT_EQ(got.error().code(), Errc::cancelled);
}

TEST(DeviceUuid, is_a_random_one_of_version_4) {
    sim::Random random(1);
    const auto uuid = make_device_uuid(random);
    EXPECT_EQ(uuid.bytes[6] >> 4U, 4);
    EXPECT_EQ(uuid.bytes[8] >> 6U, 2);
    EXPECT_NE(uuid, make_device_uuid(random));
}

TEST(Client, refuses_what_cannot_be_an_application) {
    const sys::Clock clock;
    const auto code = [&](const std::string& root, std::size_t events, Application application) {
        ClientOptions options;
        options.bus = SessionBus{"unix:path=/nonexistent/bus"};
        options.root = root;
        options.events_max = events;
        return Client::open(clock, options, std::move(application)).error().code();
    };
    const auto good = [] {
        Application application;
        application.elements = {{{configuration_server}, 0}};
        return application;
    };
    EXPECT_EQ(code("/a", 1, {}), Errc::invalid_argument);
    EXPECT_EQ(code("/", 1, good()), Errc::invalid_argument);
    EXPECT_EQ(code("/a//b", 1, good()), Errc::invalid_argument);
    EXPECT_EQ(code("/a-b", 1, good()), Errc::invalid_argument);
    EXPECT_EQ(code("/a", 0, good()), Errc::invalid_argument);
    auto odd = good();
    odd.static_oob = crypto::SecretBytes(15);
    EXPECT_EQ(code("/a", 1, std::move(odd)), Errc::invalid_argument);
    EXPECT_EQ(code("/a", 1, good()), Errc::unavailable);
}

} // namespace torgo::bluez
