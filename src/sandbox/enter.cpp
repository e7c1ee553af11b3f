// Two processes: the first keeps the socket in sight and reaps, the second becomes the interpreter.
// When the first one ends, the kernel ends all others of the namespace.
#include "sandbox/enter.hpp"

#include "env/processes.hpp"
#include "sandbox/confine.hpp"
#include "sandbox/memory.hpp"
#include "sandbox/plan.hpp"

#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <span>

namespace torgo::sandbox {

namespace {

constexpr int not_started = 125;
constexpr int signal_status_base = 128;
constexpr int memory_look_ms = 100;
constexpr int link = env::Processes::connected_socket;

std::unexpected<Error> failed(std::string_view what) {
    return std::unexpected(system_error(errno, what));
}

/// What bubblewrap made, checked; what it cannot, added. All but limits and calls, which only the
/// interpreter's process has.
Result<Layers> confine(const Inner& inner) {
    if (::close_range(link + 1, UINT_MAX, 0) != 0) return failed("closing what is not needed");
    // Opened here, it does not tell where this machine's own lies.
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0) return failed("opening /dev/null");
    if (inner.become) CHECK_OK(become(*inner.become));
    CHECK_OK(drop_privileges());
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("hiding the first process");
    auto layers = look_around();
    TRY(layers.landlock, restrict_files(inner.read_only_folders));
    return layers;
}

Result<std::string> find_interpreter(const std::string& name) {
    if (name.contains('/')) return name;
    for (const auto* const folder : {"/usr/bin/", "/usr/local/bin/"})
        if (const auto path = folder + name; ::access(path.c_str(), X_OK) == 0) return path;
    return fail(Errc::not_found, "no " + name + " in /usr/bin or /usr/local/bin");
}

std::string framed(const std::string& content) {
    std::string out(4, '\0');
    for (std::size_t at = 0; at < out.size(); ++at)
        out[at] = static_cast<char>((content.size() >> (8 * (3 - at))) & 0xffU);
    return out + content;
}

Result<> tell(const std::string& bytes) {
    const auto sent = ::send(link, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(bytes.size())) return {};
    return failed("telling the layers");
}

/// Becomes the interpreter; returns only with an error.
Error become_interpreter(const Inner& inner, Layers layers) {
    auto run = [&]() -> Result<> {
        TRY(const auto path, find_interpreter(inner.arguments[0]));
        std::vector<char*> words;
        for (const auto& argument : inner.arguments)
            words.push_back(const_cast<char*>(argument.c_str())); // execv does not write there
        words.push_back(nullptr);
        layers.limits = true;
        layers.seccomp = true;
        const auto told = framed(encode(layers));
        CHECK_OK(restrict_calls(inner.limits.may_fork));
        // At last, and nothing is allocated after it: an allocator may want more than the limit.
        CHECK_OK(set_limits(inner.limits));
        CHECK_OK(tell(told));
        ::execv(path.c_str(), words.data());
        return failed("running " + path);
    };
    return run().error();
}

int report(const Error& error) {
    const auto text = "torgo: " + error.detail() + "\n";
    (void)!::write(STDERR_FILENO, text.data(), text.size());
    return not_started;
}

/// Reaps all children that have ended. out: the status of `main`, or -1 while it runs.
int reap(pid_t main) {
    int out = -1;
    for (;;) {
        int status = 0;
        const auto ended = ::waitpid(-1, &status, WNOHANG);
        if (ended <= 0) return out;
        if (ended != main) continue;
        out = WIFSIGNALED(status) ? signal_status_base + WTERMSIG(status) : WEXITSTATUS(status);
    }
}

/// [SANDBOX-10] Where there is one process only, the limit of its address space is enough.
bool hold_too_much(const Limits& limits) {
    return limits.may_fork && memory_held(limits.memory_bytes) > limits.memory_bytes;
}

int end_for_memory(const Limits& limits) {
    const auto text = "torgo: all processes of the block together hold more than " +
                      std::to_string(limits.memory_bytes / 1_MiB) + " MiB of memory\n";
    (void)!::write(STDERR_FILENO, text.data(), text.size());
    return signal_status_base + SIGKILL;
}

/// Waits for the end of `main`, or for that of the socket, or until they hold too much memory.
int watch(pid_t main, int children, const Limits& limits) {
    for (;;) {
        std::array<pollfd, 2> both{pollfd{link, POLLRDHUP, 0}, pollfd{children, POLLIN, 0}};
        const int ready = ::poll(both.data(), both.size(), limits.may_fork ? memory_look_ms : -1);
        if (ready < 0 && errno != EINTR) return not_started;
        if (hold_too_much(limits)) return end_for_memory(limits);
        if (ready > 0 && both[0].revents != 0) return signal_status_base + SIGKILL;
        signalfd_siginfo ignored{};
        if (ready > 0) (void)!::read(children, &ignored, sizeof ignored);
        if (const int status = reap(main); status >= 0) return status;
    }
}

} // namespace

int enter(const std::vector<std::string>& words) {
    const auto inner = decode_inner(words);
    if (!inner) return report(inner.error());
    const auto layers = confine(*inner);
    if (!layers) return report(layers.error());

    sigset_t child_signal;
    ::sigemptyset(&child_signal);
    ::sigaddset(&child_signal, SIGCHLD);
    sigset_t before;
    ::sigprocmask(SIG_BLOCK, &child_signal, &before);
    const int children = ::signalfd(-1, &child_signal, SFD_CLOEXEC | SFD_NONBLOCK);
    const pid_t main = children < 0 ? -1 : ::fork();
    if (main < 0) return report(system_error(errno, "starting the interpreter"));
    if (main > 0) return watch(main, children, inner->limits);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    return report(become_interpreter(*inner, *layers));
}

} // namespace torgo::sandbox
