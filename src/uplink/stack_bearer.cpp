#include "uplink/stack_bearer.hpp"

#include "envelope/wire.hpp"
#include "radio/chance.hpp"

#include <algorithm>

namespace torgo::uplink {

namespace {
constexpr std::int64_t us_ns = 1000;
constexpr std::int64_t ms_ns = 1'000'000;
constexpr mesh::NodeLimits limits{.cache_entries = 256, .replay_entries = 1024, .incoming = 64};

bool has_keys(const mesh::KeyRing& ring, const MeshKeys& keys) {
    const auto* const subnet = ring.subnet(net_index);
    const auto* const application = ring.application(app_index);
    return subnet != nullptr && subnet->transmit().key == keys.network && application != nullptr &&
           ring.transmit_key(*application).bytes() == keys.application;
}

/// [MESH-46] A node that is found under other keys or another address than its gateway's or card's
/// would be heard by nobody.
Result<> check_is_same(const mesh::NodeConfig& found, const MeshKeys& keys, Address address,
                       const std::string& path) {
    if (found.address == address && has_keys(*found.keys, keys)) return {};
    const std::string what = found.address == address ? "other mesh keys" : "another mesh address";
    return fail(Errc::changed,
                path + " is of a node with " + what +
                    " than the gateway or the card beside it: bring back the one that belongs to "
                    "it; or, where that was renewed on purpose, remove " +
                    path);
}
} // namespace

Result<std::unique_ptr<StackBearer>> StackBearer::open(env::FileSystem& files, env::Clock& clock,
                                                       env::Random& random, AirSocket air,
                                                       const std::string& path,
                                                       const MeshKeys& keys, const MeshRole& role,
                                                       const AirFaults& faults) {
    std::unique_ptr<StackBearer> out(new StackBearer(clock, std::move(air), faults));
    TRY(out->m_store, mesh::FileStore::open(files, path));
    mesh::Host& host = *out;
    auto quick = role;
    quick.quick = true;
    auto config = mesh_config(keys, quick);
    // Who comes later, or was away during an update of the IV Index, learns of it by beacons.
    config.states.secure_beacons = true;
    auto composition = config.composition;
    auto restored =
        mesh::Node::restore(composition, limits, host, random, *out->m_store, out->now());
    if (restored) {
        out->m_node = std::move(*restored);
        CHECK_OK(check_is_same(out->m_node->config(), keys, role.address, path));
        out->m_node->states().secure_beacons = true;
        return out;
    }
    if (restored.error().code() != Errc::not_found) return std::unexpected(restored.error());
    out->m_node = std::make_unique<mesh::Node>(std::move(config), mesh::IvIndex::State{}, limits,
                                               host, random, out->m_store.get(), out->now());
    CHECK_OK(out->m_node->save_all());
    return out;
}

bool StackBearer::is_lost() {
    return m_faults.loss > 0 && radio::unit(radio::mix(m_faults.seed, m_draws++)) < m_faults.loss;
}

void StackBearer::put_on_air(std::uint8_t ad_type, ByteView frame) {
    if (!is_lost()) m_air.send(ad_type, frame);
}

void StackBearer::transmit(mesh::Node&, const mesh::Transmission& transmission) {
    const auto ad_type = static_cast<std::uint8_t>(transmission.bearing);
    put_on_air(ad_type, transmission.frame);
    auto at = m_clock.monotonic_ns();
    for (unsigned i = 0; i < transmission.repeats; ++i) {
        at += transmission.interval_ms * ms_ns;
        m_repeats.emplace(
            at, Repeat{.ad_type = ad_type,
                       .frame = Bytes(transmission.frame.begin(), transmission.frame.end())});
    }
}

void StackBearer::message(mesh::Node&, mesh::Time, const mesh::Received& received) {
    m_heard.push_back(
        {.from = received.src, .payload = payload_of(received.opcode, received.parameters)});
}

void StackBearer::event(mesh::Node&, mesh::NodeEvent event) {
    if (event == mesh::NodeEvent::reset)
        m_ended = Error(Errc::io, "the mesh node was told to leave its network");
    if (event == mesh::NodeEvent::sequence_used_up)
        m_ended = Error(Errc::io, "the mesh node has used all its sequence numbers: the mesh needs "
                                  "new keys");
}

Result<> StackBearer::send(Address to, ByteView payload) {
    const auto number =
        m_node->send(now(), {.dst = to, .app_index = app_index, .payload = payload});
    if (m_ended) return std::unexpected(*m_ended);
    if (!number) return std::unexpected(number.error());
    if (payload.size() > envelope::unsegmented_payload_max) m_under_way += 1;
    return {};
}

void StackBearer::send_due() {
    const auto due = m_clock.monotonic_ns();
    while (!m_repeats.empty() && m_repeats.begin()->first <= due) {
        const auto next = m_repeats.extract(m_repeats.begin());
        put_on_air(next.mapped().ad_type, next.mapped().frame);
    }
    if (m_node->next_wake() <= now()) m_node->on_wake(now());
}

env::Deadline StackBearer::next_due(env::Deadline until) const {
    const auto wake = m_node->next_wake();
    if (wake != mesh::never) until = std::min(until, wake.count() * us_ns);
    if (!m_repeats.empty()) until = std::min(until, m_repeats.begin()->first);
    return until;
}

void StackBearer::take_frame(ByteView frame) {
    if (frame.size() < 2 || is_lost()) return;
    const auto pdu = frame.subspan(1);
    switch (static_cast<mesh::Bearing>(frame[0])) {
    case mesh::Bearing::message:
        return m_node->on_message(now(), pdu);
    case mesh::Bearing::beacon:
        return m_node->on_beacon(now(), pdu);
    case mesh::Bearing::pb_adv:
        return;
    }
}

Result<std::optional<Heard>> StackBearer::receive(env::Deadline until) {
    while (m_heard.empty()) {
        send_due();
        if (m_ended) return std::unexpected(*m_ended);
        TRY(const auto frame, m_air.receive(next_due(until)));
        if (frame)
            take_frame(*frame);
        else if (m_clock.monotonic_ns() >= until)
            return std::optional<Heard>();
    }
    auto out = std::move(m_heard.front());
    m_heard.pop_front();
    return std::optional(std::move(out));
}

} // namespace torgo::uplink
