#pragma once

// A node of TORGO's own stack (src/mesh) on the air of real daemons: the bearer, the clock and the
// waiting that the stack leaves to others.

#include "bluez/testing/meshd_lab.hpp"
#include "bluez/types.hpp"
#include "mesh/config_server.hpp"
#include "mesh/node.hpp"
#include "mesh/provisioning.hpp"
#include "sys/random.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace torgo::bluez {

/// Frames come on the air's thread, times on its own, calls on the test's: one mutex for all.
class Station final : public mesh::Host, public std::enable_shared_from_this<Station> {
public:
    struct Heard {
        Address source = 0;
        Address destination = 0;
        bool device_key = false;
        mesh::Opcode opcode = 0;
        Bytes parameters;
        Bytes data; ///< opcode first
    };

    static std::shared_ptr<Station> make(MeshdLab& lab, const std::string& name) {
        const std::shared_ptr<Station> station(new Station(lab, name));
        lab.air().add_station(name, [weak = std::weak_ptr(station)](ByteView frame) {
            if (const auto self = weak.lock()) self->on_frame(frame);
        });
        return station;
    }

    Station(const Station&) = delete;
    Station& operator=(const Station&) = delete;
    Station(Station&&) = delete;
    Station& operator=(Station&&) = delete;

    ~Station() override {
        m_thread.request_stop();
        wake();
        m_thread.join();
    }

    /// Becomes a node; what it was before is forgotten.
    void become(mesh::NodeConfig config, mesh::Store* store = nullptr) {
        const std::lock_guard lock(m_mutex);
        m_node = std::make_unique<mesh::Node>(std::move(config), mesh::IvIndex::State{},
                                              mesh::NodeLimits{}, *this, m_random, store, now());
        m_changed.notify_all();
    }

    /// What a restart does: only what the store holds is left.
    Result<> restart(const std::shared_ptr<const mesh::Composition>& composition,
                     mesh::Store& store) {
        const std::lock_guard lock(m_mutex);
        TRY(m_node, mesh::Node::restore(composition, {}, *this, m_random, store, now()));
        m_changed.notify_all();
        return {};
    }

    /// Provisions a device, which wait_provisioned() waits for.
    void provision(const DeviceUuid& device, mesh::Provisioning::Options options) {
        const std::lock_guard lock(m_mutex);
        std::array<std::uint8_t, 4> link{};
        m_random.fill(link);
        m_provisioning.emplace(mesh::Provisioning::provisioner(
            std::move(options), m_random,
            mesh::ProvisioningLink::open(
                mesh::Fields(link).be32(), bytes_of(device),
                [this](const auto& frame) { send_pb_adv(frame); }, now())));
        m_changed.notify_all();
    }

    /// Says that it is a device without a network, until somebody has provisioned it.
    void offer(const DeviceUuid& device, mesh::Provisioning::Options options) {
        const std::lock_guard lock(m_mutex);
        m_device = device;
        m_beacon_due = now();
        m_provisioning.emplace(mesh::Provisioning::device(
            std::move(options), m_random,
            mesh::ProvisioningLink::listen(bytes_of(device),
                                           [this](const auto& frame) { send_pb_adv(frame); })));
        m_changed.notify_all();
    }

    /// out     the other's device key, and what was told
    struct Provisioned {
        mesh::ProvisioningAlgorithm algorithm{};
        mesh::ProvisioningData data{};
        mesh::Key128 device_key{};
        std::uint8_t elements = 0;
    };

    Result<Provisioned> wait_provisioned(env::Deadline deadline) {
        std::unique_lock lock(m_mutex);
        const bool ended = wait(lock, deadline, [&] {
            return m_provisioning->is_done() ||
                   m_provisioning->error() != mesh::ProvisioningError::none;
        });
        if (!ended) return fail(Errc::timeout, "provisioning does not end");
        if (!m_provisioning->is_done())
            return fail(Errc::io,
                        "provisioning has failed: " + std::to_string(int(m_provisioning->error())));
        return Provisioned{.algorithm = m_provisioning->algorithm(),
                           .data = m_provisioning->data(),
                           .device_key = m_provisioning->device_key(),
                           .elements = m_provisioning->elements()};
    }

    bool wait_for_device(const DeviceUuid& device, env::Deadline deadline) {
        std::unique_lock lock(m_mutex);
        return wait(lock, deadline, [&] { return std::ranges::count(m_devices, device) > 0; });
    }

