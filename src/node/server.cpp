// Who accepts, who looks at deadlines, and how it all ends. Each connection looks after itself
// (connection.cpp); here is the list of them.
#include "node/server.hpp"

#include "base/ensure.hpp"
#include "node/connection.hpp"
#include "node/listening.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace torgo::node {

namespace {

namespace asio = boost::asio;
template <class T>
using Task = asio::awaitable<T>;
constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

/// A listening socket as the network threads know it.
struct Door {
    Door(asio::io_context& network, Listening opened)
        : listening(std::move(opened)),
          socket(asio::make_strand(network), listening.take_socket()),
          pause(socket.get_executor()) {}

    Listening listening;
    asio::posix::stream_descriptor socket;
    asio::steady_timer pause;
};

/// A longer wait than this would overflow.
constexpr std::chrono::nanoseconds stop_time_max = std::chrono::hours(24);

/// For this thread: those who are served go before those who knock. Where it may not be so, they
/// still do not wait for each other.
void yield_to_others() {
    constexpr int niceness = 10;
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness);
}

/// What went wrong with one caller, who is gone; not with the listening socket or this process.
bool concerns_caller(int number) {
    return number == EAGAIN || number == EINTR || number == ECONNABORTED || number == EPROTO ||
           number == EPERM;
}

} // namespace

struct Server::State {
    State(Service& service, const crypto::TlsContext& tls, env::Clock& clock,
          const ServerLimits& limits)
        : disk(limits.disk_threads),
          ticks(asio::make_strand(network)),
          shared{service, tls, clock, limits, network, disk, handshakes, [this] {
                     return snapshot();
                 }} {}

    ServerCounters snapshot() const {
        const std::lock_guard lock(mutex);
        return shared.counters.snapshot(connections.size());
    }

    void open_doors(std::vector<Listening> opened);
    void run();
    Task<void> accept_all(Door& door);
    Task<void> wait_for_handshakes(Door& door);
    Task<void> look_after_all();
    void welcome(const Accepted& accepted);
    bool make_room(Listener::Kind kind);
    bool make_room_for_peer();
    void forget(std::uint64_t number);
    void for_all(void (Connection::*act)());
    void close_doors();

    asio::io_context network;
    asio::thread_pool disk;
    asio::io_context handshakes;
    asio::executor_work_guard<asio::io_context::executor_type> more_handshakes{
        handshakes.get_executor()};
    asio::steady_timer ticks;
    bool over = false; ///< of the strand of `ticks`
    Shared shared;
    std::vector<std::unique_ptr<Door>> doors;
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::map<std::uint64_t, std::shared_ptr<Connection>> connections; ///< by age; guarded by mutex
    std::uint64_t next_number = 0;                                    ///< guarded by mutex
    std::mutex stop_mutex;
    bool stopped = false; ///< guarded by stop_mutex
    std::vector<std::jthread> threads;
};

void Server::State::open_doors(std::vector<Listening> opened) {
    for (auto& listening : opened)
        doors.push_back(std::make_unique<Door>(network, std::move(listening)));
}

void Server::State::run() {
    for (const auto& door : doors)
        asio::co_spawn(door->socket.get_executor(), accept_all(*door), asio::detached);
    asio::co_spawn(ticks.get_executor(), look_after_all(), asio::detached);
    for (unsigned i = 0; i < shared.limits.network_threads; ++i)
        threads.emplace_back([this] { network.run(); });
    for (unsigned i = 0; i < shared.limits.handshake_threads; ++i)
        threads.emplace_back([this] {
            yield_to_others();
            handshakes.run();
        });
}

/// Until those who were accepted get their handshakes.
Task<void> Server::State::wait_for_handshakes(Door& door) {
    while (!shared.stopping && shared.reckoned >= shared.limits.handshake_queue) {
        door.pause.expires_after(shared.limits.queue_pause);
        (void)co_await door.pause.async_wait(quietly);
    }
}

