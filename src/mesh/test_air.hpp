#pragma once

// An air for tests: frames from any node reach its neighbours after a delay, some are lost, all by
// a seed. Time is virtual.

#include "mesh/config_server.hpp"
#include "mesh/node.hpp"
#include "sim/prng.hpp"
#include "sim/random.hpp"

#include <functional>
#include <map>
#include <queue>
#include <set>

namespace torgo::mesh {

using namespace std::chrono_literals;

inline constexpr std::uint16_t test_company = 0x05F1;
inline constexpr ModelId test_model{.id = 0x0001, .company = test_company};
inline constexpr Opcode test_opcode = vendor_opcode(1, test_company);

inline Key128 test_key(std::uint8_t fill) {
    Key128 key{};
    key.fill(fill);
    return key;
}

inline std::shared_ptr<const Composition> test_composition() {
    static const auto composition = std::make_shared<const Composition>(
        Composition{.company = test_company,
                    .features = feature_relay,
                    .elements = {{.models = {config_server, health_server, test_model}}}});
    return composition;
}

inline std::shared_ptr<const KeyRing> test_keys() {
    static const auto keys = [] {
        auto ring = std::make_shared<KeyRing>();
        ring->subnets.push_back({.index = 0, .key = std::make_shared<NetKey>(test_key(0x11))});
        ring->applications.push_back(
            {.index = 0, .net = 0, .key = std::make_shared<AppKey>(test_key(0x22))});
        return std::shared_ptr<const KeyRing>(ring);
    }();
    return keys;
}

inline std::shared_ptr<const ModelTable> test_models() {
    static const auto models = [] {
        auto table = std::make_shared<ModelTable>();
        table->push_back({.element = 0, .id = test_model, .bound = {0}});
        return std::shared_ptr<const ModelTable>(table);
    }();
    return models;
}

/// More patience than the default: for long lines and much loss.
inline constexpr SarTransmitter patient_sender{.segment_interval_step = 1,
                                               .unicast_retransmissions = 15,
                                               .unicast_without_progress = 15,
                                               .unicast_interval_step = 7,
                                               .unicast_interval_increment = 1};

inline NodeConfig test_config(Address address) {
    NodeConfig config{.address = address,
                      .device_key = test_key(static_cast<std::uint8_t>(address)),
                      .composition = test_composition(),
                      .keys = test_keys(),
                      .models = test_models()};
    config.states.default_ttl = 10;
    config.states.sar_transmitter = patient_sender;
    return config;
}

class TestAir final : public Host {
public:
    struct Heard {
        Address by = unassigned;
        Received received{};
        Bytes parameters{};
    };

    /// What stands on a node and has a time of its own.
    struct Driver {
        std::function<Time()> next_wake{};
        std::function<void(Time)> on_wake{};
    };

    explicit TestAir(std::uint64_t seed) : m_chance(seed), m_random(seed) {}

    Node& add(NodeConfig config, Store* store = nullptr, IvIndex::State iv = {}) {
        const auto address = config.address;
        auto& place = m_nodes[address];
        place = std::make_unique<Node>(std::move(config), iv, limits, *this, m_random, store, now);
        return *place;
    }

    /// Nodes of these addresses in a line, each hearing the next.
    void line(Address first, Address last) {
        for (Address a = first; a < last; ++a)
            join(a, static_cast<Address>(a + 1));
    }

    void join(Address a, Address b) {
        m_near[a].insert(b);
        m_near[b].insert(a);
    }

    void part(Address a, Address b) {
        m_near[a].erase(b);
        m_near[b].erase(a);
    }

    /// It is gone for good, with whatever stands on it.
    void kill(Address address) { m_nodes.erase(address); }

    Node& node(Address address) { return *m_nodes.at(address); }

    void replace(Address address, std::unique_ptr<Node> other) {
        m_nodes[address] = std::move(other);
    }

    /// Lets time pass until nothing is left to do, or so long.
    void run(Time duration) {
        const auto end = now + duration;
        while (true) {
            Time next = m_flights.empty() ? never : m_flights.top().at;
            for (const auto& [address, one] : m_nodes)
                next = std::min(next, one->next_wake());
            for (const auto& driver : drivers)
                next = std::min(next, driver.next_wake());
            if (next > end) break;
            now = std::max(now, next);
            if (!m_flights.empty() && m_flights.top().at <= now) {
                const auto flight = m_flights.top();
                m_flights.pop();
                land(flight);
                continue;
            }
            for (const auto& [address, one] : m_nodes) {
                if (one->next_wake() <= now) one->on_wake(now);
            }
            for (const auto& driver : drivers) {
                if (driver.next_wake() <= now) driver.on_wake(now);
            }
        }
        now = end;
    }

