// A pipe knows no shutdown as sockets do, so close() wakes a waiting reader through an eventfd.
#include "sys/pipe.hpp"

#include "sys/clock.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace torgo::sys {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t longest_poll_ms = 3'600'000;

class PipeStream final : public env::Stream {
public:
    PipeStream(Descriptor pipe, Descriptor wake)
        : m_pipe(std::move(pipe)), m_wake(std::move(wake)) {}

    Result<std::size_t> read_some(ByteSpan out, env::Deadline deadline) override {
        for (;;) {
            CHECK_OK(await(deadline));
            const auto got = ::read(m_pipe.number(), out.data(), out.size());
            if (got >= 0) return static_cast<std::size_t>(got);
            if (errno != EINTR && errno != EAGAIN)
                return fail(Errc::unavailable, system_error(errno, "reading a pipe").detail());
        }
    }

    Result<> write(ByteView /*bytes*/, env::Deadline /*deadline*/) override {
        return fail(Errc::unsupported, "a pipe that is only read");
    }

    void close() noexcept override { (void)::eventfd_write(m_wake.number(), 1); }

private:
    /// Waits until there is something to read, or the end of it.
    Result<> await(env::Deadline deadline) const {
        const Clock clock;
        for (;;) {
            const auto left = (deadline - clock.monotonic_ns() + ns_per_ms - 1) / ns_per_ms;
            const auto wait = std::clamp(left, std::int64_t{0}, longest_poll_ms);
            std::array<pollfd, 2> both{pollfd{m_wake.number(), POLLIN, 0},
                                       pollfd{m_pipe.number(), POLLIN, 0}};
            const int ready = ::poll(both.data(), both.size(), static_cast<int>(wait));
            if (ready < 0 && errno != EINTR)
                return std::unexpected(system_error(errno, "waiting for a pipe"));
            if (ready > 0 && both[0].revents != 0)
                return fail(Errc::cancelled, "the pipe was closed here");
            if (ready > 0) return {};
            if (ready == 0 && left <= longest_poll_ms)
                return fail(Errc::timeout, "no answer within the limit");
        }
    }

    Descriptor m_pipe;
    Descriptor m_wake;
};

} // namespace

Descriptor::~Descriptor() {
    if (m_number >= 0) ::close(m_number);
}

Result<std::unique_ptr<env::Stream>> make_pipe_stream(Descriptor reading_end) {
    Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (wake.number() < 0 || ::fcntl(reading_end.number(), F_SETFL, O_NONBLOCK) != 0)
        return std::unexpected(system_error(errno, "making a pipe"));
    return std::make_unique<PipeStream>(std::move(reading_end), std::move(wake));
}

} // namespace torgo::sys
