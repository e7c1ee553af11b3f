#include "bluez/testing/meshd_lab.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace torgo::bluez {

namespace {

constexpr const char* meshd_program = "/usr/libexec/bluetooth/bluetooth-meshd";
constexpr const char* bus_program = "/usr/bin/dbus-daemon";
constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t air_step_ns = 100 * millisecond;
constexpr std::size_t log_size_max = 4000;

bool is_there(const char* program) {
    return ::access(program, X_OK) == 0;
}

} // namespace

std::string MeshdLab::missing_package() {
    if (!is_there(meshd_program)) return "bluez-meshd";
    if (!is_there(bus_program)) return "dbus-daemon";
    return {};
}

Result<std::unique_ptr<MeshdLab>> MeshdLab::make(std::uint64_t seed) {
    std::unique_ptr<MeshdLab> lab(new MeshdLab);
    CHECK_OK(lab->make_folder());
    CHECK_OK(lab->start_bus());
    lab->m_air = std::make_unique<VirtualAir>(lab->m_clock, lab->m_folder, seed);
    lab->m_air_thread = std::jthread([lab = lab.get()](const std::stop_token& stop) {
        while (!stop.stop_requested())
            if (!lab->m_air->step(lab->in(air_step_ns))) return;
    });
    return lab;
}

MeshdLab::~MeshdLab() {
    m_daemons.clear();
    m_bus.reset();
    if (m_air_thread.joinable()) {
        m_air_thread.request_stop();
        m_air_thread.join();
    }
    m_air.reset();
    if (m_bus_output >= 0) ::close(m_bus_output);
    std::error_code ignored;
    if (!m_folder.empty()) std::filesystem::remove_all(m_folder, ignored);
}

Result<> MeshdLab::make_folder() {
    auto name = (std::filesystem::temp_directory_path() / "torgo_mesh_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return std::unexpected(system_error(errno, name));
    m_folder = name;
    return {};
}

/// Its first line that names an address says that it listens there.
Result<> MeshdLab::start_bus() {
    const auto pipe = m_folder + "/bus.out";
    if (::mkfifo(pipe.c_str(), 0600) != 0) return std::unexpected(system_error(errno, pipe));
    m_bus_output = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    TRY(m_bus, m_processes.start({bus_program, "--session", "--nofork", "--nopidfile",
                                  "--print-address=1", "--address=unix:path=" + m_folder + "/bus"},
                                 pipe));
    (void)::fcntl(m_bus_output, F_SETFL, 0);
    std::string line;
    char letter = 0;
    while (::read(m_bus_output, &letter, 1) == 1) {
        if (letter != '\n') {
            line.push_back(letter);
            continue;
        }
        if (line.starts_with("unix:")) {
            m_bus_address = line;
            return {};
        }
        line.clear();
    }
    return fail(Errc::unavailable, "dbus-daemon has ended");
}

Result<> MeshdLab::start(const std::string& name, env::Deadline deadline) {
    const auto store = m_folder + "/" + name + ".store";
    std::error_code error;
    if (std::filesystem::create_directory(store, error)) CHECK_OK(m_air->add_daemon(name));
    const std::vector<std::string> arguments{"/usr/bin/env",
                                             "DBUS_SESSION_BUS_ADDRESS=" + m_bus_address,
                                             "TORGO_MESHD_AIR=" + m_air->air_path(name),
                                             "LD_PRELOAD=" TORGO_MESHD_SHIM,
                                             meshd_program,
                                             "--nodetach",
                                             "--debug",
                                             "--io",
                                             "unit:" + m_air->daemon_path(name),
                                             "--storage",
                                             store};
    TRY(m_daemons[name], m_processes.start(arguments, m_folder + "/" + name + ".log"));
    while (!m_air->wait_for_bus_name(name, air_step_ns)) {
        TRY(const auto ended, m_daemons[name]->poll());
        if (ended) return fail(Errc::unavailable, "bluetooth-meshd has ended: " + log_of(name));
        if (m_clock.monotonic_ns() > deadline)
            return fail(Errc::timeout, "bluetooth-meshd does not answer: " + log_of(name));
    }
    return {};
}

void MeshdLab::kill(const std::string& name) {
    m_daemons.erase(name);
    m_air->forget_bus_name(name);
}

void MeshdLab::stop(const std::string& name) {
    (void)::kill(static_cast<pid_t>(m_daemons.at(name)->id()), SIGSTOP);
}

std::string MeshdLab::bus_name(const std::string& name) const {
    return m_air->bus_name(name).value_or("");
}

std::string MeshdLab::log_of(const std::string& name) const {
    std::ifstream file(m_folder + "/" + name + ".log");
    std::ostringstream text;
    text << file.rdbuf();
    const auto whole = text.str();
    return whole.size() <= log_size_max ? whole : whole.substr(whole.size() - log_size_max);
}

} // namespace torgo::bluez