    void know_device_key(Address address, const mesh::Key128& key) {
        const std::lock_guard lock(m_mutex);
        m_device_keys.insert_or_assign(address, mesh::Aes128(key));
    }

    Result<mesh::MessageNumber> send(const mesh::Outgoing& message) {
        const std::lock_guard lock(m_mutex);
        const auto number = m_node->send(now(), message);
        m_changed.notify_all();
        return number;
    }

    /// The next message that is wanted; others before it are forgotten.
    std::optional<Heard> next(env::Deadline deadline,
                              const std::function<bool(const Heard&)>& wanted) {
        std::unique_lock lock(m_mutex);
        std::optional<Heard> found;
        (void)wait(lock, deadline, [&] {
            for (; !m_heard.empty() && !found; m_heard.pop_front())
                if (wanted(m_heard.front())) found = std::move(m_heard.front());
            return found.has_value();
        });
        return found;
    }

    /// The next one under an application key.
    std::optional<Heard> next_message(env::Deadline deadline) {
        return next(deadline, [](const Heard& heard) { return !heard.device_key; });
    }

    std::optional<mesh::SendEnd> wait_ended(mesh::MessageNumber number, env::Deadline deadline) {
        std::unique_lock lock(m_mutex);
        if (!wait(lock, deadline, [&] { return m_ends.contains(number); })) return std::nullopt;
        return m_ends.at(number);
    }

    /// Asks a configuration server, again and again until it answers.
    Result<Bytes> ask(Address server, const mesh::AccessPayload& question, mesh::Opcode answer,
                      env::Deadline deadline) {
        constexpr std::int64_t ask_again_ns = 4'000'000'000;
        while (m_lab->clock().monotonic_ns() < deadline) {
            TRY(const auto number,
                send({.dst = server, .their_device_key = true, .payload = question.view()}));
            (void)number;
            const auto heard =
                next(std::min(deadline, m_lab->in(ask_again_ns)), [&](const Heard& h) {
                    return h.device_key && h.source == server && h.opcode == answer;
                });
            if (heard) return heard->parameters;
        }
        return fail(Errc::timeout, "the node does not answer");
    }

    /// Looks at the node, or changes it.
    template <class Visit>
    auto with_node(const Visit& visit) {
        const std::lock_guard lock(m_mutex);
        return visit(*m_node);
    }

    /// Until the node is as asked for.
    bool wait_for_node(env::Deadline deadline,
                       const std::function<bool(const mesh::Node&)>& wanted) {
        std::unique_lock lock(m_mutex);
        return wait(lock, deadline, [&] { return wanted(*m_node); });
    }

    /// All it has sent since, AD type first, repeats left out.
    std::vector<Bytes> take_sent() {
        const std::lock_guard lock(m_mutex);
        return std::exchange(m_sent, {});
    }

    std::size_t heartbeats() const {
        const std::lock_guard lock(m_mutex);
        return m_heartbeats;
    }

private:
    struct Repeat {
        mesh::Time due{};
        Bytes frame;
    };

    static constexpr std::chrono::milliseconds beacon_interval{500};