    /// Puts a frame before a node as if it came by radio.
    void inject(Address to, ByteView frame, Bearing bearing = Bearing::message) {
        land({.at = now, .to = to, .bearing = bearing, .frame = Bytes(frame.begin(), frame.end())});
    }

    void transmit(Node& from, const Transmission& t) override {
        const auto address = from.config().address;
        frames_on_air += 1U + t.repeats;
        if (t.bearing == Bearing::message) sent_frames.emplace_back(t.frame.begin(), t.frame.end());
        for (const auto to : m_near[address]) {
            Time at = now;
            for (unsigned i = 0; i <= t.repeats; ++i) {
                at += Time(1000 + static_cast<std::int64_t>(m_chance.next() % 10'000));
                if (m_chance.next() % 100 >= loss_percent)
                    m_flights.push(
                        {at, ++m_flown, to, t.bearing, Bytes(t.frame.begin(), t.frame.end())});
                at += std::chrono::milliseconds(t.interval_ms);
            }
        }
    }

    void message(Node& to, Time, const Received& received) override {
        heard.push_back({to.config().address, received,
                         Bytes(received.parameters.begin(), received.parameters.end())});
        if (on_received) on_received(to, received);
    }

    void ended(Node& of, MessageNumber number, SendEnd end) override {
        ends[{of.config().address, number}] = end;
        if (on_ended) on_ended(of, number);
    }

    void publication_due(Node& of, Time at, std::uint8_t element, ModelId model) override {
        if (on_publication) on_publication(of, at, element, model);
    }

    void heartbeat(Node& to, const HeardHeartbeat& h) override {
        heartbeats.emplace_back(to.config().address, h);
    }

    void event(Node& of, NodeEvent e) override { events.emplace_back(of.config().address, e); }

    const Aes128* device_key_of(Address address) override {
        const auto at = device_keys.find(address);
        return at == device_keys.end() ? nullptr : &at->second;
    }

    NodeLimits limits{.cache_entries = 64, .replay_entries = 64};
    Time now{0};
    unsigned loss_percent = 0;
    std::vector<Heard> heard;
    std::map<std::pair<Address, MessageNumber>, SendEnd> ends;
    std::vector<std::pair<Address, HeardHeartbeat>> heartbeats;
    std::vector<std::pair<Address, NodeEvent>> events;
    std::map<Address, Aes128> device_keys;
    std::vector<Bytes> sent_frames;
    std::function<void(Node&, const Received&)> on_received;
    std::function<void(Node&, MessageNumber)> on_ended;
    std::function<void(Node&, Time, std::uint8_t, ModelId)> on_publication;
    std::vector<Driver> drivers;
    std::size_t frames_on_air = 0; ///< repeats counted

    env::Random& random() { return m_random; }

private:
    struct Flight {
        Time at{};
        std::uint64_t number = 0;
        Address to = unassigned;
        Bearing bearing{};
        Bytes frame{};

        bool operator<(const Flight& other) const {
            return std::pair(at, number) > std::pair(other.at, other.number);
        }
    };

    void land(const Flight& flight) {
        const auto at = m_nodes.find(flight.to);
        if (at == m_nodes.end()) return;
        if (flight.bearing == Bearing::beacon)
            at->second->on_beacon(now, flight.frame);
        else
            at->second->on_message(now, flight.frame);
    }

    sim::Prng m_chance;
    sim::Random m_random;
    std::map<Address, std::unique_ptr<Node>> m_nodes;
    std::map<Address, std::set<Address>> m_near;
    std::priority_queue<Flight> m_flights;
    std::uint64_t m_flown = 0;
};

inline Outgoing to_model(Address dst, ByteView payload) {
    return {.dst = dst, .app_index = KeyIndex{0}, .payload = payload};
}

inline AccessPayload test_payload(std::size_t size) {
    Bytes parameters(size - 3);
    for (std::size_t i = 0; i < parameters.size(); ++i)
        parameters[i] = static_cast<std::uint8_t>(i * 7 + size);
    return encode_access(test_opcode, parameters);
}

} // namespace torgo::mesh