Task<void> Server::State::accept_all(Door& door) {
    while (!shared.stopping) {
        if (door.listening.kind() == Listener::Kind::peers) co_await wait_for_handshakes(door);
        const auto [error] =
            co_await door.socket.async_wait(asio::posix::descriptor_base::wait_read, quietly);
        if (error || shared.stopping) continue; // closed: stopping
        const int made =
            ::accept4(door.socket.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (made >= 0) {
            welcome({made, door.listening.family(), door.listening.kind()});
        } else if (!concerns_caller(errno)) {
            shared.counters.add(Count::accept_failed);
            door.pause.expires_after(shared.limits.accept_backoff);
            (void)co_await door.pause.async_wait(quietly);
        }
    }
}

void Server::State::welcome(const Accepted& accepted) {
    shared.counters.add(Count::accepted);
    std::shared_ptr<Connection> connection;
    std::uint64_t number = 0;
    {
        const std::lock_guard lock(mutex);
        if (shared.stopping || !make_room(accepted.kind)) {
            if (!shared.stopping) shared.counters.add(Count::refused_full);
            (void)::close(accepted.socket);
            return;
        }
        number = next_number++;
        connection = Connection::make(shared, accepted);
        connections.emplace(number, connection);
    }
    // It may run, and end, at once.
    connection->start([this, number] { forget(number); });
}

/// Room for one more. The mutex is held.
bool Server::State::make_room(Listener::Kind kind) {
    if (kind == Listener::Kind::peers) return make_room_for_peer();
    const auto others = std::ranges::count_if(
        connections, [](const auto& item) { return item.second->is_status(); });
    return static_cast<std::size_t>(others) < shared.limits.status_connections;
}

/// The oldest handshake goes when there are too many, since those that are meant
/// end soon; the youngest idle connection goes when there are too many in all, since a flood of
/// them is younger than who was here before.
bool Server::State::make_room_for_peer() {
    const auto of_peer = [](const auto& item) {
        return !item.second->is_status();
    };
    const auto in_phase = [&](Phase phase) {
        return [=](const auto& item) {
            return of_peer(item) && !item.second->doomed() && item.second->phase() == phase;
        };
    };
    const auto shaking = std::ranges::count_if(connections, in_phase(Phase::handshake));
    if (static_cast<std::size_t>(shaking) >= shared.limits.handshakes)
        std::ranges::find_if(connections, in_phase(Phase::handshake))->second->displace();
    const auto peers = std::ranges::count_if(connections, of_peer);
    if (static_cast<std::size_t>(peers) < shared.limits.connections) return true;
    const auto idle = std::find_if(connections.rbegin(), connections.rend(), in_phase(Phase::idle));
    if (idle == connections.rend()) return false;
    idle->second->evict();
    return true;
}

void Server::State::forget(std::uint64_t number) {
    {
        const std::lock_guard lock(mutex);
        connections.erase(number);
    }
    changed.notify_all();
}

Task<void> Server::State::look_after_all() {
    while (!over) {
        ticks.expires_after(shared.limits.tick);
        (void)co_await ticks.async_wait(quietly);
        const auto now_ns = shared.clock.monotonic_ns();
        const std::lock_guard lock(mutex);
        for (const auto& [number, connection] : connections)
            connection->look(now_ns);
    }
}

void Server::State::for_all(void (Connection::*act)()) {
    const std::lock_guard lock(mutex);
    for (const auto& [number, connection] : connections)
        ((*connection).*act)();
}

void Server::State::close_doors() {
    for (const auto& door : doors)
        asio::post(door->socket.get_executor(), [&door = *door] {
            boost::system::error_code ignored;
            door.socket.close(ignored);
            door.pause.cancel();
        });
}

Server::Server(std::unique_ptr<State> state) : m_state(std::move(state)) {}

Server::~Server() { // NOLINT(bugprone-exception-escape): a thread that cannot be joined is our bug
    stop(0);
}

Result<std::unique_ptr<Server>> Server::start(Service& service, const crypto::TlsContext& tls,
                                              env::Clock& clock,
                                              const std::vector<Listener>& listeners,
                                              const ServerLimits& limits) {
    ENSURE(tls.role() == crypto::TlsRole::server && limits.network_threads > 0 &&
           limits.disk_threads > 0 && limits.handshake_threads > 0);
    std::vector<Listening> opened;
    for (const auto& listener : listeners) {
        TRY(auto listening, Listening::open(listener));
        opened.push_back(std::move(listening));
    }
    auto state = std::make_unique<State>(service, tls, clock, limits);
    state->open_doors(std::move(opened));
    state->run();
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

std::vector<env::Endpoint> Server::endpoints() const {
    std::vector<env::Endpoint> found;
    for (const auto& door : m_state->doors)
        found.push_back(door->listening.at());
    return found;
}

void Server::stop(env::Deadline deadline) {
    auto& state = *m_state;
    const std::lock_guard stopping(state.stop_mutex);
    if (std::exchange(state.stopped, true)) return;
    {
        const std::lock_guard lock(state.mutex); // against a connection that is just welcomed
        state.shared.stopping = true;
    }
    state.close_doors();
    state.for_all(&Connection::finish);
    const auto nobody = [&] {
        return state.connections.empty();
    };
    {
        const std::chrono::nanoseconds left(deadline - state.shared.clock.monotonic_ns());
        std::unique_lock lock(state.mutex);
        state.changed.wait_for(lock, std::clamp(left, left.zero(), stop_time_max), nobody);
    }
    state.for_all(&Connection::kill);
    {
        std::unique_lock lock(state.mutex);
        state.changed.wait(lock, nobody);
    }
    asio::post(state.ticks.get_executor(), [&] {
        state.over = true;
        state.ticks.cancel();
    });
    state.more_handshakes.reset();
    state.threads.clear(); // they end when nothing is left to do
    state.disk.join();
}

ServerCounters Server::counters() const {
    return m_state->snapshot();
}

} // namespace torgo::node
