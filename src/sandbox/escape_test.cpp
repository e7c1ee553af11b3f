// What hostile code tries, from Python and from a shell.
#include "sandbox/test_sandbox.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace torgo::sandbox {

namespace {

/// The namespaces of this process, as Python writes them.
std::string own_namespaces() {
    std::string out;
    for (const std::string name : {"pid", "net", "mnt", "ipc", "uts"})
        out += std::filesystem::read_symlink("/proc/self/ns/" + name).string() + " ";
    return out;
}

const std::string raw_calls = R"(
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def raw(*arguments):
    return 0 if libc.syscall(*map(ctypes.c_long, arguments)) >= 0 else ctypes.get_errno()
)";

} // namespace

// SANDBOX-2
TEST_F(SandboxTest, no_socket_can_be_made_and_no_network_is_there) {
    EXPECT_EQ(ask_python(R"(
tell(*[tried(socket.socket, f, t) for f in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX,
               socket.AF_NETLINK, socket.AF_PACKET) for t in (socket.SOCK_STREAM, socket.SOCK_RAW)],
     tried(s.connect, "\0torgo-abstract"), open("/proc/self/net/dev").read().count(":"))
)"),
              "38 38 38 38 38 38 38 38 38 38 38 1");
}

// SANDBOX-2
TEST_F(SandboxTest, a_datagram_socket_of_a_pair_reaches_nobody) {
    EXPECT_EQ(ask_python(R"(
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
tell(tried(a.sendto, b"x", "\0torgo-abstract"),
     tried(a.sendto, b"x", "/run/dbus/system_bus_socket"),
     tried(socket.socketpair, socket.AF_INET))
)"),
              "111 2 38");
}

// SANDBOX-3
TEST_F(SandboxTest, every_namespace_is_another_than_ours) {
    const auto theirs = ask_python(R"(
tell(*[os.readlink("/proc/self/ns/" + n) for n in ("pid", "net", "mnt", "ipc", "uts")], "")
)");
    const auto ours = own_namespaces();
    ASSERT_EQ(theirs.size(), ours.size()) << theirs;
    for (std::size_t at = 0; at < ours.size(); at = ours.find(' ', at) + 1) {
        const auto size = ours.find(' ', at) - at;
        EXPECT_NE(ours.substr(at, size), theirs.substr(at, size));
    }
}

// SANDBOX-3
TEST_F(SandboxTest, the_files_of_this_machine_have_no_name_there) {
    const auto folder = std::filesystem::current_path().string();
    EXPECT_EQ(ask_python("tell(*[tried(os.stat, p) for p in ('/etc/shadow', '/etc/passwd', '/root',"
                         "'/home', '/var', '/sys', '/boot', '/proc/1/root/home', '/proc/1/cwd', '" +
                         folder + "')])"),
              "2 2 2 2 2 2 2 13 13 2");
    EXPECT_EQ(ask_python(R"(
mounts = {line.split()[4] for line in open("/proc/self/mountinfo")}
tell(*sorted(m for m in mounts if not m.startswith(("/dev", "/proc")) and
             m not in ("/etc/alternatives", "/etc/ld.so.cache")))
)"),
              "/ /run/torgo /tmp /usr /work");
}

// SANDBOX-3
TEST_F(SandboxTest, links_lead_nowhere_else) {
    EXPECT_EQ(ask_python(R"(
os.symlink("/etc/shadow", "a"); os.symlink("../../../../../etc/shadow", "b")
os.symlink("/proc/1/root/etc/shadow", "c")
tell(*[tried(open, n) for n in "abc"], tried(os.link, "/usr/bin/python3", "d"))
)"),
              "2 2 13 18");
}

// SANDBOX-4
TEST_F(SandboxTest, our_environment_is_nowhere_to_be_read) {
    ::setenv("TORGO_TEST_SECRET", "hunter2", 1); // NOLINT(concurrency-mt-unsafe)
    const auto told = ask_python(R"(
def environment(number):
    try:
        return open(f"/proc/{number}/environ").read()
    except OSError as error:
        return f"errno{error.errno}"
found = [environment(n) for n in os.listdir("/proc") if n.isdigit()]
tell(len(found), found.count("errno13"), sum("TORGO" in f for f in found), *sorted(os.environ))
)");
    ::unsetenv("TORGO_TEST_SECRET"); // NOLINT(concurrency-mt-unsafe)
    EXPECT_EQ(told, "2 1 0 HOME LANG PATH PWD TMPDIR");
}

