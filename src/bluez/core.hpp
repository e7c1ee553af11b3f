#pragma once

// Inside the module: the connection, the calls and the objects. sdbus-c++ appears only here and in
// the .cpp files that include this; what it throws is caught in guarded() and in the loop.
//
// sdbus-c++ runs handlers with its own mutex held, which every other call into it takes. So:
//   - m_mutex is never held while sdbus-c++ is called,
//   - a call waits for its answer on m_changed, never inside sdbus-c++: the daemon asks for our
//     objects before it answers, and the loop must be free to serve it.

#include "bluez/client.hpp"
#include "bluez/config.hpp"
#include "bluez/event.hpp"
#include "bluez/types.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace torgo::bluez {

inline constexpr const char* mesh_path = "/org/bluez/mesh";
inline constexpr const char* network_interface = "org.bluez.mesh.Network1";
inline constexpr const char* node_interface = "org.bluez.mesh.Node1";
inline constexpr const char* management_interface = "org.bluez.mesh.Management1";

using Dictionary = std::map<std::string, sdbus::Variant>;
/// A byte array with its SecretBytes' content; wiped by nobody, as it crosses the bus in clear.
using ByteArray = std::vector<std::uint8_t>;

ByteArray to_array(ByteView bytes);

/// The Error of one of sdbus-c++'s.
Error to_error(const sdbus::Error& error);

/// Runs `work`, and turns what sdbus-c++ throws into an error.
template <class Work>
auto guarded(Work&& work) -> decltype(work()) {
    try {
        return std::forward<Work>(work)();
    } catch (const sdbus::Error& error) {
        return std::unexpected(to_error(error));
    }
}

class Core {
public:
    Core(const env::Clock& clock, ClientOptions options, Application application);
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;
    Core(Core&&) = delete;
    Core& operator=(Core&&) = delete;
    ~Core();

    Result<> open();
    void close() noexcept;

    /// Calls a method of the daemon and waits for its answer.
    template <class... Arguments>
    Result<sdbus::MethodReply> call(const std::string& path, const char* interface,
                                    const char* method, env::Deadline deadline,
                                    const Arguments&... arguments) {
        return guarded([&]() -> Result<sdbus::MethodReply> {
            CHECK_OK(check_can_wait());
            auto proxy = sdbus::createProxy(*m_connection, sdbus::ServiceName{m_options.daemon},
                                            sdbus::ObjectPath{path});
            auto message =
                proxy->createMethodCall(sdbus::InterfaceName{interface}, sdbus::MethodName{method});
            (void)(message << ... << arguments);
            return wait_for_reply(*proxy, message, deadline);
        });
    }

    template <class... Arguments>
    Result<> command(const std::string& path, const char* interface, const char* method,
                     env::Deadline deadline, const Arguments&... arguments) {
        CHECK_OK_WITH(method, call(path, interface, method, deadline, arguments...));
        return {};
    }

    /// A call after which the daemon calls JoinComplete.
    template <class... Arguments>
    Result<Token> call_for_token(const char* method, env::Deadline deadline,
                                 const Arguments&... arguments) {
        CHECK_OK(begin_join());
        const auto called = command(mesh_path, network_interface, method, deadline, arguments...);
        return end_join(called, deadline);
    }

    /// Repeats `send` until a message from `source` answers `question`.
    Result<Bytes> ask(Address source, const ConfigMessage& question,
                      const std::function<Result<>()>& send, env::Deadline deadline);

    sdbus::ObjectPath root() const { return sdbus::ObjectPath{m_options.root}; }

    sdbus::ObjectPath element_path(std::uint8_t element) const;

    std::size_t element_count() const { return m_application.elements.size(); }

    EventQueue& events() { return m_events; }

    bool daemon_is_there() const;

private:
    /// Somebody waits for JoinComplete or JoinFailed.
    struct Join {
        std::optional<Result<Token>> result;
        bool is_deciding = false; ///< keep_token runs: nobody gives up meanwhile
    };

    struct Expectation {
        Address source = 0;
        const ConfigMessage* question = nullptr;
        std::optional<Bytes> answer;
        bool daemon_ended = false;
    };

    struct PendingReply;

    Result<> check_can_wait() const;
    Result<sdbus::MethodReply>
    wait_for_reply(sdbus::IProxy& proxy, const sdbus::MethodCall& message, env::Deadline deadline);
    Result<> wait_for_answer(Expectation& expected, env::Deadline until);
    Result<> begin_join();
    Result<Token> end_join(const Result<>& called, env::Deadline deadline);

    void connect();
    void watch_daemon();
    void find_daemon();
    void run_loop() noexcept;
    void daemon_changed(const std::string& owner);
    void bus_ended(const std::string& reason);

    void export_objects();
    void export_application(sdbus::IObject& object);
    void export_provisioner(sdbus::IObject& object);
    void export_agent(sdbus::IObject& object);
    void export_element(sdbus::IObject& object, std::uint8_t index);
    void check_sender(sdbus::IObject& object) const;

    void join_complete(Token token);
    void join_failed(const std::string& reason);
    void node_added(const ByteArray& uuid, Address address, std::uint8_t elements);
    Placement place_node(std::uint8_t elements);
    void device_key_message(DeviceKeyMessage message);

    std::int64_t left(env::Deadline deadline) const;

    const env::Clock* m_clock;
    ClientOptions m_options;
    Application m_application;
    EventQueue m_events;

    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::string m_owner; ///< the daemon's unique name; empty without a daemon
    std::optional<std::string> m_bus_ended;
    bool m_closed = false;
    std::optional<Join> m_join;
    DeviceUuid m_adding;
    std::vector<Expectation*> m_expectations;

    std::unique_ptr<sdbus::IConnection> m_connection;
    std::vector<std::unique_ptr<sdbus::IObject>> m_objects;
    sdbus::Slot m_watch;
    std::thread m_loop;

public:
    /// Whom RequestProvData is about: the daemon provisions one device at a time.
    void set_adding(const DeviceUuid& uuid);
};

} // namespace torgo::bluez
