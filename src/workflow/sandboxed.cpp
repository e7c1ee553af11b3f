#include "workflow/sandboxed.hpp"

#include "env/clock.hpp"
#include "env/processes.hpp"
#include "sandbox/sandbox.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace torgo::workflow {

namespace {

constexpr std::int64_t stop_check_ns = 200'000'000;

class Sandboxed final : public Channel {
public:
    explicit Sandboxed(std::unique_ptr<sandbox::Sandbox> inside) : m_inside(std::move(inside)) {}

    Result<std::string> receive(env::Deadline deadline, const std::stop_token& stop) override {
        return m_inside->receive(deadline, stop);
    }

    Result<> send(std::string_view frame, env::Deadline deadline) override {
        return m_inside->send(frame, deadline);
    }

    void kill() noexcept override { m_inside->kill(); }

    std::string take_output() override { return m_inside->take_output(); }

    std::string layers() const override { return sandbox::text(m_inside->layers()); }

private:
    std::unique_ptr<sandbox::Sandbox> m_inside;
};

/// Without limits and walls.
class Plain final : public Channel {
public:
    Plain(const env::World& world, env::Connected process)
        : m_clock(*world.clock), m_process(std::move(process)) {}

    Result<std::string> receive(env::Deadline deadline, const std::stop_token& stop) override {
        std::array<std::uint8_t, 4> head{};
        CHECK_OK(read(head, deadline, stop));
        std::size_t size = 0;
        for (const auto byte : head)
            size = 256 * size + byte;
        if (size > frame_size_max)
            return fail(Errc::limit_exceeded, "a worker's message has " + std::to_string(size) +
                                                  " bytes; at most 1 MiB is taken");
        Bytes body(size);
        CHECK_OK(read(body, deadline, stop));
        return std::string(as_text(body));
    }

    Result<> send(std::string_view frame, env::Deadline deadline) override {
        Bytes all;
        for (int shift = 24; shift >= 0; shift -= 8)
            all.push_back(static_cast<std::uint8_t>(frame.size() >> static_cast<unsigned>(shift)));
        all.insert(all.end(), frame.begin(), frame.end());
        return m_process.socket->write(all, deadline);
    }

    void kill() noexcept override { m_process.process->kill(); }

    std::string take_output() override {
        drain();
        return std::exchange(m_output, {});
    }

    std::string layers() const override { return "none"; }

private:
    Result<> read(ByteSpan out, env::Deadline deadline, const std::stop_token& stop) {
        while (!out.empty()) {
            drain(); // or it would wait for room to print
            const auto now = m_clock.monotonic_ns();
            if (stop.stop_requested()) return fail(Errc::cancelled, "it was stopped");
            auto got = m_process.socket->read_some(out, std::min(deadline, now + stop_check_ns));
            if (!got && got.error().code() == Errc::timeout && now < deadline) continue;
            if (!got) return std::unexpected(std::move(got).error());
            if (*got == 0) return fail(Errc::unavailable, "the interpreter has ended");
            out = out.subspan(*got);
        }
        return {};
    }

    void drain() {
        Bytes piece(sandbox::output_max);
        const auto got = m_process.output->read_some(piece, m_clock.monotonic_ns());
        if (!got) return;
        const auto room = sandbox::output_max - std::min(m_output.size(), sandbox::output_max);
        m_output += as_text(ByteView(piece).first(std::min(*got, room)));
    }

    env::Clock& m_clock;
    env::Connected m_process;
    std::string m_output{}; ///< not yet taken, at most sandbox::output_max
};

} // namespace

OpenChannel open_in_sandbox(const env::World& world, sandbox::Program program) {
    return [&world, program](const WorkerNeeds& needs) -> Result<std::unique_ptr<Channel>> {
        sandbox::Setup setup;
        setup.arguments = needs.arguments;
        for (const auto& file : needs.files)
            setup.files.push_back({.name = file.name, .content = file.content});
        setup.read_only_folders = needs.folders;
        setup.limits.may_fork = needs.may_fork;
        setup.limits.cpu_seconds = needs.cpu_seconds;
        TRY(auto inside, sandbox::Sandbox::start(world, program, setup));
        return std::make_unique<Sandboxed>(std::move(inside));
    };
}

OpenChannel open_without_sandbox(const env::World& world) {
    return [&world](const WorkerNeeds& needs) -> Result<std::unique_ptr<Channel>> {
        TRY(auto process, world.processes->start_connected(needs.arguments, {}));
        return std::make_unique<Plain>(world, std::move(process));
    };
}

} // namespace torgo::workflow