// SANDBOX-3
TEST_F(SandboxTest, only_two_folders_can_be_written) {
    EXPECT_EQ(ask_python(R"(
def writes(path):
    try:
        open(path, "w").close()
        return 0
    except OSError as error:
        return error.errno in (13, 30)
tell(*[writes(p) for p in ("/usr/x", "/x", "/dev/x", "/dev/shm/x", "/etc/x", "/run/x", "/run/torgo",
                           "/proc/sys/kernel/hostname", "/proc/1/oom_score_adj",
                           "x", "/tmp/x", "/dev/null")])
)"),
              "True True True True True True True True True 0 0 0");
}

// SANDBOX-5
TEST_F(SandboxTest, what_was_laid_there_can_be_read_and_not_changed) {
    auto setup = with_arguments({"python3", "-I", "-c", std::string(prelude) + R"(
refused = [tried(open, "data", "w"), tried(os.unlink, "data"), tried(os.rename, "data", "x"),
           tried(os.chmod, "data", 0o777), tried(os.symlink, "/tmp", "data")]
tell(open("data").read(), all(r in (1, 13, 16, 17, 30) for r in refused), len(os.listdir()))
)"});
    setup.files.push_back({"data", Bytes{'h', 'i'}});
    setup.files.push_back({"data 2", Bytes(300'000, 'x')});
    const auto sandbox = start(setup);
    ASSERT_NE(sandbox, nullptr);
    EXPECT_EQ(answer(*sandbox), "hi True 2");
}

// SANDBOX-5
TEST_F(SandboxTest, a_folder_is_seen_at_its_own_path_and_not_changed) {
    auto setup = with_arguments({"sh", "-c", "true"});
    setup.read_only_folders = {"/opt/torgo-no-such-folder"};
    EXPECT_EQ(Sandbox::start(world, program(), setup).error().code(), Errc::not_found);
    setup.read_only_folders = {"/usr/../home"};
    EXPECT_EQ(Sandbox::start(world, program(), setup).error().code(), Errc::invalid_argument);
    setup = with_arguments({"python3", "-I", "-c", std::string(prelude) + R"(
tell(len(os.listdir("/var/lib/dpkg")) > 0, tried(os.mkdir, "/var/lib/dpkg/x"),
     tried(os.stat, "/var/cache"))
)"});
    setup.read_only_folders = {"/var/lib/dpkg"};
    const auto sandbox = start(setup);
    ASSERT_NE(sandbox, nullptr);
    const auto told = answer(*sandbox);
    EXPECT_TRUE(told == "True 30 2" || told == "True 13 2") << told;
}

// SANDBOX-6
TEST_F(SandboxTest, dangerous_system_calls_are_not_there) {
    std::string numbers;
    std::string expected;
    for (const long number : {SYS_ptrace,
                              SYS_process_vm_readv,
                              SYS_process_vm_writev,
                              SYS_mount,
                              SYS_umount2,
                              SYS_pivot_root,
                              SYS_chroot,
                              SYS_unshare,
                              SYS_setns,
                              SYS_clone3,
                              SYS_bpf,
                              SYS_perf_event_open,
                              SYS_userfaultfd,
                              SYS_io_uring_setup,
                              SYS_keyctl,
                              SYS_add_key,
                              SYS_request_key,
                              SYS_kexec_load,
                              SYS_init_module,
                              SYS_finit_module,
                              SYS_reboot,
                              SYS_pidfd_getfd,
                              SYS_memfd_create,
                              SYS_personality,
                              SYS_open_by_handle_at,
                              SYS_shmget,
                              SYS_socket,
                              SYS_connect,
                              SYS_bind,
                              SYS_open_tree,
                              SYS_move_mount,
                              SYS_fsopen,
                              SYS_setuid,
                              SYS_setresuid,
                              SYS_mq_open,
                              SYS_swapon,
                              SYS_quotactl,
                              SYS_fanotify_init,
                              SYS_kcmp}) {
        numbers += std::to_string(number) + ",";
        expected += std::to_string(ENOSYS) + " ";
    }
    EXPECT_EQ(
        ask_python(raw_calls + "tell(*[raw(n, 0, 0, 0, 0, 0) for n in (" + numbers + ")], '')"),
        expected);
}

// SANDBOX-6
TEST_F(SandboxTest, no_namespace_can_be_made_and_no_terminal_typed_into) {
    const auto clone = std::to_string(SYS_clone);
    EXPECT_EQ(ask_python(raw_calls + "import fcntl\ntell(*[raw(" + clone +
                         ", flag | 17, 0, 0, 0, 0) for flag in (0x10000000, 0x20000000, 0x40000000,"
                         "0x20000, 0x80)], tried(fcntl.ioctl, 1, 0x5412, b'x'),"
                         "raw(" +
                         std::to_string(SYS_ioctl) + ", 1, 0x5412 + (1 << 32), 0))"),
              "38 38 38 38 38 38 38");
}

// SANDBOX-4
TEST_F(SandboxTest, no_privilege_is_held_or_can_be_had) {
    EXPECT_EQ(ask_python(R"(
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().split("\n") if line)
tell(status["NoNewPrivs"], status["Seccomp"], *[int(status[c], 16) for c in
     ("CapInh", "CapPrm", "CapEff", "CapAmb")], status["Groups"].strip() in ("", "65534"),
     os.getuid() != 0, os.getuid() == os.geteuid(), os.statvfs("/usr").f_flag & os.ST_NOSUID)
)"),
              "1 2 0 0 0 0 True True True 2");
}

// SANDBOX-4
TEST_F(SandboxTest, no_descriptor_of_ours_is_open_there) {
    const int ours = ::open("/etc/passwd", O_RDONLY); // without close-on-exec
    EXPECT_EQ(
        ask_python("tell(*sorted(os.listdir('/proc/self/fd')), os.readlink('/proc/self/fd/0'),"
                   "sys.stdin.read())"),
        "0 1 2 3 4 /dev/null "); // 4 is the folder it lists
    ::close(ours);
}

// SANDBOX-3
TEST_F(SandboxTest, no_other_process_can_be_seen_or_killed) {
    EXPECT_EQ(ask_python("own = " + std::to_string(::getpid()) + R"(
child = os.fork()
if child == 0:
    time.sleep(100)
killed = tried(os.kill, own, 9), tried(os.kill, 1, 9) in (None, 1), tried(os.kill, -1, 9)
os.waitpid(child, 0)
tell(*killed, sorted(n for n in os.listdir("/proc") if n.isdigit()) == ["1", str(os.getpid())])
)"),
              "3 True None True");
}

// SANDBOX-3: only Landlock tells a program that was brought along from one of /usr.
TEST_F(SandboxTest, with_landlock_no_program_brought_along_is_run) {
    const auto sandbox = start_python(R"(
import shutil, subprocess
shutil.copy("/usr/bin/true", "true")
tell(tried(subprocess.run, ["./true"]), subprocess.run(["/usr/bin/true"]).returncode)
)");
    ASSERT_NE(sandbox, nullptr);
    if (sandbox->layers().landlock == 0) GTEST_SKIP() << "this kernel has no Landlock";
    EXPECT_EQ(answer(*sandbox), "13 0");
}

TEST_F(SandboxTest, a_shell_is_held_as_well) {
    const auto sandbox = start(with_arguments({"sh", "-c", R"(
echo fine >/dev/stderr; echo x >/usr/x; cat /etc/shadow; ls /home; echo kept >a && cat a
mount -t tmpfs none /tmp; unshare -r true; exit 7)"}));
    ASSERT_NE(sandbox, nullptr);
    EXPECT_EQ(sandbox->receive(soon()).error().detail(), "the process ended with status 7");
    const auto output = sandbox->take_output();
    for (const auto* const part : {"fine\n", "kept\n", "/usr/x: Read-only", "shadow: No such file",
                                   "/home': No such file", "unshare failed: Function not impl"})
        EXPECT_TRUE(output.contains(part)) << part << " is not in:\n" << output;
}

} // namespace torgo::sandbox
