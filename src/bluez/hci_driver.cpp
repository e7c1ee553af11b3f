#include "bluez/hci_driver.hpp"

#include <algorithm>
#include <array>

namespace torgo::bluez {

namespace {

constexpr std::int64_t write_limit_ns = 2'000'000'000;
/// One read gives one packet of a user channel; no event is longer.
constexpr std::size_t packet_size_max = 260;

} // namespace

Result<> run(HciBearer& bearer, env::Stream& channel, const env::Clock& clock,
             env::Deadline until) {
    std::array<std::uint8_t, packet_size_max> buffer{};
    while (clock.monotonic_ns() < until) {
        for (;;) {
            const auto now = clock.monotonic_ns();
            TRY(const auto packet, bearer.next_packet(now));
            if (!packet) break;
            CHECK_OK(channel.write(*packet, now + write_limit_ns));
        }
        const auto wake = std::min(until, bearer.next_time().value_or(until));
        const auto got = channel.read_some(buffer, wake);
        if (!got && got.error().code() == Errc::timeout) continue;
        if (!got) return std::unexpected(got.error());
        if (*got == 0) return fail(Errc::unavailable, "the controller is gone");
        CHECK_OK(bearer.receive(ByteView(buffer).first(*got), clock.monotonic_ns()));
    }
    return {};
}

} // namespace torgo::bluez
