#pragma once

// Real bluetooth-meshd daemons on a private bus, with a VirtualAir as radio.

#include "base/error.hpp"
#include "bluez/testing/virtual_air.hpp"
#include "env/processes.hpp"
#include "sys/clock.hpp"
#include "sys/processes.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>

namespace torgo::bluez {

/// For one thread, which must live as long as the daemons: with `--io unit:` each asks the kernel
/// for SIGSEGV at the end of the thread that started it (bluez mesh/main.c, PR_SET_PDEATHSIG).
class MeshdLab {
public:
    /// What this machine lacks, as a package's name; empty when nothing.
    static std::string missing_package();

    /// A folder below the system's folder for temporary files, a bus, and an air.
    /// errors  `io`, `not_found`, `unavailable`
    static Result<std::unique_ptr<MeshdLab>> make(std::uint64_t seed);

    MeshdLab(const MeshdLab&) = delete;
    MeshdLab& operator=(const MeshdLab&) = delete;
    MeshdLab(MeshdLab&&) = delete;
    MeshdLab& operator=(MeshdLab&&) = delete;
    ~MeshdLab();

    /// Starts a daemon, the first time or on what it left, and waits for its name on the bus. The
    /// first one also owns `org.bluez.mesh`.
    Result<> start(const std::string& name, env::Deadline deadline);

    /// Ends a daemon at once, as a crash would.
    void kill(const std::string& name);

    /// Lets it hang, until it is killed.
    void stop(const std::string& name);

    /// The daemon's unique name on the bus.
    std::string bus_name(const std::string& name) const;

    const std::string& bus_address() const { return m_bus_address; }

    void kill_bus() { m_bus->kill(); }

    VirtualAir& air() { return *m_air; }

    env::Clock& clock() { return m_clock; }

    env::Deadline in(std::int64_t ns) const { return m_clock.monotonic_ns() + ns; }

    /// The end of what a daemon said.
    std::string log_of(const std::string& name) const;

private:
    MeshdLab() = default;

    Result<> make_folder();
    Result<> start_bus();

    std::string m_folder;
    std::string m_bus_address;
    int m_bus_output = -1;
    sys::Clock m_clock;
    sys::Processes m_processes;
    std::unique_ptr<env::Process> m_bus;
    std::unique_ptr<VirtualAir> m_air;
    std::map<std::string, std::unique_ptr<env::Process>> m_daemons;
    std::jthread m_air_thread;
};

} // namespace torgo::bluez