    Station(MeshdLab& lab, std::string name) : m_lab(&lab), m_name(std::move(name)) {
        m_thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

    static mesh::DeviceUuid bytes_of(const DeviceUuid& uuid) {
        mesh::DeviceUuid out{};
        std::ranges::copy(uuid.bytes, out.begin());
        return out;
    }

    mesh::Time now() const {
        return std::chrono::duration_cast<mesh::Time>(
            std::chrono::nanoseconds(m_lab->clock().monotonic_ns()));
    }

    void wake() {
        const std::lock_guard lock(m_mutex);
        m_changed.notify_all();
    }

    template <class Is>
    bool wait(std::unique_lock<std::mutex>& lock, env::Deadline deadline, const Is& is) {
        const auto left = deadline - m_lab->clock().monotonic_ns();
        return m_changed.wait_for(lock, std::chrono::nanoseconds(left), is);
    }

    void run(const std::stop_token& stop) {
        std::unique_lock lock(m_mutex);
        while (!stop.stop_requested()) {
            const auto due = next_wake();
            const auto at = now();
            if (due > at) {
                const auto left = std::min<mesh::Time>(due - at, std::chrono::seconds(1));
                m_changed.wait_for(lock, left);
                continue;
            }
            on_wake(at);
            m_changed.notify_all();
        }
    }

    mesh::Time next_wake() const {
        auto due = m_beacon_due;
        if (m_node) due = std::min(due, m_node->next_wake());
        if (m_provisioning) due = std::min(due, m_provisioning->next_wake());
        for (const auto& repeat : m_repeats)
            due = std::min(due, repeat.due);
        return due;
    }

    void on_wake(mesh::Time at) {
        if (m_node && m_node->next_wake() <= at) m_node->on_wake(at);
        if (m_provisioning && m_provisioning->next_wake() <= at) m_provisioning->on_wake(at);
        if (m_beacon_due <= at) {
            put(mesh::Bearing::beacon, mesh::encode_beacon({.device = bytes_of(m_device)}).view());
            m_beacon_due = m_provisioning->is_done() ? mesh::never : at + beacon_interval;
        }
        for (auto i = m_repeats.begin(); i != m_repeats.end();) {
            if (i->due > at) {
                ++i;
                continue;
            }
            (void)m_lab->air().send(m_name, i->frame);
            i = m_repeats.erase(i);
        }
    }

    Bytes put(mesh::Bearing bearing, ByteView payload) {
        Bytes frame{static_cast<std::uint8_t>(bearing)};
        frame.insert(frame.end(), payload.begin(), payload.end());
        (void)m_lab->air().send(m_name, frame);
        return frame;
    }

    void send_pb_adv(const mesh::PbAdvFrame& frame) { put(mesh::Bearing::pb_adv, frame.view()); }

    void on_frame(ByteView frame) {
        const std::lock_guard lock(m_mutex);
        const auto payload = frame.subspan(1);
        switch (static_cast<mesh::Bearing>(frame[0])) {
        case mesh::Bearing::pb_adv:
            if (m_provisioning) m_provisioning->on_frame(now(), payload);
            break;
        case mesh::Bearing::message:
            if (m_node) m_node->on_message(now(), payload);
            break;
        case mesh::Bearing::beacon:
            if (const auto heard = mesh::decode_unprovisioned(payload))
                m_devices.push_back(DeviceUuid{heard->device});
            if (m_node) m_node->on_beacon(now(), payload);
            break;
        }
        m_changed.notify_all();
    }

    // From here on: called by the node, within this class's own calls.
    void transmit(mesh::Node&, const mesh::Transmission& t) override {
        const auto frame = put(t.bearing, t.frame);
        m_sent.push_back(frame);
        for (unsigned i = 1; i <= t.repeats; ++i)
            m_repeats.push_back({now() + i * std::chrono::milliseconds(t.interval_ms), frame});
    }

    void message(mesh::Node&, mesh::Time, const mesh::Received& r) override {
        const auto whole = mesh::encode_access(r.opcode, r.parameters);
        m_heard.push_back({.source = r.src,
                           .destination = r.dst,
                           .device_key = r.device_key,
                           .opcode = r.opcode,
                           .parameters = Bytes(r.parameters.begin(), r.parameters.end()),
                           .data = Bytes(whole.view().begin(), whole.view().end())});
    }

    void ended(mesh::Node&, mesh::MessageNumber number, mesh::SendEnd end) override {
        m_ends[number] = end;
    }

    void heartbeat(mesh::Node&, const mesh::HeardHeartbeat&) override { ++m_heartbeats; }

    const mesh::Aes128* device_key_of(mesh::Address address) override {
        const auto at = m_device_keys.find(address);
        return at == m_device_keys.end() ? nullptr : &at->second;
    }

    MeshdLab* m_lab;
    std::string m_name;
    sys::Random m_random;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::unique_ptr<mesh::Node> m_node;
    std::optional<mesh::Provisioning> m_provisioning;
    DeviceUuid m_device{};
    mesh::Time m_beacon_due = mesh::never;
    std::vector<Repeat> m_repeats;
    std::vector<Bytes> m_sent;
    std::deque<Heard> m_heard;
    std::vector<DeviceUuid> m_devices;
    std::map<mesh::MessageNumber, mesh::SendEnd> m_ends;
    std::map<Address, mesh::Aes128> m_device_keys;
    std::size_t m_heartbeats = 0;
    std::jthread m_thread;
};

} // namespace torgo::bluez
