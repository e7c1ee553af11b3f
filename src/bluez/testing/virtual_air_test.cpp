#include "bluez/testing/virtual_air.hpp"
#include "sim/clock.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace torgo::bluez {

namespace {

using Frames = std::vector<Bytes>;

const Bytes frame{0x2a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
constexpr std::uint8_t ad_provisioning = 0x29;

/// Two stations and, where asked, the socket of a daemon.
class Air {
public:
    explicit Air(std::uint64_t seed) : m_folder(new_folder()), air(clock, m_folder, seed) {
        air.add_station(
            "one", [this](ByteView heard) { at_one.emplace_back(heard.begin(), heard.end()); });
        air.add_station(
            "two", [this](ByteView heard) { at_two.emplace_back(heard.begin(), heard.end()); });
    }

    Air(const Air&) = delete;
    Air& operator=(const Air&) = delete;
    Air(Air&&) = delete;
    Air& operator=(Air&&) = delete;

    ~Air() {
        if (m_daemon >= 0) ::close(m_daemon);
        std::error_code ignored;
        std::filesystem::remove_all(m_folder, ignored);
    }

    void step() { ASSERT_TRUE(air.step(clock.monotonic_ns()).has_value()); }

    void send(const Bytes& what = frame) { ASSERT_TRUE(air.send("one", what).has_value()); }

    void add_daemon() {
        ASSERT_TRUE(air.add_daemon("d").has_value());
        m_daemon = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        const auto to = address(air.daemon_path("d"));
        ASSERT_EQ(::bind(m_daemon, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    }

    void say_as_daemon(const Bytes& datagram) {
        const auto to = address(air.air_path("d"));
        ASSERT_EQ(::sendto(m_daemon, datagram.data(), datagram.size(), 0,
                           reinterpret_cast<const sockaddr*>(&to), sizeof to),
                  static_cast<ssize_t>(datagram.size()));
    }

    Bytes hear_as_daemon() {
        Bytes buffer(100);
        const auto got = ::recv(m_daemon, buffer.data(), buffer.size(), MSG_DONTWAIT);
        buffer.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        return buffer;
    }

private:
    std::string m_folder; // made before the air, which keeps its sockets there

public:
    sim::Clock clock;
    VirtualAir air;
    std::vector<Bytes> at_one;
    std::vector<Bytes> at_two;

private:
    static std::string new_folder() {
        auto name = (std::filesystem::temp_directory_path() / "torgo_air_XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        return name;
    }

    static sockaddr_un address(const std::string& path) {
        sockaddr_un made{};
        made.sun_family = AF_UNIX;
        std::memcpy(made.sun_path, path.c_str(), path.size() + 1);
        return made;
    }

    int m_daemon = -1;
};

} // namespace

TEST(VirtualAir, brings_a_frame_to_everybody_but_its_sender) {
    Air a(1);
    a.send();
    EXPECT_TRUE(a.at_two.empty()); // not before a step
    a.step();
    EXPECT_TRUE(a.at_one.empty());
    EXPECT_EQ(a.at_two, Frames{frame});
    ASSERT_TRUE(a.air.inject(frame).has_value());
    a.step();
    EXPECT_EQ(a.at_one.size(), 1U);
    EXPECT_EQ(a.at_two.size(), 2U);
}

TEST(VirtualAir, parts_two_and_brings_them_together) {
    Air a(1);
    a.air.part("two", "one");
    a.send();
    a.step();
    EXPECT_TRUE(a.at_two.empty());
    ASSERT_TRUE(a.air.inject_to("two", frame).has_value());
    a.step();
    EXPECT_EQ(a.at_two.size(), 1U);
    EXPECT_TRUE(a.at_one.empty());
    a.air.part("one", "two", false);
    a.send();
    a.step();
    EXPECT_EQ(a.at_two.size(), 2U);
}

TEST(VirtualAir, refuses_what_fits_no_advertisement) {
    Air a(1);
    EXPECT_EQ(a.air.send("one", {}).error().code(), Errc::invalid_argument);
    EXPECT_EQ(a.air.send("one", Bytes(frame_size_max + 1)).error().code(), Errc::invalid_argument);
    EXPECT_TRUE(a.air.send("one", Bytes(frame_size_max, 0x2a)).has_value());
}

TEST(VirtualAir, loses_as_much_as_asked_and_the_same_by_the_same_seed) {
    const auto received = [](std::uint64_t seed) {
        Air a(seed);
        AirFaults faults;
        faults.loss = 100;
        a.air.set_faults(faults);
        for (std::uint8_t i = 0; i < 250; ++i)
            a.send({0x2a, i});
        a.step();
        EXPECT_EQ(a.at_two.size() + a.air.counts().lost, 250U);
        return a.at_two;
    };
    const auto first = received(1);
    EXPECT_GT(first.size(), 250U * 85 / 100);
    EXPECT_LT(first.size(), 250U * 95 / 100);
    EXPECT_EQ(first, received(1));
    EXPECT_NE(first, received(2));
}

TEST(VirtualAir, flips_one_bit_behind_the_type) {
    Air a(1);
    AirFaults faults;
    faults.tampering = 1000;
    a.air.set_faults(faults);
    for (int i = 0; i < 50; ++i)
        a.send();
    a.step();
    ASSERT_EQ(a.at_two.size(), 50U);
    for (const auto& heard : a.at_two) {
        ASSERT_EQ(heard.size(), frame.size());
        EXPECT_EQ(heard[0], frame[0]);
        int bits = 0;
        for (std::size_t i = 0; i < frame.size(); ++i)
            bits += std::popcount(static_cast<unsigned>(heard[i] ^ frame[i]));
        EXPECT_EQ(bits, 1);
    }
}

TEST(VirtualAir, doubles_and_repeats) {
    Air a(1);
    AirFaults faults;
    faults.doubling = 1000;
    a.air.set_faults(faults);
    a.send();
    a.step();
    EXPECT_EQ(a.at_two, (Frames{frame, frame}));
    faults = {};
    faults.replay = 1000;
    a.air.set_faults(faults);
    a.send({0x2a, 99});
    a.step();
    ASSERT_EQ(a.at_two.size(), 4U);
    EXPECT_EQ(a.at_two[3], frame);
}

TEST(VirtualAir, delays_and_reorders) {
    Air a(1);
    AirFaults faults;
    faults.delay_min_ns = 1'000'000;
    faults.delay_max_ns = 5'000'000;
    a.air.set_faults(faults);
    for (std::uint8_t i = 0; i < 20; ++i)
        a.send({0x2a, i});
    a.step();
    EXPECT_TRUE(a.at_two.empty());
    a.clock.sleep_ns(5'000'000);
    a.step();
    EXPECT_EQ(a.at_two.size(), 20U);
    EXPECT_FALSE(std::ranges::is_sorted(a.at_two));
}

// What bluetooth-meshd sends and takes (virtual_air.hpp).
TEST(VirtualAir, speaks_with_a_daemon) {
    Air a(1);
    a.add_daemon();
    a.clock.sleep_ns(50'000'000);
    a.step();
    EXPECT_EQ(a.hear_as_daemon(), Bytes{0}); // what is your name?
    a.say_as_daemon({0, ':', '1', '.', '5', 0});
    a.step();
    EXPECT_EQ(a.air.bus_name("d"), ":1.5");
    a.clock.sleep_ns(50'000'000);
    a.step();
    EXPECT_TRUE(a.hear_as_daemon().empty()); // asked only once

    a.say_as_daemon(frame);
    a.step();
    EXPECT_EQ(a.at_one, Frames{frame});
    a.send();
    a.step();
    Bytes framed{static_cast<std::uint8_t>(frame.size())};
    framed.insert(framed.end(), frame.begin(), frame.end());
    EXPECT_EQ(a.hear_as_daemon(), framed);

    a.air.forget_bus_name("d");
    a.clock.sleep_ns(50'000'000);
    a.step();
    EXPECT_EQ(a.hear_as_daemon(), Bytes{0});
}

TEST(VirtualAir, fills_short_provisioning_frames_up_for_a_daemon) {
    Air a(1);
    a.add_daemon();
    a.say_as_daemon({0, 'x', 0});
    a.step();
    (void)a.hear_as_daemon();
    a.send({ad_provisioning, 1, 2, 3, 4, 0, 7});
    a.step();
    EXPECT_EQ(a.hear_as_daemon(), (Bytes{7, ad_provisioning, 1, 2, 3, 4, 0, 7, 0, 0, 0}));
    EXPECT_EQ(a.at_two.back().size(), 7U); // a station gets it as it is
}

TEST(VirtualAir, lets_one_link_open_of_a_link_through_in_a_while) {
    Air a(1);
    Bytes open{ad_provisioning, 1, 2, 3, 4, 0, 3};
    open.resize(23, 0x55);
    auto other = open;
    other[4] = 5;
    for (int i = 0; i < 4; ++i)
        a.send(open);
    a.send(other);
    a.step();
    EXPECT_EQ(a.at_two, (Frames{open, other}));
    EXPECT_EQ(a.air.counts().held, 3U);
    a.clock.sleep_ns(1'300'000'000);
    a.send(open);
    a.step();
    EXPECT_EQ(a.at_two.size(), 3U);
}

} // namespace torgo::bluez
