// A child gets nothing of ours but its arguments and environment: input from /dev/null, output to
// its log, no other descriptor, default signals, a session of its own.
#include "sys/processes.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <mutex>

namespace torgo::sys {

namespace {

constexpr int signal_status_base = 128;

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
    explicit SpawnSettings(int log) {
        ::posix_spawn_file_actions_init(&m_actions);
        ::posix_spawn_file_actions_adddup2(&m_actions, log, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&m_actions, log, STDERR_FILENO);
        ::posix_spawn_file_actions_addopen(&m_actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addclosefrom_np(&m_actions, STDERR_FILENO + 1);
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

    /// An errno, or 0.
    int spawn(pid_t& id, char* const* arguments) const {
        return ::posix_spawnp(&id, arguments[0], &m_actions, &m_attributes, arguments, environ);
    }

private:
    posix_spawn_file_actions_t m_actions{};
    posix_spawnattr_t m_attributes{};
};

} // namespace

Result<std::unique_ptr<env::Process>> Processes::start(const std::vector<std::string>& arguments,
                                                       const std::string& log_path) {
    if (arguments.empty()) return fail(Errc::invalid_argument, "no program to start");
    std::vector<char*> words;
    for (const auto& argument : arguments)
        words.push_back(const_cast<char*>(argument.c_str())); // posix_spawn does not write there
    words.push_back(nullptr);

    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC;
    const int log = ::open(log_path.c_str(), flags, 0600);
    if (log < 0) return std::unexpected(system_error(errno, log_path));
    pid_t id = 0;
    const int failed = SpawnSettings(log).spawn(id, words.data());
    ::close(log);
    if (failed != 0) return std::unexpected(system_error(failed, "starting " + arguments[0]));
    return std::make_unique<SpawnedProcess>(id);
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
