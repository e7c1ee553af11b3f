#include "uplink/gateway_link.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "reading/intake.hpp"
#include "uplink/card.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace torgo::uplink {

namespace {
constexpr std::string_view sensor_prefix = "sensor-";
constexpr std::string_view key_name = "gateway.key";
constexpr std::string_view mark_name = "records";
constexpr std::string_view addresses_name = "addresses";
constexpr std::string_view addresses_magic = "TGRADR1\n";
constexpr std::size_t addresses_size = addresses_magic.size() + sizeof(std::uint16_t);
constexpr std::size_t name_size = sensor_prefix.size() + 16;

std::string hex16(std::uint64_t number) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out(16, '0');
    for (auto at = out.rbegin(); at != out.rend(); ++at, number >>= 4U)
        *at = digits[number & 0x0FU];
    return out;
}

std::optional<std::uint64_t> sensor_of(std::string_view name) {
    std::uint64_t out = 0;
    const auto* const begin = name.data() + sensor_prefix.size();
    const auto* const end = name.data() + name.size();
    const auto [at, error] = std::from_chars(begin, end, out, 16);
    if (error != std::errc() || at != end) return std::nullopt;
    return out;
}

bool is_damage(Errc code) {
    return code == Errc::corrupt || code == Errc::unsupported || code == Errc::limit_exceeded;
}

bool is_disk(Errc code) {
    return code == Errc::io || code == Errc::no_space || code == Errc::read_only ||
           code == Errc::permission || code == Errc::unavailable;
}
} // namespace

Result<crypto::KemKey> load_gateway_key(env::FileSystem& files, env::Random& random,
                                        const std::string& path) {
    auto bytes = env::read_file(files, path, crypto::kem_seed_size);
    if (bytes) {
        const auto seed = crypto::SecretBytes::copy_of(*bytes);
        crypto::wipe(*bytes);
        auto key = crypto::KemKey::from_seed(seed);
        if (!key)
            return fail(key.error().code(), path + " is damaged: " + key.error().detail() +
                                                "; bring it back, or remove it and give every "
                                                "sensor another card");
        return key;
    }
    if (bytes.error().code() != Errc::not_found) return std::unexpected(bytes.error());
    crypto::SecretBytes seed(crypto::kem_seed_size);
    random.fill(seed.span());
    CHECK_OK(env::write_file_atomically(files, path, seed.view(), /*secret=*/true));
    return crypto::KemKey::from_seed(seed);
}

GatewayLink::GatewayLink(env::FileSystem& files, env::Random& random, const GatewayFolders& folders,
                         const GatewayOptions& options, crypto::KemKey key)
    : m_files(files),
      m_random(random),
      m_folders(folders),
      m_options(options),
      m_key(std::move(key)),
      m_key_hash(crypto::sha256(m_key.public_key())) {}

Result<std::unique_ptr<GatewayLink>> GatewayLink::open(env::FileSystem& files, env::Random& random,
                                                       const GatewayFolders& folders,
                                                       const GatewayOptions& options) {
    CHECK_OK(env::make_directories(files, env::parent_path(folders.state)));
    CHECK_OK(files.make_directory(folders.state, /*secret=*/true));
    CHECK_OK(files.sync_directory(env::parent_path(folders.state)));
    TRY(auto key, load_gateway_key(files, random, folders.state + "/" + std::string(key_name)));
    std::unique_ptr<GatewayLink> out(
        new GatewayLink(files, random, folders, options, std::move(key)));
    TRY(out->m_collector, reading::Collector::open(files, folders.store, options.limits));
    CHECK_OK(out->load_sensors());
    CHECK_OK(out->check_mark());
    return out;
}

/// [READING-31] The sensors of a store that went back would send in short what it has no line for,
/// or, worse, an older one. With an exchange they forget their lines.
Result<> GatewayLink::check_mark() {
    TRY(m_mark, StoreMark::open(m_files, m_folders.state + "/" + std::string(mark_name)));
    const auto records = m_collector->records();
    const auto marked = m_mark->records();
    if (!marked) return {}; // nothing was ever acknowledged
    if (records < *marked) {
        m_missing = *marked == store_mark_unknown ? 0 : *marked - records;
        for (auto& [number, sensor] : m_sensors) {
            sensor->end_session();
            CHECK_OK(sensor->write());
        }
    }
    return m_mark->note(records);
}

