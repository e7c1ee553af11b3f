#include "uplink/simulated.hpp"

#include "mesh/node.hpp"
#include "radio/simulation.hpp"
#include "uplink/card.hpp"
#include "uplink/mesh_setup.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>

namespace torgo::uplink {

namespace {

constexpr std::int64_t us_ns = 1000;
constexpr std::int64_t hour_ns = 3'600'000'000'000;
constexpr std::size_t ad_header = 2;
constexpr double step_m = 40; ///< each hears the next one well, and the one after it hardly
constexpr std::size_t window_max = 256; ///< rows of one sensor that wait at once
constexpr unsigned segmented_max = 2;   ///< messages under way to one place
constexpr radio::Time processing = 500;
constexpr std::uint32_t relay_jitter = 20 * radio::millisecond;

class MemoryStore final : public SensorStore {
public:
    Result<> save(const envelope::NumberMarks& marks) override {
        m_marks = marks;
        return {};
    }

    Result<> save_secret(const crypto::SecretBytes& next) override {
        m_secret = crypto::SecretBytes::copy_of(next.view());
        return {};
    }

private:
    envelope::NumberMarks m_marks;
    crypto::SecretBytes m_secret;
};

struct Sensor {
    std::uint64_t source = 0;
    MemoryStore store;
    std::unique_ptr<SensorLink> link;
    std::vector<std::size_t> rows; ///< places in the file
    std::size_t next = 0;
    std::int64_t due_ns = 0;
};

struct Station {
    std::unique_ptr<mesh::Node> node;
    Sensor* sensor = nullptr; ///< null: the gateway, or a relay
    unsigned under_way = 0;   ///< segmented messages
};

struct Pending {
    RowName name;
    std::int64_t sent_ns = 0;
};

class LineDevices final : public radio::Devices, private mesh::Host, private env::Random {
public:
    LineDevices(GatewayLink& gateway, const Feed& feed, const SimulatedOptions& options)
        : m_gateway(gateway), m_feed(feed), m_options(options) {}

    Result<> make(env::Random& secrets);

    /// Once it is known which node of the field is which.
    void place(const radio::Field& field) {
        m_number_of.resize(field.size());
        for (std::uint32_t number = 0; number < field.size(); ++number)
            m_number_of[field.node(number)] = number;
    }

    std::size_t size() const { return m_stations.size(); }

    std::size_t line() const { return m_stations.size() - m_sensors.size(); }

    bool is_done() const { return m_acknowledged == m_feed.rows().size() && m_pending.empty(); }

    const std::optional<Error>& error() const { return m_error; }

    RelayProgress progress() const {
        return {.sent = m_outcome.sent.size(), .acknowledged = m_acknowledged};
    }

    RelayOutcome finish();

    void on_start(radio::NodeId id, radio::Air& air) override {
        const auto number = begin(id, air);
        drive(number);
    }

    void on_frame(radio::NodeId id, const radio::Reception& reception, radio::Air& air) override;

    void on_timer(radio::NodeId id, radio::Air& air) override {
        const auto number = begin(id, air);
        m_stations[number].node->on_wake(mesh_now());
        drive(number);
    }

    void on_demand(radio::NodeId, const radio::Demand&, radio::Air&) override {}

    void on_wire(radio::NodeId, std::uint64_t, radio::Air&) override {}

    std::size_t bytes_per_node() const override { return sizeof(Station); }

private:
    std::uint32_t begin(radio::NodeId id, radio::Air& air) {
        m_air = &air;
        return m_number_of[id];
    }

    std::int64_t now_ns() const { return static_cast<std::int64_t>(m_air->now()) * us_ns; }

    mesh::Time mesh_now() const { return mesh::Time(static_cast<std::int64_t>(m_air->now())); }

    void check(const Result<>& result) {
        if (!result && !m_error) m_error = result.error();
    }

    std::size_t number_of(const mesh::Node& node) const { return node.config().address - 1U; }

    void transmit(mesh::Node& node, const mesh::Transmission& transmission) override;
    void message(mesh::Node& node, mesh::Time now, const mesh::Received& received) override;

