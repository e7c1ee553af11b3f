#include "bluez/core.hpp"

#include <systemd/sd-bus.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

namespace torgo::bluez {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
/// The library's own limit of a call comes after ours, which says `timeout`.
constexpr std::int64_t library_slack_ns = 5 * second_ns;
/// For what the bus itself answers.
constexpr std::uint64_t bus_call_limit_us = 5'000'000;
/// A question is asked again after this: longer than 32 segments at 100 ms take.
constexpr std::int64_t ask_again_ns = 4 * second_ns;

struct BusUnref {
    void operator()(sd_bus* bus) const { sd_bus_unref(bus); }
};

/// A bus at an address. sdbus-c++ 2 has a call for it, which keeps the bus for ever when nobody
/// listens there. errors  throws sdbus::Error
std::unique_ptr<sdbus::IConnection> connect_to(const std::string& address) {
    sd_bus* made = nullptr;
    int result = sd_bus_new(&made);
    std::unique_ptr<sd_bus, BusUnref> bus(made);
    if (result >= 0) result = sd_bus_set_address(bus.get(), address.c_str());
    if (result >= 0) result = sd_bus_set_bus_client(bus.get(), 1);
    if (result >= 0) result = sd_bus_set_trusted(bus.get(), 1);
    if (result >= 0) result = sd_bus_start(bus.get());
    if (result < 0) throw sdbus::createError(-result, "no bus at " + address);
    return sdbus::createBusConnection(bus.release());
}

/// True on the bus's thread, which must never wait for an answer.
thread_local bool on_bus_thread = false;

struct NamedError {
    std::string_view name;
    Errc code;
};

/// source  bluez 5.82 mesh/dbus.c, error_table; D-Bus specification
constexpr std::array named_errors = std::to_array<NamedError>({
    {"org.bluez.mesh.Error.Failed", Errc::io},
    {"org.bluez.mesh.Error.NotAuthorized", Errc::permission},
    {"org.bluez.mesh.Error.NotFound", Errc::not_found},
    {"org.bluez.mesh.Error.InvalidArgs", Errc::invalid_argument},
    {"org.bluez.mesh.Error.InProgress", Errc::unavailable},
    {"org.bluez.mesh.Error.Busy", Errc::unavailable},
    {"org.bluez.mesh.Error.AlreadyExists", Errc::exists},
    {"org.bluez.mesh.Error.DoesNotExist", Errc::not_found},
    {"org.bluez.mesh.Error.Canceled", Errc::cancelled},
    {"org.bluez.mesh.Error.NotImplemented", Errc::unsupported},
    {"org.freedesktop.DBus.Error.AccessDenied", Errc::permission},
    {"org.freedesktop.DBus.Error.AuthFailed", Errc::permission},
    {"org.freedesktop.DBus.Error.ServiceUnknown", Errc::unavailable},
    {"org.freedesktop.DBus.Error.NameHasNoOwner", Errc::unavailable},
    {"org.freedesktop.DBus.Error.NoReply", Errc::unavailable},
    {"org.freedesktop.DBus.Error.Disconnected", Errc::unavailable},
    {"org.freedesktop.DBus.Error.NoServer", Errc::unavailable},
    {"org.freedesktop.DBus.Error.FileNotFound", Errc::unavailable},
    {"org.freedesktop.DBus.Error.Timeout", Errc::timeout},
    {"org.freedesktop.DBus.Error.InvalidArgs", Errc::invalid_argument},
    // What belongs to a node that is not attached (any more) is not on the bus.
    {"org.freedesktop.DBus.Error.UnknownObject", Errc::not_found},
    {"org.freedesktop.DBus.Error.UnknownInterface", Errc::not_found},
    {"org.freedesktop.DBus.Error.UnknownMethod", Errc::not_found},
    {"org.freedesktop.DBus.Error.NotFound", Errc::not_found},
    {"System.Error.ENOTCONN", Errc::unavailable},
    {"System.Error.ECONNRESET", Errc::unavailable},
    {"System.Error.ECONNREFUSED", Errc::unavailable},
    {"System.Error.ENOENT", Errc::unavailable},
});

} // namespace