Result<> GatewayLink::load_sensors() {
    TRY(const auto entries, m_files.list(m_folders.state));
    for (const auto& [name, type] : entries) {
        if (!name.starts_with(sensor_prefix) || name.size() != name_size) continue;
        auto loaded = SensorFile::load(m_files, m_folders.state + "/" + name);
        if (!loaded && is_damage(loaded.error().code())) {
            if (const auto number = sensor_of(name)) m_damaged[*number] = loaded.error().detail();
            continue;
        }
        TRY(auto sensor, std::move(loaded));
        // What came after the session was stored is known by the store. [ENVELOPE-16]
        if (const auto* const state = m_collector->find(sensor->sensor()))
            sensor->session().note_received(state->highest());
        if (sensor->address() != 0) m_by_address[sensor->address()] = sensor->sensor();
        const auto number = sensor->sensor();
        m_sensors[number] = std::move(sensor);
    }
    return {};
}

std::string GatewayLink::path_of(std::uint64_t sensor) const {
    return m_folders.state + "/" + std::string(sensor_prefix) + hex16(sensor);
}

Result<crypto::SecretBytes> GatewayLink::enrol(std::uint64_t sensor, const reading::Plan& plan) {
    if (knows(sensor)) return fail(Errc::exists, "this sensor is known already");
    crypto::SecretBytes out;
    CHECK_OK(enrol(sensor, plan, [&](const crypto::SecretBytes& secret) -> Result<> {
        out = crypto::SecretBytes::copy_of(secret.view());
        return {};
    }));
    return out;
}

Result<> GatewayLink::enrol(std::uint64_t sensor, const reading::Plan& plan,
                            const std::function<Result<>(const crypto::SecretBytes&)>& hand_over) {
    crypto::SecretBytes secret(envelope::shared_secret_size);
    m_random.fill(secret.span());
    CHECK_OK(hand_over(secret));
    envelope::Provision provision{.sensor = sensor,
                                  .gateway_key = m_key_hash,
                                  .secret = crypto::SecretBytes::copy_of(secret.view())};
    auto made = std::make_unique<SensorFile>(m_files, path_of(sensor), std::move(provision), plan);
    CHECK_OK(made->write());
    std::erase_if(m_by_address, [&](const auto& one) { return one.second == sensor; });
    m_sensors[sensor] = std::move(made);
    m_damaged.erase(sensor);
    return {};
}

/// The old card's address is not given again: the mesh remembers which messages of it it has heard.
Result<Address> GatewayLink::take_address() {
    const auto path = m_folders.state + "/" + std::string(addresses_name);
    const auto file = env::read_file(m_files, path, addresses_size);
    if (!file && file.error().code() != Errc::not_found) return std::unexpected(file.error());
    // Where there is no file, each sensor has one address, and the gateway has the first.
    std::uint64_t next = m_sensors.size() + m_damaged.size() + gateway_address + 1U;
    if (file) {
        Reader in(*file);
        TRY(const auto magic, in.raw(addresses_magic.size()));
        TRY(next, in.get<std::uint16_t>());
        if (!std::ranges::equal(magic, as_bytes(addresses_magic)))
            return fail(Errc::unsupported, path + " is no file of addresses of this version");
    }
    if (next > mesh::unicast_max)
        return fail(Errc::limit_exceeded, "no address of the mesh is left");
    Writer out;
    out.raw(as_bytes(addresses_magic)).put(static_cast<std::uint16_t>(next + 1));
    CHECK_OK(env::write_file_atomically(m_files, path, out.view(), /*secret=*/true));
    return static_cast<Address>(next);
}

