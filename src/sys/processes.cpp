// A child gets nothing of ours but its arguments and environment: input from /dev/null, output to
// its log, no other descriptor, default signals, a session of its own.
#include "sys/processes.hpp"

#include "sys/clock.hpp"
#include "sys/network.hpp"
#include "sys/pipe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <mutex>

namespace torgo::sys {

namespace {

constexpr int signal_status_base = 128;
constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t longest_poll_ms = 3'600'000;

int exit_status(int status) {
    return WIFSIGNALED(status) ? signal_status_base + WTERMSIG(status) : WEXITSTATUS(status);
}

class SpawnedProcess final : public env::Process {
public:
    explicit SpawnedProcess(pid_t id) : m_id(id) {}

    SpawnedProcess(const SpawnedProcess&) = delete;
    SpawnedProcess& operator=(const SpawnedProcess&) = delete;
    SpawnedProcess(SpawnedProcess&&) = delete;
    SpawnedProcess& operator=(SpawnedProcess&&) = delete;
    ~SpawnedProcess() override { kill_and_reap(); }

    std::int64_t id() const override { return m_id; }

    Result<std::optional<int>> poll() override {
        const std::lock_guard lock(m_mutex);
        CHECK_OK(reap(WNOHANG));
        return m_ended;
    }

    Result<std::optional<int>> wait(env::Deadline deadline) override {
        const Clock clock;
        for (;;) {
            TRY(const auto ended, poll());
            const auto left = deadline - clock.monotonic_ns();
            if (ended || left <= 0) return ended;
            const auto step = std::min(left / ns_per_ms + 1, longest_poll_ms);
            CHECK_OK(await_end(static_cast<int>(step)));
        }
    }

    Result<> terminate() override {
        const std::lock_guard lock(m_mutex);
        // Once reaped its number may be another's.
        if (m_ended || ::kill(m_id, SIGTERM) == 0) return {};
        return std::unexpected(system_error(errno, "stopping a program"));
    }

    void kill() noexcept override { kill_and_reap(); }

private:
    void kill_and_reap() noexcept {
        const std::lock_guard lock(m_mutex);
        if (m_ended) return;
        (void)::kill(-m_id, SIGKILL); // its session: also what it started
        (void)::kill(m_id, SIGKILL);
        (void)reap(0);
    }

    Result<> await_end(int wait_ms) {
        Descriptor process;
        {
            const std::lock_guard lock(m_mutex);
            if (m_ended) return {};
            process = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, m_id, 0)));
        }
        if (process.number() < 0)
            return std::unexpected(system_error(errno, "waiting for a program's end"));
        pollfd one{process.number(), POLLIN, 0};
        if (::poll(&one, 1, wait_ms) < 0 && errno != EINTR)
            return std::unexpected(system_error(errno, "waiting for a program's end"));
        return {};
    }

    Result<> reap(int flags) {
        if (m_ended) return {};
        int status = 0;
        pid_t got = 0;
        do
            got = ::waitpid(m_id, &status, flags);
        while (got < 0 && errno == EINTR);
        if (got < 0) return std::unexpected(system_error(errno, "asking for a program's end"));
        if (got == m_id) m_ended = exit_status(status);
        return {};
    }

    pid_t m_id;
    std::mutex m_mutex;
    std::optional<int> m_ended;
};