    void ended(mesh::Node& node, mesh::MessageNumber, mesh::SendEnd) override {
        auto& under_way = m_stations[number_of(node)].under_way;
        if (under_way > 0) under_way -= 1;
    }

    void fill(ByteSpan out) override {
        for (auto& byte : out)
            byte = static_cast<std::uint8_t>(m_air == nullptr ? 0 : m_air->chance().next());
    }

    Result<> add_sensor(std::uint64_t source, env::Random& secrets);
    void drive(std::uint32_t number);
    Result<> drive_sensor(Station& station);
    Result<> drive_gateway(Station& station);
    Result<> feed(Sensor& sensor);
    void send(Station& station, Address to, ByteView payload);
    void note_safe();
    std::int64_t wake_of(const Station& station) const;

    GatewayLink& m_gateway;
    const Feed& m_feed;
    SimulatedOptions m_options;
    std::vector<std::unique_ptr<Sensor>> m_sensors;
    std::vector<Station> m_stations; ///< by number: the gateway, relays, sensors
    std::vector<std::uint32_t> m_number_of;
    radio::Air* m_air = nullptr;
    std::int64_t m_flush_due_ns = never_ns;
    std::deque<Pending> m_pending; ///< sent, and not safe yet
    std::uint64_t m_acknowledged = 0;
    RelayOutcome m_outcome;
    std::optional<Error> m_error;
};

Result<> LineDevices::add_sensor(std::uint64_t source, env::Random& secrets) {
    const auto plan = usual_plan();
    TRY(auto secret, m_gateway.enrol(source, plan));
    auto sensor = std::make_unique<Sensor>();
    sensor->source = source;
    envelope::NumberMarks marks;
    std::optional<reading::Gone> gone;
    // A store that is there already goes on: the sensor is one that was replaced meanwhile.
    TRY(marks.shorts, m_gateway.first_number(source));
    if (marks.shorts > 1) gone = reading::Gone{.first = 1, .count = marks.shorts - 1};
    m_outcome.first[source] = marks.shorts;
    envelope::Provision provision{
        .sensor = source, .gateway_key = m_gateway.key_hash(), .secret = std::move(secret)};
    sensor->link = std::make_unique<SensorLink>(sensor->store, std::move(provision), marks, plan,
                                                secrets, gone);
    for (std::size_t i = 0; i < m_feed.rows().size(); ++i)
        if (m_feed.rows()[i].reading.source == source) sensor->rows.push_back(i);
    m_sensors.push_back(std::move(sensor));
    return {};
}

Result<> LineDevices::make(env::Random& secrets) {
    for (const auto source : m_feed.sources())
        CHECK_OK(add_sensor(source, secrets));
    MeshKeys keys;
    secrets.fill(keys.network);
    secrets.fill(keys.application);
    const auto line = m_options.nodes - 1; // the gateway and the relays
    mesh::Host& host = *this;
    env::Random& random = *this;
    for (std::uint32_t number = 0; number < line + m_sensors.size(); ++number) {
        const MeshRole role{.address = static_cast<Address>(number + 1),
                            .ttl = static_cast<std::uint8_t>(m_options.nodes + 1),
                            .relay = number > 0 && number < line};
        Station station;
        station.node = std::make_unique<mesh::Node>(
            mesh_config(keys, role), mesh::IvIndex::State{},
            mesh::NodeLimits{.cache_entries = 256, .replay_entries = 256, .incoming = 64}, host,
            random, nullptr, mesh::Time{0});
        if (number >= line) station.sensor = m_sensors[number - line].get();
        m_stations.push_back(std::move(station));
    }
    return {};
}

void LineDevices::on_frame(radio::NodeId id, const radio::Reception& reception, radio::Air& air) {
    if (air.chance().unit() < m_options.loss || reception.frame.size() <= ad_header) return;
    const auto number = begin(id, air);
    if (static_cast<mesh::Bearing>(reception.frame[1]) != mesh::Bearing::message) return;
    m_stations[number].node->on_message(mesh_now(), reception.frame.subspan(ad_header));
    drive(number);
}

void LineDevices::transmit(mesh::Node&, const mesh::Transmission& transmission) {
    std::array<std::uint8_t, radio::advertising_data_max> frame{};
    const auto size = std::min(transmission.frame.size(), frame.size() - ad_header);
    frame[0] = static_cast<std::uint8_t>(size + 1);
    frame[1] = static_cast<std::uint8_t>(transmission.bearing);
    std::copy_n(transmission.frame.begin(), size, frame.begin() + ad_header);
    const auto jitter = transmission.relayed ? m_air->chance().below(relay_jitter) : 0;
    (void)m_air->send(ByteView(frame).first(size + ad_header),
                      {.repeats = transmission.repeats,
                       .interval = transmission.interval_ms * radio::millisecond,
                       .delay = processing + jitter});
}

void LineDevices::message(mesh::Node& node, mesh::Time, const mesh::Received& received) {
    const auto number = number_of(node);
    const auto payload = payload_of(received.opcode, received.parameters);
    if (auto* const sensor = m_stations[number].sensor) {
        check(sensor->link->receive(payload, now_ns()));
    } else if (number + 1 == gateway_address) {
        check(m_gateway.receive(received.src, payload,
                                {.monotonic_ns = now_ns(), .wall_ns = now_ns()}));
        if (m_flush_due_ns == never_ns) m_flush_due_ns = now_ns() + m_options.batch_ns;
    }
}

void LineDevices::send(Station& station, Address to, ByteView payload) {
    const bool segmented = payload.size() > envelope::unsegmented_payload_max;
    const auto sent =
        station.node->send(mesh_now(), {.dst = to, .app_index = app_index, .payload = payload});
    // What the stack refuses is lost, as on the air, and comes again.
    if (sent && segmented) station.under_way += 1;
}

Result<> LineDevices::feed(Sensor& sensor) {
    auto& link = *sensor.link;
    const auto now = now_ns();
    while (sensor.next < sensor.rows.size() && sensor.due_ns <= now && link.is_ready() &&
           link.waiting() < window_max && !link.has_outbound()) {
        const auto at = sensor.rows[sensor.next];
        const auto& row = m_feed.rows()[at];
        TRY(const auto number, link.send(row.reading, row.slot, row.period_ns, now));
        sensor.next += 1;
        sensor.due_ns = now + m_options.interval_ns;
        m_outcome.sent[{sensor.source, number}] = at;
        m_pending.push_back({.name = {sensor.source, number}, .sent_ns = now});
        // One payload at a time: the next row waits until this one is handed to the mesh.
        if (m_options.interval_ns == 0) break;
    }
    return {};
}

Result<> LineDevices::drive_sensor(Station& station) {
    auto& sensor = *station.sensor;
    auto& link = *sensor.link;
    CHECK_OK(link.wake(now_ns()));
    CHECK_OK(feed(sensor));
    while (link.has_outbound() && station.under_way < segmented_max)
        send(station, gateway_address, *link.pop(now_ns()));
    for (const auto& one : link.take_acknowledged()) {
        m_outcome.acknowledged.add(one.at_ns - one.sent_ns);
        m_acknowledged += 1;
    }
    return {};
}

/// What is in the collector after a sync is safe.
void LineDevices::note_safe() {
    std::erase_if(m_pending, [&](const Pending& one) {
        const auto* const state = m_gateway.collector().find(one.name.first);
        if (state == nullptr ||
            state->place_of(one.name.second) != reading::SourceState::Place::duplicate)
            return false;
        m_outcome.safe.add(now_ns() - one.sent_ns);
        return true;
    });
}

Result<> LineDevices::drive_gateway(Station& station) {
    if (now_ns() >= m_flush_due_ns) {
        m_flush_due_ns = never_ns;
        CHECK_OK(m_gateway.flush());
        note_safe();
    }
    while (m_gateway.has_outbound() && station.under_way < segmented_max * m_sensors.size()) {
        TRY(const auto next, m_gateway.pop());
        if (!next) break;
        send(station, next->to, next->payload);
    }
    return {};
}

std::int64_t LineDevices::wake_of(const Station& station) const {
    const auto node = station.node->next_wake();
    auto out = node == mesh::never ? never_ns : node.count() * us_ns;
    if (station.sensor == nullptr)
        return station.node->config().address == gateway_address ? std::min(out, m_flush_due_ns)
                                                                 : out;
    const auto& sensor = *station.sensor;
    out = std::min(out, sensor.link->next_wake());
    const bool can_send = sensor.next < sensor.rows.size() && sensor.link->is_ready() &&
                          sensor.link->waiting() < window_max && !sensor.link->has_outbound();
    return can_send ? std::min(out, sensor.due_ns) : out;
}

void LineDevices::drive(std::uint32_t number) {
    auto& station = m_stations[number];
    if (station.sensor != nullptr)
        check(drive_sensor(station));
    else if (number + 1 == gateway_address)
        check(drive_gateway(station));
    const auto wake = wake_of(station);
    const auto next_us = static_cast<radio::Time>(std::max(wake, now_ns() + us_ns) / us_ns);
    m_air->wake_at(wake == never_ns ? radio::never : next_us);
}

RelayOutcome LineDevices::finish() {
    for (const auto& sensor : m_sensors) {
        m_outcome.short_envelopes += sensor->link->outbox().sent_short();
        m_outcome.long_envelopes += sensor->link->outbox().sent_long();
        m_outcome.resends += sensor->link->resends();
        m_outcome.exchanges += sensor->link->exchanges();
    }
    return std::move(m_outcome);
}

/// A line; the sensors stand beside its far end.
Result<radio::Field> make_field(const LineDevices& devices, std::uint64_t seed) {
    radio::Field::Plan plan;
    plan.profiles.resize(1);
    plan.seed = seed;
    plan.phy.shadowing_db = 0;
    for (std::uint32_t number = 0; number < devices.size(); ++number) {
        const auto along = std::min<std::size_t>(number, devices.line());
        const auto beside = number < devices.line() ? 0 : number - devices.line();
        plan.places.push_back(
            {.at = {step_m * static_cast<double>(along), static_cast<double>(beside)},
             .number = number});
    }
    return radio::Field::make(std::move(plan));
}

std::int64_t limit_of(const Feed& feed, const SimulatedOptions& options) {
    if (options.limit_ns != 0) return options.limit_ns;
    const auto rows = static_cast<std::int64_t>(feed.rows().size());
    return hour_ns + rows * (options.interval_ns + hour_ns / 360);
}

} // namespace

Result<RelayOutcome> relay_simulated(env::Random& secrets, GatewayLink& gateway, const Feed& feed,
                                     const SimulatedOptions& options,
                                     const std::function<bool(const RelayProgress&)>& keep_going) {
    if (feed.sources().size() > simulated_sensors_max)
        return fail(Errc::limit_exceeded, "more sources than a simulated mesh has sensors");
    LineDevices devices(gateway, feed, options);
    CHECK_OK(devices.make(secrets));
    TRY(auto field, make_field(devices, options.seed));
    devices.place(field);
    radio::Run run;
    run.duration = static_cast<radio::Time>(limit_of(feed, options) / us_ns);
    radio::Simulation simulation(field, devices, std::move(run));
    bool stopped = false;
    const auto ran = simulation.run([&](const radio::Progress&) {
        stopped = keep_going && !keep_going(devices.progress());
        return !devices.is_done() && !devices.error() && !stopped;
    });
    if (devices.error()) return std::unexpected(*devices.error());
    if (!ran && (stopped || !devices.is_done())) return std::unexpected(ran.error());
    if (!devices.is_done())
        return fail(Errc::timeout, "the mesh did not carry all rows in its time");
    auto out = devices.finish();
    out.duration_ns = static_cast<std::int64_t>(simulation.now()) * us_ns;
    out.packets = simulation.totals().packets;
    return out;
}

} // namespace torgo::uplink