/// [READING-29]
Result<std::uint64_t> GatewayLink::first_number(std::uint64_t sensor) const {
    const auto* const state = m_collector->find(sensor);
    if (state == nullptr) return std::uint64_t{1};
    if (state->highest() >= envelope::number_max)
        return fail(Errc::limit_exceeded, "the store has readings of sensor " +
                                              std::to_string(sensor) +
                                              " up to the last number: give it another number");
    return state->highest() + 1;
}

Result<> GatewayLink::receive(Address from, ByteView payload, const Arrival& arrival) {
    m_counters.payloads += 1;
    CHECK_OK(end_epochs(arrival.monotonic_ns));
    const auto message = envelope::parse(payload, m_options.company);
    if (!message) {
        m_counters.foreign += 1;
        return {};
    }
    switch (message->kind) {
    case envelope::Kind::key_request:
        send_key(from);
        return {};
    case envelope::Kind::offer:
        return take_offer(from, message->parameters);
    case envelope::Kind::short_up:
    case envelope::Kind::long_up:
        return take_envelope(from, payload, arrival);
    default:
        m_counters.foreign += 1;
        return {};
    }
}

/// [ENVELOPE-17]
Result<> GatewayLink::end_epochs(std::int64_t now_ns) {
    for (auto one = m_epochs_end_ns.begin(); one != m_epochs_end_ns.end();) {
        if (now_ns < one->second) {
            ++one;
            continue;
        }
        auto& sensor = *m_sensors.at(one->first);
        one = m_epochs_end_ns.erase(one);
        sensor.session().drop_previous();
        CHECK_OK(sensor.write());
    }
    return {};
}

/// Once at a time for each address: anybody in the mesh may ask, and it is 1.6 kB.
void GatewayLink::send_key(Address to) {
    const auto is_key = [&](const Waiting& one) {
        return !one.ack_for && one.ready.to == to;
    };
    if (std::ranges::any_of(m_outbound, is_key) || m_outbound.size() >= outbound_max) return;
    for (auto& part : envelope::public_key_messages(m_key.public_key(), m_options.company))
        m_outbound.push_back({.ready = {.to = to, .payload = std::move(part)}});
}

envelope::Assembler& GatewayLink::assembler_of(Address from) {
    const auto found = m_gathering.find(from);
    if (found == m_gathering.end() && m_gathering.size() >= offers_max)
        m_gathering.erase(std::ranges::min_element(
            m_gathering, {}, [](const auto& one) { return one.second.since; }));
    auto& place = m_gathering[from];
    place.since = m_counters.payloads;
    return place.assembler;
}

Result<> GatewayLink::take_offer(Address from, ByteView parameters) {
    auto& assembler = assembler_of(from);
    const auto whole = assembler.add(parameters);
    if (!whole || !*whole) return {};
    const auto offer = envelope::decode_offer(**whole, assembler.group());
    m_gathering.erase(from);
    if (!offer || !m_sensors.contains(offer->sensor)) {
        m_counters.offers_refused += 1;
        return {};
    }
    return answer(from, *offer);
}

/// [ENVELOPE-14]: secret and keys are durable, in one file, before the answer goes out.
Result<> GatewayLink::answer(Address from, const envelope::Offer& offer) {
    auto& sensor = *m_sensors.at(offer.sensor);
    auto answered = sensor.enrolment().answer(m_key, offer, m_options.company);
    if (!answered) {
        m_counters.offers_refused += 1;
        return {};
    }
    if (answered->keys) {
        m_counters.exchanges += 1;
        CHECK_OK(sensor.session().install(offer.epoch, std::move(*answered->keys)));
        // What is the epoch before now is in use until the sensor is heard under the new one.
        m_epochs_end_ns.erase(sensor.sensor());
        note_address(sensor, from);
        CHECK_OK(sensor.write());
    }
    // A stranger may repeat an offer that he heard as often as he likes.
    if (m_outbound.size() >= outbound_max + m_sensors.size()) return {};
    m_outbound.push_front({.ready = {.to = from, .payload = std::move(answered->answer)}});
    return {};
}

