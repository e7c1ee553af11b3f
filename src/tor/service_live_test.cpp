// Everything together with real tors on a private network of this machine, about half a minute.
#include "sys/clock.hpp"
#include "sys/file_system.hpp"
#include "sys/network.hpp"
#include "sys/processes.hpp"
#include "sys/random.hpp"
#include "tor/onion_network.hpp"
#include "tor/service.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <thread>

namespace torgo::tor {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t tor_limit = 25 * second;
constexpr std::uint16_t service_port = 443;

/// Real interfaces, and a short folder for sockets.
class Machine {
public:
    Machine() {
        char name[] = "/tmp/torgo_tor_XXXXXX";
        folder = ::mkdtemp(name);
    }

    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    Machine(Machine&&) = delete;
    Machine& operator=(Machine&&) = delete;

    ~Machine() {
        std::error_code ignored; // of sockets that vanish meanwhile
        std::filesystem::remove_all(folder, ignored);
    }

    env::World world() { return {&clock, &random, &files, &network, &processes}; }

    env::Deadline in(std::int64_t ns) const { return clock.monotonic_ns() + ns; }

    void tell(const std::string& what) {
        const auto ms = (clock.monotonic_ns() - m_begin) / 1'000'000;
        std::cout << "[ " << ms << " ms ] " << what << std::endl;
    }

    std::string folder;
    sys::Clock clock;
    sys::Random random;
    sys::FileSystem files;
    sys::Network network;
    sys::Processes processes;

private:
    std::int64_t m_begin = clock.monotonic_ns();
};

std::string missing_program() {
    for (const auto* program : {"tor", "tor-gencert", "python3"})
        if (std::system((std::string("command -v ") + program + " >/dev/null").c_str()) != 0)
            return program;
    return {};
}

/// The private network in a child, whose output comes through a pipe that has a name.
class PrivateNetwork {
public:
    explicit PrivateNetwork(Machine& machine) {
        const auto pipe = machine.folder + "/says";
        EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
        const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        auto started = machine.processes.start(
            {"python3", TORGO_TOR_NETWORK, "--end-with-parent", machine.folder + "/network"}, pipe);
        EXPECT_TRUE(started.has_value());
        if (started) m_process = std::move(*started);
        (void)::fcntl(reader, F_SETFL, 0);
        std::FILE* const stream = ::fdopen(reader, "r");
        char line[1000];
        while (std::fgets(line, sizeof line, stream) != nullptr && line[0] != '\n') {
            std::string text = line;
            text.pop_back();
            torrc_lines.push_back(std::move(text));
        }
        is_up = !std::feof(stream);
        std::fclose(stream);
    }

