// The one socket and the output: hostile, slow, too much.
#include "sandbox/enter.hpp"
#include "sandbox/test_sandbox.hpp"

#include <iostream>
#include <thread>

namespace torgo::sandbox {

TEST_F(SandboxTest, speaks_in_frames_both_ways) {
    const auto sandbox = start_python(R"(
size, = struct.unpack(">I", s.recv(4, socket.MSG_WAITALL))
tell(s.recv(size, socket.MSG_WAITALL).decode().upper())
tell()
print("out", flush=True); print("err", file=sys.stderr); sys.exit(3)
)");
    ASSERT_NE(sandbox, nullptr);
    EXPECT_TRUE(sandbox->layers().are_strict()) << text(sandbox->layers());
    const std::string large(frame_max, 'x');
    ASSERT_TRUE(sandbox->send(large, soon()).has_value());
    EXPECT_EQ(sandbox->receive(soon()).value(), std::string(frame_max, 'X'));
    EXPECT_EQ(sandbox->receive(soon()).value(), "");
    const auto end = sandbox->receive(soon());
    EXPECT_EQ(end.error().code(), Errc::unavailable);
    EXPECT_EQ(end.error().detail(), "the process ended with status 3");
    EXPECT_EQ(sandbox->take_output(), "out\nerr\n");
    EXPECT_EQ(sandbox->take_output(), "");
    EXPECT_EQ(sandbox->send("more", soon()).error().code(), Errc::unavailable);
}

// SANDBOX-9
TEST_F(SandboxTest, too_large_a_frame_is_refused_before_it_is_read) {
    const auto sandbox = start_python(R"(
s.sendall(struct.pack(">I", )" + std::to_string(frame_max + 1) +
                                      R"() + b"x" * 100)
time.sleep(100)
)");
    ASSERT_NE(sandbox, nullptr);
    EXPECT_EQ(sandbox->receive(soon()).error().code(), Errc::limit_exceeded);
    EXPECT_EQ(sandbox->receive(soon()).error().code(), Errc::limit_exceeded);
    EXPECT_EQ(sandbox->send(std::string(frame_max + 1, 'x'), soon()).error().code(),
              Errc::limit_exceeded);
}

// SANDBOX-9
TEST_F(SandboxTest, a_frame_that_does_not_end_times_out_and_may_go_on) {
    const auto sandbox = start_python(R"(
s.sendall(struct.pack(">I", 6) + b"abc")
s.recv(4, socket.MSG_WAITALL)
s.sendall(b"def")
time.sleep(100)
)");
    ASSERT_NE(sandbox, nullptr);
    const auto early = sandbox->receive(clock.monotonic_ns() + ns_per_second / 5);
    EXPECT_EQ(early.error().code(), Errc::timeout);
    ASSERT_TRUE(sandbox->send("", soon()).has_value());
    EXPECT_EQ(sandbox->receive(soon()).value(), "abcdef");
}

// SANDBOX-9
TEST_F(SandboxTest, a_flood_of_output_holds_nobody_up_and_is_cut) {
    const auto sandbox = start_python(R"(
for _ in range(320):
    os.write(1, b"y" * (1 << 15))
tell("through")
)");
    ASSERT_NE(sandbox, nullptr);
    EXPECT_EQ(answer(*sandbox), "through");
    (void)sandbox->receive(soon());
    const auto output = sandbox->take_output();
    EXPECT_TRUE(output.starts_with(std::string(output_max, 'y') + "\n[output cut here]\n"));
    EXPECT_LT(output.size(), output_max + 100);
}

TEST_F(SandboxTest, a_stop_token_and_kill_end_a_wait) {
    const auto sandbox = start_python("time.sleep(100)");
    ASSERT_NE(sandbox, nullptr);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(sandbox->receive(soon(), stop.get_token()).error().code(), Errc::cancelled);
    std::thread killer([&] { sandbox->kill(); });
    EXPECT_EQ(sandbox->receive(soon()).error().code(), Errc::cancelled);
    killer.join();
    sandbox->kill();
}

TEST_F(SandboxTest, sending_to_who_does_not_read_times_out) {
    const auto sandbox = start_python("time.sleep(100)");
    ASSERT_NE(sandbox, nullptr);
    const auto sent =
        sandbox->send(std::string(frame_max, 'x'), clock.monotonic_ns() + ns_per_second / 5);
    EXPECT_EQ(sent.error().code(), Errc::timeout);
    EXPECT_EQ(sandbox->send("", soon()).error().code(), Errc::unavailable);
}

TEST_F(SandboxTest, says_why_it_does_not_start) {
    const auto none = Sandbox::start(world, program(), with_arguments({"no-such-interpreter"}));
    EXPECT_EQ(none.error().code(), Errc::unavailable);
    EXPECT_TRUE(none.error().detail().contains("no no-such-interpreter in /usr/bin"))
        << none.error().detail();
    const auto gone = Sandbox::start(world, {"/no/such/torgo", {}, {}}, with_arguments({"true"}));
    EXPECT_TRUE(gone.error().detail().contains("/no/such/torgo")) << gone.error().detail();
    EXPECT_EQ(Sandbox::start(world, program(), {}).error().code(), Errc::invalid_argument);
}

// SANDBOX-1
TEST_F(SandboxTest, the_probe_tells_the_layers_that_there_are) {
    const auto layers = probe(world, program());
    ASSERT_TRUE(layers.has_value());
    EXPECT_TRUE(layers->hold());
    std::cout << "layers: " << text(*layers) << "\n";
}

TEST_F(SandboxTest, starts_python_within_the_time_that_is_printed) {
    const auto begin = clock.monotonic_ns();
    EXPECT_EQ(ask_python("tell('here')"), "here");
    const auto with = clock.monotonic_ns();
    ASSERT_TRUE(probe(world, program()).has_value());
    const auto end = clock.monotonic_ns();
    constexpr std::int64_t ns_per_ms = 1'000'000;
    std::cout << "Python in the sandbox, from start to end: " << (with - begin) / ns_per_ms
              << " ms; /usr/bin/true: " << (end - with) / ns_per_ms << " ms\n";
    EXPECT_LT(with - begin, 20 * ns_per_second);
}

} // namespace torgo::sandbox
