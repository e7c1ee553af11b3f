// What hostile code uses up, and what it leaves behind.
#include "sandbox/test_sandbox.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace torgo::sandbox {

namespace {

/// Words of a command line that no other process has.
std::string make_marker(const std::string& name) {
    return "torgo-" + name + "-" + std::to_string(::getpid());
}

/// The processes of this machine, but for this one, with these words in their command line.
std::vector<pid_t> processes_with(const std::string& marker) {
    std::vector<pid_t> out;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        if (!std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; })) continue;
        std::ifstream file(entry.path() / "cmdline");
        const std::string words{std::istreambuf_iterator<char>(file), {}};
        const auto id = static_cast<pid_t>(std::stoi(name));
        if (id != ::getpid() && words.contains(marker)) out.push_back(id);
    }
    std::ranges::sort(out);
    return out;
}

} // namespace

// SANDBOX-7
TEST_F(SandboxTest, folders_in_memory_and_files_have_their_limits) {
    Limits limits;
    limits.scratch_bytes = 8_MiB;
    limits.file_bytes = 5_MiB;
    EXPECT_EQ(ask_python(R"(
def fill(path):
    written = 0
    try:
        with open(path, "wb", 0) as file:
            while True:
                written += file.write(bytes(1 << 16))
    except OSError as error:
        return error.errno, written >> 16
tell(*fill("a"), *fill("b"), *fill("/tmp/a"), *fill("/tmp/b"))
)",
                         limits),
              "27 80 28 48 27 80 28 48");
}

// SANDBOX-7
TEST_F(SandboxTest, a_process_gets_no_more_memory_than_its_limit) {
    Limits limits;
    limits.memory_bytes = 256_MiB;
    EXPECT_EQ(ask_python(R"(
import mmap
tell(len(bytearray(100 << 20)) >> 20, tried(bytearray, 300 << 20), tried(mmap.mmap, -1, 300 << 20))
)",
                         limits),
              "100 MemoryError 12");
}

// SANDBOX-10
TEST_F(SandboxTest, processes_together_get_no_more_memory_than_one) {
    Limits limits;
    limits.memory_bytes = 256_MiB;
    const auto sandbox = start_python(R"(
for child in range(8):
    if os.fork() == 0:
        held = bytearray(os.urandom(1 << 20)) * 100
        time.sleep(100)
time.sleep(100)
)",
                                      limits);
    ASSERT_NE(sandbox, nullptr);
    const auto text = answer(*sandbox);
    EXPECT_TRUE(text.contains("by signal 9")) << text;
    EXPECT_TRUE(text.contains("hold more than 256 MiB")) << text;
}

// SANDBOX-10
TEST_F(SandboxTest, memory_that_processes_share_counts_once) {
    Limits limits;
    limits.memory_bytes = 256_MiB;
    EXPECT_EQ(ask_python(R"(
held = bytearray(os.urandom(1 << 20)) * 100
for child in range(8):
    if os.fork() == 0:
        sum(held[::4096])
        time.sleep(100)
time.sleep(1)
tell("alive", sum(held[::4096]) > 0)
)",
                         limits),
              "alive True");
}

// SANDBOX-7
TEST_F(SandboxTest, a_fork_bomb_ends_at_the_limit_and_is_gone_after_kill) {
    const auto marker = make_marker("bomb");
    Limits limits;
    limits.processes = 12;
    const auto sandbox = start_python("'" + marker + R"('
count = 0
try:
    while count < 1000:
        if os.fork() == 0:
            while True:
                tried(os.fork) == 11 and time.sleep(100)
        count += 1
except OSError as error:
    tell(error.errno)
time.sleep(100)
)",
                                      limits);
    ASSERT_NE(sandbox, nullptr);
    EXPECT_EQ(answer(*sandbox), "11");
    // Its 12, the first process, bubblewrap.
    EXPECT_LE(processes_with(marker).size(), 14U);
    EXPECT_GE(processes_with(marker).size(), 10U);
    sandbox->kill();
    EXPECT_EQ(processes_with(marker), std::vector<pid_t>{});
}

// SANDBOX-7
TEST_F(SandboxTest, without_leave_to_fork_there_are_threads_and_no_processes) {
    Limits limits;
    limits.may_fork = false;
    EXPECT_EQ(ask_python(R"(
import subprocess, threading
thread = threading.Thread(target=lambda: None)
thread.start(); thread.join()
tell(tried(os.fork), tried(subprocess.run, ["/usr/bin/true"]))
)",
                         limits),
              "38 38");
}

// SANDBOX-7
TEST_F(SandboxTest, processor_time_and_open_files_have_limits) {
    Limits limits;
    limits.cpu_seconds = 1;
    limits.open_files = 20;
    const auto sandbox = start_python(R"(
opened = []
try:
    while True:
        opened.append(open("/dev/null"))
except OSError as error:
    tell(error.errno, len(opened))
while True:
    pass
)",
                                      limits);
    ASSERT_NE(sandbox, nullptr);
    EXPECT_EQ(answer(*sandbox), "24 16");
    EXPECT_EQ(sandbox->receive(soon()).error().detail(),
              "the process ended by signal 9 (killed; perhaps a limit)");
}

// SANDBOX-8
TEST_F(SandboxTest, a_daemon_left_behind_is_gone_after_kill) {
    const auto marker = make_marker("daemon");
    const std::string daemon = "'" + marker + R"('
import signal
reading, writing = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(1, 65):
            tried(signal.signal, number, signal.SIG_IGN)
        os.write(writing, b"x")
        while True:
            time.sleep(100)
    os._exit(0)
os.read(reading, 1)
os.wait()
tell("left")
)";
    const auto sandbox = start_python(daemon + "time.sleep(100)");
    ASSERT_NE(sandbox, nullptr);
    EXPECT_EQ(answer(*sandbox), "left");
    EXPECT_EQ(processes_with(marker).size(), 4U); // bubblewrap, first, interpreter, daemon
    sandbox->kill();
    EXPECT_EQ(processes_with(marker), std::vector<pid_t>{});

    const auto ending = start_python(daemon);
    ASSERT_NE(ending, nullptr);
    EXPECT_EQ(answer(*ending), "left");
    EXPECT_EQ(ending->receive(soon()).error().detail(), "the process ended with status 0");
    EXPECT_EQ(processes_with(marker), std::vector<pid_t>{});
}

// SANDBOX-8
TEST_F(SandboxTest, kill_ends_everything_also_after_bubblewrap_has_ended) {
    const auto marker = make_marker("orphan");
    const auto sandbox = start_python("'" + marker + "'\ntell('here')\ntime.sleep(100)");
    ASSERT_NE(sandbox, nullptr);
    EXPECT_EQ(answer(*sandbox), "here");
    const auto all = processes_with(marker);
    ASSERT_EQ(all.size(), 3U);
    ::kill(all.front(), SIGKILL);
    sandbox->kill();
    EXPECT_EQ(processes_with(marker), std::vector<pid_t>{});
}

// SANDBOX-8
TEST_F(SandboxTest, the_thread_that_started_it_may_end_before_it) {
    std::unique_ptr<Sandbox> sandbox;
    std::thread([&] { sandbox = start_python("s.recv(1); tell('still here')"); }).join();
    ASSERT_NE(sandbox, nullptr);
    ASSERT_TRUE(sandbox->send("", soon()).has_value());
    EXPECT_EQ(answer(*sandbox), "still here");
}

} // namespace torgo::sandbox
