#include "sandbox/test_sandbox.hpp"

namespace torgo::sandbox {

TEST_F(SandboxTest, speaks_in_frames_both_ways) {
    const auto sandbox = start_python(R"(
size, = struct.unpack(">I", s.recv(4, socket.MSG_WAITALL))
tell(s.recv(size, socket.MSG_WAITALL).decode().upper())
print("out"); print("err", file=sys.stderr); sys.exit(3)
)");
    ASSERT_NE(sandbox, nullptr);
    EXPECT_TRUE(sandbox->layers().hold()) << text(sandbox->layers());
    ASSERT_TRUE(sandbox->send("hello", soon()).has_value());
    EXPECT_EQ(sandbox->receive(soon()).value(), "HELLO");
    const auto end = sandbox->receive(soon());
    ASSERT_FALSE(end.has_value());
    EXPECT_EQ(end.error().code(), Errc::unavailable);
    EXPECT_EQ(end.error().detail(), "the process ended with status 3");
    const auto output = sandbox->take_output();
    EXPECT_TRUE(output.contains("out\n") && output.contains("err\n")) << output;
}

} // namespace torgo::sandbox