/// posix_spawn's settings, freed at the end.
class SpawnSettings {
public:
    /// `more` become the child's descriptors from 3 on; none of them has such a number here.
    explicit SpawnSettings(int log, const std::vector<Descriptor>& more = {}) {
        ::posix_spawn_file_actions_init(&m_actions);
        ::posix_spawn_file_actions_adddup2(&m_actions, log, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&m_actions, log, STDERR_FILENO);
        ::posix_spawn_file_actions_addopen(&m_actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        int next = STDERR_FILENO + 1;
        for (const auto& one : more)
            ::posix_spawn_file_actions_adddup2(&m_actions, one.number(), next++);
        ::posix_spawn_file_actions_addclosefrom_np(&m_actions, next);
        ::posix_spawnattr_init(&m_attributes);
        sigset_t all;
        sigset_t none;
        ::sigfillset(&all);
        ::sigemptyset(&none);
        ::posix_spawnattr_setsigdefault(&m_attributes, &all);
        ::posix_spawnattr_setsigmask(&m_attributes, &none);
        ::posix_spawnattr_setflags(&m_attributes,
                                   static_cast<short>(POSIX_SPAWN_SETSIGDEF |
                                                      POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID));
    }

    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
    SpawnSettings(SpawnSettings&&) = delete;
    SpawnSettings& operator=(SpawnSettings&&) = delete;

    ~SpawnSettings() {
        ::posix_spawn_file_actions_destroy(&m_actions);
        ::posix_spawnattr_destroy(&m_attributes);
    }

    /// Searches PATH, and gives on our environment. An errno, or 0.
    int spawn(pid_t& id, char* const* arguments) const {
        return ::posix_spawnp(&id, arguments[0], &m_actions, &m_attributes, arguments, environ);
    }

    /// By its path and with an empty environment. An errno, or 0.
    int spawn_bare(pid_t& id, char* const* arguments) const {
        char* const nothing = nullptr;
        return ::posix_spawn(&id, arguments[0], &m_actions, &m_attributes, arguments, &nothing);
    }

private:
    posix_spawn_file_actions_t m_actions{};
    posix_spawnattr_t m_attributes{};
};

/// The words as posix_spawn wants them; it does not write there.
Result<std::vector<char*>> spawn_words(const std::vector<std::string>& arguments) {
    if (arguments.empty()) return fail(Errc::invalid_argument, "no program to start");
    std::vector<char*> words;
    for (const auto& argument : arguments)
        words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    return words;
}

/// A file in memory with this content, read from its begin.
Result<Descriptor> make_content(ByteView content) {
    Descriptor file(::memfd_create("torgo", MFD_CLOEXEC));
    while (file.number() >= 0 && !content.empty()) {
        const auto put = ::write(file.number(), content.data(), content.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return std::unexpected(system_error(errno, "a file in memory"));
        content = content.subspan(static_cast<std::size_t>(put));
    }
    if (file.number() < 0 || ::lseek(file.number(), 0, SEEK_SET) != 0)
        return std::unexpected(system_error(errno, "a file in memory"));
    return file;
}

/// What a child gets of its own beside its output: our end of the socket, its end, the contents.
struct Ends {
    Descriptor ours;
    std::vector<Descriptor> theirs; ///< numbered above all that they become
};

Result<> add_end(Ends& ends, const Descriptor& one, std::size_t count) {
    const int floor = env::Processes::first_content + static_cast<int>(count);
    Descriptor high(::fcntl(one.number(), F_DUPFD_CLOEXEC, floor));
    if (high.number() < 0) return std::unexpected(system_error(errno, "connecting a program"));
    ends.theirs.push_back(std::move(high));
    return {};
}

Result<Ends> make_ends(const std::vector<Bytes>& contents) {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return std::unexpected(system_error(errno, "connecting a program"));
    Ends ends{Descriptor(pair[0]), {}};
    CHECK_OK(add_end(ends, Descriptor(pair[1]), contents.size()));
    for (const auto& content : contents) {
        TRY(const auto file, make_content(content));
        CHECK_OK(add_end(ends, file, contents.size()));
    }
    return ends;
}

} // namespace

Result<std::unique_ptr<env::Process>> Processes::start(const std::vector<std::string>& arguments,
                                                       const std::string& log_path) {
    TRY(const auto words, spawn_words(arguments));
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC;
    const int log = ::open(log_path.c_str(), flags, 0600);
    if (log < 0) return std::unexpected(system_error(errno, log_path));
    pid_t id = 0;
    const int failed = SpawnSettings(log).spawn(id, words.data());
    ::close(log);
    if (failed != 0) return std::unexpected(system_error(failed, "starting " + arguments[0]));
    return std::make_unique<SpawnedProcess>(id);
}

Result<env::Connected> Processes::start_connected(const std::vector<std::string>& arguments,
                                                  const std::vector<Bytes>& contents) {
    TRY(const auto words, spawn_words(arguments));
    TRY(auto ends, make_ends(contents));
    std::array<int, 2> pair{};
    if (::pipe2(pair.data(), O_CLOEXEC) != 0)
        return std::unexpected(system_error(errno, "connecting a program"));
    Descriptor reading(pair[0]);
    const Descriptor writing(pair[1]);

    env::Connected out;
    TRY(out.output, make_pipe_stream(std::move(reading)));
    pid_t id = 0;
    const int failed = SpawnSettings(writing.number(), ends.theirs).spawn_bare(id, words.data());
    if (failed != 0) return std::unexpected(system_error(failed, "starting " + arguments[0]));
    out.process = std::make_unique<SpawnedProcess>(id);
    out.socket = make_stream(ends.ours.release());
    return out;
}

void Processes::tell_manager(std::string_view state) noexcept {
    const char* const path = std::getenv("NOTIFY_SOCKET"); // NOLINT(concurrency-mt-unsafe)
    sockaddr_un address{};
    const std::string_view name = path == nullptr ? "" : path;
    if (name.empty() || name.size() >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::ranges::copy(name, address.sun_path);
    if (name.front() == '@') address.sun_path[0] = '\0'; // a name of Linux, no file
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    (void)::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&address), size);
    ::close(socket);
}

std::int64_t Processes::own_id() const {
    return ::getpid();
}

} // namespace torgo::sys