void GatewayLink::note_address(SensorFile& sensor, Address address) {
    std::erase_if(m_by_address, [&](const auto& one) { return one.second == sensor.sensor(); });
    m_by_address[address] = sensor.sensor();
    sensor.set_address(address);
}

SensorFile* GatewayLink::at(Address address) {
    const auto found = m_by_address.find(address);
    if (found == m_by_address.end()) return nullptr;
    return m_sensors.at(found->second).get();
}

Result<> GatewayLink::take_envelope(Address from, ByteView payload, const Arrival& arrival) {
    auto* const sensor = at(from);
    if (sensor == nullptr) {
        m_counters.foreign += 1;
        return {};
    }
    const auto opened = sensor->session().open(payload);
    if (!opened) {
        m_counters.unopened += 1;
        return ask(from, *sensor, arrival);
    }
    m_counters.opened += 1;
    // Once an epoch; with it goes the session, which sends under the new keys from now on.
    if (sensor->enrolment().confirm(opened->epoch)) CHECK_OK(sensor->write());
    if (opened->epoch == sensor->enrolment().epoch() && sensor->session().has_previous())
        m_epochs_end_ns.try_emplace(sensor->sensor(), arrival.monotonic_ns + epoch_overlap_ns);
    return take_readings(*sensor, *opened, arrival);
}

Result<> GatewayLink::take_readings(SensorFile& sensor, const envelope::Opened& opened,
                                    const Arrival& arrival) {
    const auto taken =
        reading::take(opened, sensor.sensor(), sensor.plan(), *m_collector, arrival.wall_ns);
    if (taken) {
        m_counters.refused += taken->refused;
        return {};
    }
    if (is_disk(taken.error().code())) return std::unexpected(taken.error());
    m_counters.malformed += 1;
    return {};
}

/// [READING-23]
Result<> GatewayLink::ask(Address to, SensorFile& sensor, const Arrival& arrival) {
    auto& asked = m_asked_ns[sensor.sensor()];
    if (asked != 0 && arrival.monotonic_ns - asked < m_options.request_pause_ns) return {};
    auto request = reading::request(sensor.session());
    if (!request && is_disk(request.error().code()) && request.error().code() != Errc::unavailable)
        return std::unexpected(std::move(request).error());
    if (!request || !*request) return {};
    asked = arrival.monotonic_ns;
    m_counters.requests += 1;
    m_outbound.push_front({.ready = {.to = to, .payload = std::move(**request)}});
    return {};
}

/// [READING-13]
Result<> GatewayLink::flush() {
    TRY(auto acks, m_collector->sync());
    m_counters.syncs += 1;
    CHECK_OK(m_mark->note(m_collector->records()));
    for (auto& ack : acks) {
        const auto sensor = ack.source;
        const bool waits = m_acks.contains(sensor);
        m_acks[sensor] = std::move(ack);
        if (!waits) m_outbound.push_back({.ready = {}, .ack_for = sensor});
    }
    return {};
}

Result<std::optional<Outbound>> GatewayLink::seal_ack(std::uint64_t sensor) {
    const auto ack = m_acks.extract(sensor);
    const auto found = m_sensors.find(sensor);
    if (ack.empty() || found == m_sensors.end() || found->second->address() == 0)
        return std::optional<Outbound>();
    auto payload = reading::acknowledge(found->second->session(), ack.mapped());
    if (payload) {
        m_counters.acknowledgements += 1;
        return std::optional(
            Outbound{.to = found->second->address(), .payload = std::move(*payload)});
    }
    // No keys to send with: the sensor begins an exchange when nothing acknowledges.
    if (payload.error().code() == Errc::unavailable) return std::optional<Outbound>();
    return std::unexpected(std::move(payload).error());
}

Result<std::optional<Outbound>> GatewayLink::pop() {
    while (!m_outbound.empty()) {
        auto next = std::move(m_outbound.front());
        m_outbound.pop_front();
        if (!next.ack_for) return std::optional(std::move(next.ready));
        TRY(auto sealed, seal_ack(*next.ack_for));
        if (sealed) return sealed;
    }
    return std::optional<Outbound>();
}

} // namespace torgo::uplink
