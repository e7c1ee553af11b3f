#include "cli/child.hpp"

#include "base/ensure.hpp"

#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>

namespace torgo::cli {

struct StoppableReader::State {
    int descriptor;
    int wake; ///< an eventfd that becomes readable when the stop comes
    std::stop_token stop;
    std::optional<std::stop_callback<std::function<void()>>> callback;
};

StoppableReader::StoppableReader(int descriptor, std::stop_token stop)
    : m_state(std::make_unique<State>()) {
    m_state->descriptor = descriptor;
    m_state->stop = std::move(stop);
    m_state->wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ENSURE(m_state->wake >= 0);
    m_state->callback.emplace(m_state->stop, [wake = m_state->wake] {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(wake, &one, sizeof one));
    });
}

StoppableReader::~StoppableReader() {
    m_state->callback.reset();
    ::close(m_state->wake);
}

Result<std::size_t> StoppableReader::read(ByteSpan out) {
    for (;;) {
        std::array<pollfd, 2> waits{{{m_state->descriptor, POLLIN, 0}, {m_state->wake, POLLIN, 0}}};
        const int ready = ::poll(waits.data(), waits.size(), -1);
        if (m_state->stop.stop_requested()) return fail(Errc::cancelled, "reading was stopped");
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0) return std::unexpected(system_error(errno, "waiting for input"));
        const auto got = ::read(m_state->descriptor, out.data(), out.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) return std::unexpected(system_error(errno, "reading the input"));
        return static_cast<std::size_t>(got);
    }
}

Result<std::string> own_program() {
    std::string out(PATH_MAX, '\0');
    const auto size = ::readlink("/proc/self/exe", out.data(), out.size());
    if (size < 0) return std::unexpected(system_error(errno, "looking for this program's file"));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

bool is_secret_variable(std::string_view name) noexcept {
    return name == "TORGO_PASSWORD" || name == "TORGO_PASSWORD_FILE" ||
           name == "TORGO_PASSWORD_COMMAND" || name == "TORGO_KEY_FILE" ||
           name == "TORGO_NEW_PASSWORD" || name == "TORGO_DB_URI";
}

namespace {

/// posix_spawn's settings: default signals, standard output into `output`.
class SpawnSettings {
public:
    explicit SpawnSettings(int output) {
        ::posix_spawn_file_actions_init(&m_actions);
        ::posix_spawn_file_actions_adddup2(&m_actions, output, STDOUT_FILENO);
        ::posix_spawnattr_init(&m_attributes);
        sigset_t defaults;
        ::sigemptyset(&defaults);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
            ::sigaddset(&defaults, signal);
        ::posix_spawnattr_setsigdefault(&m_attributes, &defaults);
        ::posix_spawnattr_setflags(&m_attributes, POSIX_SPAWN_SETSIGDEF);
    }

    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
    SpawnSettings(SpawnSettings&&) = delete;
    SpawnSettings& operator=(SpawnSettings&&) = delete;

    ~SpawnSettings() {
        ::posix_spawn_file_actions_destroy(&m_actions);
        ::posix_spawnattr_destroy(&m_attributes);
    }

    Result<int> spawn(std::vector<std::string> command, std::vector<std::string> variables) {
        const auto pointers = [](std::vector<std::string>& texts) {
            std::vector<char*> out;
            for (auto& text : texts)
                out.push_back(text.data());
            out.push_back(nullptr);
            return out;
        };
        auto argv = pointers(command);
        auto envp = pointers(variables);
        pid_t process = 0;
        const int problem =
            ::posix_spawnp(&process, argv[0], &m_actions, &m_attributes, argv.data(), envp.data());
        if (problem != 0) {
            return std::unexpected(system_error(problem, "starting \"" + command[0] + "\""));
        }
        return process;
    }

private:
    posix_spawn_file_actions_t m_actions{};
    posix_spawnattr_t m_attributes{};
};

} // namespace

Result<std::unique_ptr<Child>> Child::start(const std::vector<std::string>& command,
                                            const Environment& environment,
                                            const std::stop_token& stop) {
    if (command.empty()) return fail(Errc::invalid_argument, "no command is given");
    std::vector<std::string> variables;
    for (const auto& [name, value] : environment.variables()) {
        if (!is_secret_variable(name)) variables.push_back(name + "=" + value);
    }
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return std::unexpected(system_error(errno, "making a pipe"));
    }
    auto process = SpawnSettings(ends[1]).spawn(command, std::move(variables));
    ::close(ends[1]);
    if (!process) {
        ::close(ends[0]);
        return std::unexpected(std::move(process).error());
    }
    return std::unique_ptr<Child>(new Child(*process, ends[0], command[0], stop));
}

Child::Child(int process, int output, std::string name, std::stop_token stop)
    : m_process(process),
      m_output(output),
      m_name(std::move(name)),
      m_reader(output, std::move(stop)) {}

Child::~Child() {
    ::close(m_output);
    if (m_process <= 0) return;
    ::kill(m_process, SIGTERM);
    static_cast<void>(wait());
}

Result<std::size_t> Child::read(ByteSpan out) {
    if (m_process <= 0) return std::size_t{0};
    TRY(const auto got, m_reader.read(out));
    if (got == 0) CHECK_OK(wait());
    return got;
}

Result<> Child::wait() {
    int status = 0;
    while (::waitpid(m_process, &status, 0) < 0 && errno == EINTR) {
    }
    m_process = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    const auto how = WIFEXITED(status)
                         ? "ended with exit code " + std::to_string(WEXITSTATUS(status))
                         : "was ended by signal " + std::to_string(WTERMSIG(status));
    return fail(Errc::io, "the command \"" + m_name + "\" " + how);
}

} // namespace torgo::cli
