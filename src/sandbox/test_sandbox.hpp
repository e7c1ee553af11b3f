#pragma once

#include "env/world.hpp"
#include "sandbox/sandbox.hpp"
#include "sys/clock.hpp"
#include "sys/file_system.hpp"
#include "sys/processes.hpp"

#include <gtest/gtest.h>

namespace torgo::sandbox {

inline constexpr std::int64_t ns_per_second = 1'000'000'000;

/// Real sandboxes; where none can be made the test is skipped, with the reason.
class SandboxTest : public ::testing::Test {
protected:
    void SetUp() override {
        static const auto possible = probe(world, program());
        if (!possible && possible.error().code() == Errc::unsupported)
            GTEST_SKIP() << possible.error().detail();
        ASSERT_TRUE(possible.has_value()) << possible.error().detail();
    }

    static Program program() { return {TORGO_SANDBOX_ENTER, {}, {}}; }

    static sandbox::Setup with_arguments(std::vector<std::string> arguments,
                                         const Limits& limits = {}) {
        sandbox::Setup setup;
        setup.arguments = std::move(arguments);
        setup.limits = limits;
        return setup;
    }

    std::unique_ptr<Sandbox> start(const sandbox::Setup& setup) {
        auto made = Sandbox::start(world, program(), setup);
        EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().detail());
        return made ? std::move(*made) : nullptr;
    }

    std::unique_ptr<Sandbox> start_python(const std::string& code, const Limits& limits = {}) {
        return start(with_arguments({"python3", "-I", "-c", prelude + code}, limits));
    }

    /// What this code sends as its only frame; its output where it sends none.
    std::string ask_python(const std::string& code, const Limits& limits = {}) {
        const auto sandbox = start_python(code, limits);
        return sandbox ? answer(*sandbox) : "";
    }

    std::string answer(Sandbox& sandbox) {
        auto got = sandbox.receive(soon());
        return got ? *got : got.error().detail() + "\n" + sandbox.take_output();
    }

    env::Deadline soon() { return clock.monotonic_ns() + 30 * ns_per_second; }

    static constexpr const char* prelude = R"(
import os, socket, struct, sys, time
s = socket.socket(fileno=3)
def tell(*words):
    text = " ".join(map(str, words)).encode()
    s.sendall(struct.pack(">I", len(text)) + text)
def tried(what, *arguments, **named):
    try:
        return what(*arguments, **named)
    except BaseException as error:
        return getattr(error, "errno", None) or type(error).__name__
)";

    sys::Clock clock;
    sys::FileSystem files;
    sys::Processes processes;
    env::World world{&clock, nullptr, &files, nullptr, &processes};
};

} // namespace torgo::sandbox
