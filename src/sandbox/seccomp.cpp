// An allow-list: a call that a newer kernel adds is refused until somebody has looked at it. What
// is refused gives ENOSYS, after which C libraries fall back to older calls. There is no way to
// make a socket that could be connected, memory that no limit counts (memfd, System V), a
// namespace, a mount, a key, or to look into another process.
#include "sandbox/confine.hpp"

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>

namespace torgo::sandbox {

namespace {

constexpr std::array files = {
    "access",
    "cachestat",
    "chdir",
    "chmod",
    "chown",
    "close",
    "close_range",
    "copy_file_range",
    "creat",
    "dup",
    "dup2",
    "dup3",
    "faccessat",
    "faccessat2",
    "fadvise64",
    "fallocate",
    "fchdir",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "fchown",
    "fchownat",
    "fcntl",
    "fdatasync",
    "fgetxattr",
    "flistxattr",
    "flock",
    "fstat",
    "fstatfs",
    "fsync",
    "ftruncate",
    "futimesat",
    "getcwd",
    "getdents",
    "getdents64",
    "getxattr",
    "inotify_add_watch",
    "inotify_init",
    "inotify_init1",
    "inotify_rm_watch",
    "lchown",
    "lgetxattr",
    "link",
    "linkat",
    "listxattr",
    "llistxattr",
    "lseek",
    "lstat",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "newfstatat",
    "open",
    "openat",
    "openat2",
    "pread64",
    "preadv",
    "preadv2",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "read",
    "readahead",
    "readlink",
    "readlinkat",
    "readv",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "sendfile",
    "splice",
    "stat",
    "statfs",
    "statx",
    "symlink",
    "symlinkat",
    "sync_file_range",
    "tee",
    "truncate",
    "umask",
    "unlink",
    "unlinkat",
    "utime",
    "utimensat",
    "utimes",
    "write",
    "writev",
};

constexpr std::array waiting = {
    "epoll_create",    "epoll_create1",  "epoll_ctl",
    "epoll_pwait",     "epoll_pwait2",   "epoll_wait",
    "eventfd",         "eventfd2",       "pipe",
    "pipe2",           "poll",           "ppoll",
    "pselect6",        "select",         "signalfd",
    "signalfd4",       "timerfd_create", "timerfd_gettime",
    "timerfd_settime",
};

/// On the socket that is there; none can be made that leads anywhere.
constexpr std::array sockets = {
    "getpeername", "getsockname", "getsockopt", "recvfrom", "recvmmsg",
    "recvmsg",     "sendmmsg",    "sendmsg",    "sendto",   "shutdown",
};

constexpr std::array memory = {
    "brk",     "madvise", "membarrier", "mincore",   "mlock",
    "mlock2",  "mmap",    "mprotect",   "mremap",    "msync",
    "munlock", "munmap",  "pkey_alloc", "pkey_free", "pkey_mprotect",
};

constexpr std::array processes = {
    "arch_prctl",
    "capget",
    "execve",
    "exit",
    "exit_group",
    "futex",
    "futex_requeue",
    "futex_wait",
    "futex_waitv",
    "futex_wake",
    "getcpu",
    "getegid",
    "geteuid",
    "getgid",
    "getgroups",
    "getpgid",
    "getpgrp",
    "getpid",
    "getppid",
    "getpriority",
    "getresgid",
    "getresuid",
    "getrlimit",
    "getrusage",
    "getsid",
    "gettid",
    "getuid",
    "kill",
    "pidfd_open",
    "pidfd_send_signal",
    "prctl",
    "prlimit64",
    "rseq",
    "sched_get_priority_max",
    "sched_get_priority_min",
    "sched_getaffinity",
    "sched_getattr",
    "sched_getparam",
    "sched_getscheduler",
    "sched_setaffinity",
    "sched_yield",
    "set_robust_list",
    "set_tid_address",
    "setpgid",
    "setpriority",
    "setrlimit",
    "setsid",
    "sysinfo",
    "tgkill",
    "times",
    "tkill",
    "uname",
    "wait4",
    "waitid",
};

constexpr std::array time_and_signals = {
    "alarm",         "clock_getres",    "clock_gettime",    "clock_nanosleep", "getitimer",
    "getrandom",     "gettimeofday",    "nanosleep",        "pause",           "restart_syscall",
    "rt_sigaction",  "rt_sigpending",   "rt_sigprocmask",   "rt_sigqueueinfo", "rt_sigreturn",
    "rt_sigsuspend", "rt_sigtimedwait", "setitimer",        "sigaltstack",     "time",
    "timer_create",  "timer_delete",    "timer_getoverrun", "timer_gettime",   "timer_settime",
};

/// What a terminal or a pipe is asked; above all not TIOCSTI, which types for the user.
constexpr std::array<unsigned long, 7> questions = {TCGETS,  TIOCGWINSZ, TIOCGPGRP, FIONREAD,
                                                    FIONBIO, FIOCLEX,    FIONCLEX};

constexpr std::uint64_t new_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                                         CLONE_NEWNET | CLONE_NEWTIME;
constexpr std::uint64_t low_half = 0xffff'ffff;

class Filter {
public:
    Filter() : m_context(::seccomp_init(SCMP_ACT_ERRNO(ENOSYS))) {}

    /// Names that this kind of processor lacks are passed over.
    template <class Names>
    void allow_all(const Names& names) {
        for (const auto* const name : names)
            allow(name);
    }

    template <class... Condition>
    void allow(const char* name, Condition... condition) {
        const int number = ::seccomp_syscall_resolve_name(name);
        if (number == __NR_SCMP_ERROR || m_problem != 0 || m_context == nullptr) return;
        const auto count = static_cast<unsigned>(sizeof...(condition));
        const std::array<scmp_arg_cmp, sizeof...(condition) + 1> all{condition..., {}};
        const int added =
            ::seccomp_rule_add_array(m_context.get(), SCMP_ACT_ALLOW, number, count, all.data());
        if (added != 0 && added != -EDOM) m_problem = -added;
    }

    Result<> load() {
        if (m_context == nullptr) m_problem = ENOMEM;
        if (m_problem == 0) m_problem = -::seccomp_load(m_context.get());
        if (m_problem == 0) return {};
        return std::unexpected(system_error(m_problem, "filtering system calls"));
    }

private:
    struct Release {
        void operator()(void* context) const { ::seccomp_release(context); }
    };

    std::unique_ptr<void, Release> m_context;
    int m_problem = 0;
};

} // namespace

Result<> restrict_calls(bool may_fork) {
    Filter filter;
    filter.allow_all(files);
    filter.allow_all(waiting);
    filter.allow_all(sockets);
    filter.allow_all(memory);
    filter.allow_all(processes);
    filter.allow_all(time_and_signals);
    for (const auto question : questions)
        filter.allow("ioctl", SCMP_A1(SCMP_CMP_MASKED_EQ, low_half, question));
    filter.allow("socketpair", SCMP_A0(SCMP_CMP_MASKED_EQ, low_half, AF_UNIX));
    filter.allow("setsockopt", SCMP_A1(SCMP_CMP_MASKED_EQ, low_half, SOL_SOCKET));
    if (may_fork) {
        filter.allow("fork");
        filter.allow("vfork");
        filter.allow("clone", SCMP_A0(SCMP_CMP_MASKED_EQ, new_namespaces, 0));
    } else {
        filter.allow("clone",
                     SCMP_A0(SCMP_CMP_MASKED_EQ, new_namespaces | CLONE_THREAD, CLONE_THREAD));
    }
    return filter.load();
}

} // namespace torgo::sandbox