    std::vector<std::string> torrc_lines; ///< or why it did not come up
    bool is_up = false;

private:
    std::unique_ptr<env::Process> m_process;
};

/// Gives back what it gets, each connection in a thread of its own.
class Echo {
public:
    explicit Echo(const std::string& path) : m_socket(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        EXPECT_EQ(::bind(m_socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(m_socket, 8), 0);
        m_acceptor = std::jthread([this] { accept_all(); });
    }

    Echo(const Echo&) = delete;
    Echo& operator=(const Echo&) = delete;
    Echo(Echo&&) = delete;
    Echo& operator=(Echo&&) = delete;

    ~Echo() {
        ::shutdown(m_socket, SHUT_RDWR);
        m_acceptor.join();
        ::close(m_socket);
    }

private:
    void accept_all() {
        std::vector<std::jthread> threads;
        std::vector<std::shared_ptr<env::Stream>> streams;
        for (int one = 0; (one = ::accept(m_socket, nullptr, nullptr)) >= 0;) {
            streams.emplace_back(sys::make_stream(one));
            threads.emplace_back([stream = streams.back()] { echo(*stream); });
        }
        for (const auto& stream : streams)
            stream->close();
    }

    static void echo(env::Stream& stream) {
        const auto limit = sys::Clock().monotonic_ns() + tor_limit;
        Bytes buffer(64_KiB);
        for (;;) {
            const auto got = stream.read_some(buffer, limit);
            if (!got || *got == 0 || !stream.write(ByteView(buffer).first(*got), limit)) return;
        }
    }

    int m_socket;
    std::jthread m_acceptor;
};

/// A service may be found a moment after its announcement only.
std::unique_ptr<env::Stream> connect(Machine& machine, env::Network& network,
                                     const env::Endpoint& to) {
    const auto limit = machine.in(tor_limit);
    for (;;) {
        auto stream = network.connect(to, limit, {});
        if (stream) return std::move(*stream);
        machine.tell("no way yet: " + stream.error().detail());
        if (machine.clock.monotonic_ns() > limit) return nullptr;
        machine.clock.sleep_ns(second / 5);
    }
}

void expect_echo(Machine& machine, env::Stream& stream, std::size_t size) {
    Bytes sent(size);
    machine.random.fill(sent);
    const auto limit = machine.in(tor_limit);
    const std::jthread writer([&] { EXPECT_TRUE(stream.write(sent, limit).has_value()); });
    Bytes back(size);
    std::size_t at = 0;
    while (at < size) {
        const auto got = stream.read_some(ByteSpan(back).subspan(at), limit);
        if (!got || *got == 0) {
            ADD_FAILURE() << (got ? "end" : got.error().detail());
            stream.close();
            return;
        }
        at += *got;
    }
    EXPECT_EQ(back, sent);
}

void expect_usable(Service& service, Machine& machine) {
    const auto started = service.start(machine.in(tor_limit));
    ASSERT_TRUE(started.has_value()) << started.error().detail();
    const auto usable = service.wait_until_usable(machine.in(tor_limit));
    const auto status = service.status();
    ASSERT_TRUE(usable.has_value()) << usable.error().detail() << ": " << name(status.state) << ' '
                                    << status.percent << " % " << status.note;
    EXPECT_EQ(service.status().percent, 100U);
}

/// The number of the tor that runs in a folder, as its control socket's owner.
pid_t tor_in(const std::string& control_path) {
    const int one = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, control_path.c_str(), control_path.size() + 1);
    ucred owner{};
    socklen_t size = sizeof owner;
    if (::connect(one, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
        ::getsockopt(one, SOL_SOCKET, SO_PEERCRED, &owner, &size);
    ::close(one);
    return owner.pid;
}

} // namespace

TEST(ServiceLive, serves_through_tor_and_comes_back_at_the_same_address) {
    if (const auto missing = missing_program(); !missing.empty())
        GTEST_SKIP() << missing << " is not installed";
    Machine machine;
    const PrivateNetwork network(machine);
    ASSERT_TRUE(network.is_up) << (network.torrc_lines.empty() ? "" : network.torrc_lines.back());
    machine.tell("the network is up");

    const Echo echo(machine.folder + "/echo");
    const OwnTor node{machine.folder + "/node", "tor", network.torrc_lines};
    const auto service =
        Service::make(machine.world(), {node, OnionService{service_port,
                                                           {machine.folder + "/echo", 0},
                                                           machine.folder + "/key"}})
            .value();
    const auto client =
        Service::make(machine.world(),
                      {OwnTor{machine.folder + "/client", "tor", network.torrc_lines}, {}})
            .value();
    expect_usable(*client, machine);
    machine.tell("the client is ready");
    expect_usable(*service, machine);
    const auto address = service->status().address.value();
    machine.tell("published " + address.host());
    EXPECT_EQ(std::filesystem::status(machine.folder + "/key").permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

    const auto onions = OnionNetwork::make(machine.network, *client->socks(), "first").value();
    {
        const auto stream = connect(machine, *onions, {address.host(), service_port});
        ASSERT_NE(stream, nullptr);
        machine.tell("connected");
        expect_echo(machine, *stream, 1_MiB);
        machine.tell("echoed 1 MiB");
    }

    const auto tor = tor_in(node.control_path());
    ASSERT_GT(tor, 1);
    ASSERT_EQ(::kill(tor, SIGKILL), 0);
    while (service->wait_for_event(machine.in(tor_limit))) {
    }
    EXPECT_EQ(service->status().state, State::down);
    machine.tell("down: " + service->status().note);

    expect_usable(*service, machine);
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_EQ(service->status().address, address);
    machine.tell("published again");
    const auto again = OnionNetwork::make(machine.network, *client->socks(), "second").value();
    const auto stream = connect(machine, *again, {address.host(), service_port});
    ASSERT_NE(stream, nullptr);
    expect_echo(machine, *stream, 1000);
    machine.tell("echoed again");
    service->stop(machine.in(tor_limit));
    client->stop(machine.in(tor_limit));
    EXPECT_EQ(tor_in(node.control_path()), 0);
    machine.tell("stopped");
}

} // namespace torgo::tor