ByteArray to_array(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

Error to_error(const sdbus::Error& error) {
    const std::string_view name = error.getName();
    const auto found = std::ranges::find(named_errors, name, &NamedError::name);
    const auto code = found == named_errors.end() ? Errc::io : found->code;
    if (name == "org.freedesktop.DBus.Error.ServiceUnknown")
        return {code, "bluetooth-meshd does not run"};
    if (name == "org.freedesktop.DBus.Error.NoReply")
        return {code, "bluetooth-meshd has ended before it answered"};
    return {code, error.getMessage().empty() ? std::string(name) : error.getMessage()};
}

Core::Core(const env::Clock& clock, ClientOptions options, Application application)
    : m_clock(&clock),
      m_options(std::move(options)),
      m_application(std::move(application)),
      m_events(clock, m_options.events_max) {
    // The daemon scans and provisions through this model, also for itself. It adds it to a
    // provisioner's first element, but only if it comes upon the interface of the provisioner
    // before it comes upon the element (bluez 5.82 mesh/node.c, get_element_properties).
    auto& models = m_application.elements.front().models;
    if (m_application.place_node && !std::ranges::contains(models, remote_provisioning_client))
        models.push_back(remote_provisioning_client);
}

Core::~Core() {
    close();
    if (m_loop.joinable()) {
        try {
            m_connection->leaveEventLoop();
        } catch (const sdbus::Error&) { // the loop has ended by itself
        }
        m_loop.join();
    }
    m_watch.reset();
    m_objects.clear();
}

Result<> Core::open() {
    CHECK_OK(guarded([this]() -> Result<> {
        connect();
        export_objects();
        watch_daemon();
        find_daemon();
        return {};
    }));
    m_loop = std::thread([this] { run_loop(); });
    return {};
}

void Core::connect() {
    if (const auto* session = std::get_if<SessionBus>(&m_options.bus); session == nullptr)
        m_connection = sdbus::createSystemBusConnection();
    else if (session->address.empty())
        m_connection = sdbus::createSessionBusConnection();
    else
        m_connection = connect_to(session->address);
    m_connection->setMethodCallTimeout(bus_call_limit_us);
}

// [BLUEZ-5]
void Core::watch_daemon() {
    const auto rule = "type='signal',sender='org.freedesktop.DBus',"
                      "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" +
                      m_options.daemon + "'";
    m_watch = m_connection->addMatch(
        rule,
        [this](sdbus::Message message) {
            std::string name;
            std::string before;
            std::string after;
            message >> name >> before >> after;
            daemon_changed(after);
        },
        sdbus::return_slot);
}

/// Before the loop runs, so that this may wait inside the library.
void Core::find_daemon() {
    auto bus = sdbus::createProxy(*m_connection, sdbus::ServiceName{"org.freedesktop.DBus"},
                                  sdbus::ObjectPath{"/org/freedesktop/DBus"});
    auto message = bus->createMethodCall(sdbus::InterfaceName{"org.freedesktop.DBus"},
                                         sdbus::MethodName{"GetNameOwner"});
    message << m_options.daemon;
    try {
        auto reply = bus->callMethod(message);
        std::string owner;
        reply >> owner;
        const std::lock_guard lock(m_mutex);
        m_owner = owner;
    } catch (const sdbus::Error& error) {
        if (error.getName() != "org.freedesktop.DBus.Error.NameHasNoOwner") throw;
    }
}

/// The library's own thread would end the program when the bus ends.
void Core::run_loop() noexcept {
    on_bus_thread = true;
    try {
        m_connection->enterEventLoop();
    } catch (const std::exception& error) {
        bus_ended(error.what());
    }
}

void Core::daemon_changed(const std::string& owner) {
    bool ended = false;
    {
        const std::lock_guard lock(m_mutex);
        ended = !m_owner.empty();
        m_owner = owner;
        if (ended) {
            if (m_join) m_join->result = fail(Errc::unavailable, "bluetooth-meshd has ended");
            for (auto* const expected : m_expectations)
                expected->daemon_ended = true;
        }
    }
    m_changed.notify_all();
    if (ended) m_events.push_always(DaemonGone{});
    if (!owner.empty()) m_events.push_always(DaemonBack{});
}

void Core::bus_ended(const std::string& reason) {
    {
        const std::lock_guard lock(m_mutex);
        m_owner.clear();
        m_bus_ended = reason;
    }
    m_changed.notify_all();
    m_events.push_always(BusGone{reason});
}

void Core::close() noexcept {
    {
        const std::lock_guard lock(m_mutex);
        m_closed = true;
    }
    m_changed.notify_all();
    m_events.close();
}

bool Core::daemon_is_there() const {
    const std::lock_guard lock(m_mutex);
    return !m_owner.empty();
}

std::int64_t Core::left(env::Deadline deadline) const {
    return std::max<std::int64_t>(deadline - m_clock->monotonic_ns(), 0);
}

sdbus::ObjectPath Core::element_path(std::uint8_t element) const {
    return sdbus::ObjectPath{m_options.root + "/element" + std::to_string(element)};
}

// [BLUEZ-2]
Result<> Core::check_can_wait() const {
    if (on_bus_thread)
        return fail(Errc::invalid_argument, "the bus's thread cannot wait for the bus");
    const std::lock_guard lock(m_mutex);
    if (m_closed) return fail(Errc::cancelled, "the client was closed");
    if (m_bus_ended) return fail(Errc::unavailable, "the bus has ended: " + *m_bus_ended);
    return {};
}

struct Core::PendingReply {
    std::optional<Result<sdbus::MethodReply>> result;
};

// [BLUEZ-1] [BLUEZ-2]
Result<sdbus::MethodReply> Core::wait_for_reply(sdbus::IProxy& proxy,
                                                const sdbus::MethodCall& message,
                                                env::Deadline deadline) {
    const auto pending = std::make_shared<PendingReply>();
    const auto take = [this, pending](sdbus::MethodReply reply, std::optional<sdbus::Error> error) {
        {
            const std::lock_guard lock(m_mutex);
            if (error)
                pending->result = std::unexpected(to_error(*error));
            else
                pending->result = std::move(reply);
        }
        m_changed.notify_all();
    };
    const auto library_limit =
        static_cast<std::uint64_t>((left(deadline) + library_slack_ns) / 1000);
    // Its end takes the call back, and waits for `take` if that runs.
    const auto slot = proxy.callMethodAsync(message, take, library_limit, sdbus::return_slot);

    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, std::chrono::nanoseconds(left(deadline)),
                       [&] { return pending->result || m_bus_ended || m_closed; });
    auto result = std::exchange(pending->result, std::nullopt);
    const bool closed = m_closed;
    const bool bus_ended = m_bus_ended.has_value();
    lock.unlock();
    if (result) return *std::move(result);
    if (closed) return fail(Errc::cancelled, "the client was closed");
    if (bus_ended) return fail(Errc::unavailable, "the bus has ended");
    return fail(Errc::timeout, "bluetooth-meshd does not answer");
}

