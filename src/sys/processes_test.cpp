#include "sys/clock.hpp"
#include "sys/file_system.hpp"
#include "sys/processes.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

namespace torgo::sys {

namespace {

class ProcessesTest : public ::testing::Test {
protected:
    std::unique_ptr<env::Process> start(const std::vector<std::string>& arguments) {
        auto made = processes.start(arguments, log_path());
        EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().detail());
        return made ? std::move(*made) : nullptr;
    }

    /// Waits in the kernel until the child has ended, and leaves it to be reaped.
    static void await_end(const env::Process& process) {
        siginfo_t info{};
        ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(process.id()), &info, WEXITED | WNOWAIT), 0);
    }

    /// All that comes until the end.
    static std::string read_all(env::Stream& stream, env::Deadline deadline) {
        std::string out;
        Bytes part(1000);
        for (;;) {
            const auto got = stream.read_some(part, deadline);
            if (!got || *got == 0) return out;
            out += as_text(ByteView(part).first(*got));
        }
    }

    std::string log_path() const { return folder + "/log"; }

    std::string log() {
        const auto content = env::read_file(files, log_path(), 10'000);
        return content ? std::string(as_text(*content)) : "";
    }

    ProcessesTest() { std::filesystem::create_directories(folder); }

    ~ProcessesTest() override { std::filesystem::remove_all(folder); }

    std::string folder = testing::TempDir() + "torgo_processes_" + std::to_string(::getpid());
    FileSystem files;
    Processes processes;
};

} // namespace

TEST_F(ProcessesTest, tells_the_exit_status_and_keeps_the_output) {
    const auto process = start({"sh", "-c", "cat; echo out; echo err >&2; exit 7"});
    ASSERT_NE(process, nullptr);
    await_end(*process);
    EXPECT_EQ(process->poll().value(), 7);
    EXPECT_EQ(process->poll().value(), 7);
    EXPECT_EQ(log(), "out\nerr\n");
    EXPECT_TRUE(process->terminate().has_value());
    process->kill();
}

TEST_F(ProcessesTest, makes_the_log_anew) {
    await_end(*start({"sh", "-c", "echo a long first output"}));
    await_end(*start({"echo", "second"}));
    EXPECT_EQ(log(), "second\n");
}

TEST_F(ProcessesTest, a_child_has_a_session_of_its_own_and_none_of_our_files) {
    const int ours = ::dup(STDERR_FILENO); // without close-on-exec
    const auto process = start({"sh", "-c", "ps -o sid= -p $$; echo $$; ls /proc/self/fd | wc -l"});
    ASSERT_NE(process, nullptr);
    await_end(*process);
    ::close(ours);
    const auto id = std::to_string(process->id());
    // ls has its own three and the folder it lists.
    std::string told;
    for (const char c : log())
        if (c != ' ') told += c;
    EXPECT_EQ(told, id + "\n" + id + "\n4\n");
}

TEST_F(ProcessesTest, asks_to_end_and_tells_by_which_signal_it_ended) {
    const auto process = start({"sleep", "100"});
    ASSERT_NE(process, nullptr);
    EXPECT_EQ(process->poll().value(), std::nullopt);
    ASSERT_TRUE(process->terminate().has_value());
    await_end(*process);
    EXPECT_EQ(process->poll().value(), 128 + SIGTERM);
}

TEST_F(ProcessesTest, kill_ends_what_ignores_signals_and_what_it_started) {
    ASSERT_EQ(::mkfifo((folder + "/pipe").c_str(), 0600), 0);
    const auto process = start({"sh", "-c", "trap '' TERM; sleep 100 >" + folder + "/pipe & wait"});
    ASSERT_NE(process, nullptr);
    const int pipe = ::open((folder + "/pipe").c_str(), O_RDONLY); // until the sleeper has it open
    ASSERT_GE(pipe, 0);
    process->kill();
    EXPECT_EQ(process->poll().value(), 128 + SIGKILL);
    char byte = 0;
    EXPECT_EQ(::read(pipe, &byte, 1), 0); // no writer is left
    ::close(pipe);
}

TEST_F(ProcessesTest, a_connected_child_has_a_socket_contents_and_nothing_else_of_ours) {
    ::setenv("TORGO_TEST_SECRET", "seen", 1); // NOLINT(concurrency-mt-unsafe)
    const std::vector<Bytes> contents{Bytes(200'000, 'a'), Bytes{'b', 'b'}};
    auto made = processes.start_connected(
        {"/bin/sh", "-c",
         "read -r word <&3; echo \"$word:$TORGO_TEST_SECRET:$(wc -c <&4):$(wc -c <&5)\" >&3;"
         "ls /proc/self/fd | wc -l; exit 3"},
        contents);
    ASSERT_TRUE(made.has_value());
    const Clock clock;
    const auto deadline = clock.monotonic_ns() + 20'000'000'000;
    ASSERT_TRUE(made->socket->write(as_bytes("word\n"), deadline).has_value());
    EXPECT_EQ(read_all(*made->socket, deadline), "word::200000:2\n");
    EXPECT_EQ(read_all(*made->output, deadline), "7\n"); // 0 to 5, and the folder it lists
    EXPECT_EQ(made->process->wait(deadline).value(), 3);
    EXPECT_FALSE(made->output->write(as_bytes("x"), deadline).has_value());
}

TEST_F(ProcessesTest, waits_no_longer_than_told) {
    auto made = processes.start_connected({"/bin/sleep", "100"}, {}).value();
    const Clock clock;
    std::array<std::uint8_t, 1> byte{};
    EXPECT_EQ(made.process->wait(clock.monotonic_ns() + 1'000'000).value(), std::nullopt);
    EXPECT_EQ(made.output->read_some(byte, clock.monotonic_ns() + 1'000'000).error().code(),
              Errc::timeout);
    made.output->close();
    EXPECT_EQ(made.output->read_some(byte, clock.monotonic_ns() + 1'000'000'000).error().code(),
              Errc::cancelled);
    EXPECT_EQ(processes.start_connected({"/bin/no-such-program"}, {}).error().code(),
              Errc::not_found);
}

TEST_F(ProcessesTest, the_destructor_leaves_nothing_running) {
    auto process = start({"sleep", "100"});
    ASSERT_NE(process, nullptr);
    const auto id = static_cast<pid_t>(process->id());
    process.reset();
    EXPECT_EQ(::kill(id, 0), -1);
    EXPECT_EQ(errno, ESRCH);
}

TEST_F(ProcessesTest, says_what_is_missing) {
    EXPECT_EQ(processes.start({"torgo-no-such-program"}, log_path()).error().code(),
              Errc::not_found);
    EXPECT_EQ(processes.start({}, log_path()).error().code(), Errc::invalid_argument);
    const auto no_folder = processes.start({"true"}, folder + "/none/log");
    EXPECT_EQ(no_folder.error().code(), Errc::not_found);
    EXPECT_TRUE(no_folder.error().detail().contains("/none/log"));
    EXPECT_EQ(processes.own_id(), ::getpid());
}

} // namespace torgo::sys