Result<> Core::begin_join() {
    const std::lock_guard lock(m_mutex);
    if (m_join) return fail(Errc::unavailable, "this client joins a network already");
    m_join = Join{}; // clang 19 finds no constructor for emplace()
    return {};
}

Result<Token> Core::end_join(const Result<>& called, env::Deadline deadline) {
    std::unique_lock lock(m_mutex);
    if (called)
        m_changed.wait_for(lock, std::chrono::nanoseconds(left(deadline)),
                           [&] { return m_join->result || m_bus_ended || m_closed; });
    m_changed.wait(lock, [&] { return m_join->result || !m_join->is_deciding; });
    const auto join = std::exchange(m_join, std::nullopt);
    if (join->result) return *join->result;
    if (!called) return std::unexpected(called.error());
    if (m_closed) return fail(Errc::cancelled, "the client was closed");
    if (m_bus_ended) return fail(Errc::unavailable, "the bus has ended");
    return fail(Errc::timeout, "nobody has made this a node in time");
}

// [BLUEZ-4]
void Core::join_complete(Token token) {
    const auto refuse = [](const char* why) {
        throw sdbus::Error(sdbus::Error::Name{"org.bluez.mesh.Error.Failed"}, why);
    };
    {
        const std::lock_guard lock(m_mutex);
        if (!m_join || m_join->result || m_closed) refuse("nobody waits for this token");
        m_join->is_deciding = true;
    }
    Result<> kept;
    if (m_application.keep_token) kept = m_application.keep_token(token);
    {
        const std::lock_guard lock(m_mutex);
        m_join->result = kept ? Result<Token>(token) : std::unexpected(kept.error());
    }
    m_changed.notify_all();
    if (!kept) refuse("the token is not kept");
}

void Core::join_failed(const std::string& reason) {
    // source  bluez 5.82 doc/mesh-api.txt, JoinFailed
    const bool denied = reason == "confirmation-failed" || reason == "decryption-error";
    const auto code = denied ? Errc::authentication : Errc::io;
    {
        const std::lock_guard lock(m_mutex);
        if (m_join) m_join->result = fail(code, "provisioning has failed: " + reason);
    }
    m_changed.notify_all();
}

void Core::set_adding(const DeviceUuid& uuid) {
    const std::lock_guard lock(m_mutex);
    m_adding = uuid;
}

Placement Core::place_node(std::uint8_t elements) {
    DeviceUuid uuid;
    {
        const std::lock_guard lock(m_mutex);
        uuid = m_adding;
    }
    const auto placement = m_application.place_node(uuid, elements);
    if (!placement || !is_unicast(placement->address))
        throw sdbus::Error(sdbus::Error::Name{"org.bluez.mesh.Error.Abort"},
                           placement ? "no unicast address" : placement.error().detail());
    return *placement;
}

void Core::device_key_message(DeviceKeyMessage message) {
    {
        const std::lock_guard lock(m_mutex);
        for (auto* const expected : m_expectations) {
            if (expected->answer || expected->source != message.source ||
                !answers(*expected->question, message.data))
                continue;
            expected->answer = std::move(message.data);
            m_changed.notify_all();
            return;
        }
    }
    m_events.push(std::move(message));
}

Result<Bytes> Core::ask(Address source, const ConfigMessage& question,
                        const std::function<Result<>()>& send, env::Deadline deadline) {
    Expectation expected;
    expected.source = source;
    expected.question = &question;
    {
        const std::lock_guard lock(m_mutex);
        m_expectations.push_back(&expected);
    }
    Result<> result;
    do {
        result = send();
        if (result)
            result = wait_for_answer(expected,
                                     std::min(deadline, m_clock->monotonic_ns() + ask_again_ns));
    } while (!result && result.error().code() == Errc::timeout && left(deadline) > 0);
    const std::lock_guard lock(m_mutex);
    std::erase(m_expectations, &expected);
    if (!expected.answer) return std::unexpected(std::move(result).error());
    TRY(const auto payload, check_answer(question, *expected.answer));
    return Bytes(payload.begin(), payload.end());
}

Result<> Core::wait_for_answer(Expectation& expected, env::Deadline until) {
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, std::chrono::nanoseconds(left(until)), [&] {
        return expected.answer || expected.daemon_ended || m_bus_ended || m_closed;
    });
    if (expected.answer) return {};
    if (m_closed) return fail(Errc::cancelled, "the client was closed");
    if (expected.daemon_ended || m_bus_ended)
        return fail(Errc::unavailable, "bluetooth-meshd has ended");
    return fail(Errc::timeout, "the node does not answer");
}

} // namespace torgo::bluez
