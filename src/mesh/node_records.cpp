#include "mesh/node_records.hpp"

#include "base/codec.hpp"
#include "mesh/wiped_bytes.hpp"

namespace torgo::mesh {

namespace {

Result<Key128> read_key(Reader& in) {
    TRY(const auto bytes, in.raw(sizeof(Key128)));
    Key128 key{};
    std::ranges::copy(bytes, key.begin());
    return key;
}

std::array<std::uint8_t, 2> le16(std::uint16_t value) {
    return {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8U)};
}

void write_label(Writer& out, const std::optional<LabelUuid>& label) {
    out.put(std::uint8_t{label.has_value()});
    if (label) out.raw(*label);
}

Result<std::optional<LabelUuid>> read_label(Reader& in) {
    TRY(const auto has, in.get<std::uint8_t>());
    if (has > 1) return fail(Errc::corrupt, "a flag is neither 0 nor 1");
    if (has == 0) return std::optional<LabelUuid>{};
    TRY(const auto label, read_key(in));
    return std::optional(label);
}

} // namespace

Bytes encode_identity(const NodeConfig& config) {
    return joined({le16(config.address), config.device_key});
}

Result<> decode_identity(ByteView record, NodeConfig& config) {
    Reader in(record);
    TRY(config.address, in.get<std::uint16_t>());
    TRY(config.device_key, read_key(in));
    if (!is_unicast(config.address)) return fail(Errc::corrupt, "a node's address is none");
    return in.done();
}

Bytes encode_states(const NodeStates& s) {
    const auto& h = s.heartbeat;
    Writer out;
    out.put(s.default_ttl)
        .put(std::uint8_t{s.relay})
        .put(std::uint8_t{s.secure_beacons})
        .put(std::uint8_t{s.private_beacons})
        .put(s.network_transmit)
        .put(s.relay_retransmit)
        .raw(encode(s.sar_transmitter).view())
        .raw(encode(s.sar_receiver).view());
    out.put(h.publish_to).put(h.count_left).put(h.period_log).put(h.ttl);
    out.put(h.features).put(h.net_index).put(std::uint8_t{s.friendly});
    out.put(std::uint8_t{s.directed}).put(std::uint8_t{s.directed_relay});
    return std::move(out).take();
}

Result<NodeStates> decode_states(ByteView record) {
    Reader in(record);
    NodeStates s;
    TRY(s.default_ttl, in.get<std::uint8_t>());
    TRY(const auto relay, in.get<std::uint8_t>());
    TRY(const auto secure, in.get<std::uint8_t>());
    TRY(const auto hidden, in.get<std::uint8_t>());
    TRY(s.network_transmit, in.get<std::uint8_t>());
    TRY(s.relay_retransmit, in.get<std::uint8_t>());
    TRY(const auto transmitter, in.raw(4));
    TRY(const auto receiver, in.raw(3));
    auto& h = s.heartbeat;
    TRY(h.publish_to, in.get<std::uint16_t>());
    TRY(h.count_left, in.get<std::uint16_t>());
    TRY(h.period_log, in.get<std::uint8_t>());
    TRY(h.ttl, in.get<std::uint8_t>());
    TRY(h.features, in.get<std::uint16_t>());
    TRY(h.net_index, in.get<std::uint16_t>());
    TRY(const auto friendly, in.get<std::uint8_t>());
    TRY(const auto directed, in.get<std::uint8_t>());
    TRY(const auto directed_relay, in.get<std::uint8_t>());
    CHECK_OK(in.done());
    const auto tx = decode_sar_transmitter(transmitter);
    const auto rx = decode_sar_receiver(receiver);
    if (!tx || !rx || relay > 1 || secure > 1 || hidden > 1 || friendly > 1 || directed > 1 ||
        directed_relay > 1 || s.default_ttl > ttl_max || h.period_log > 0x11 || h.ttl > ttl_max)
        return fail(Errc::corrupt, "a node's states are out of range");
    s.relay = relay == 1;
    s.secure_beacons = secure == 1;
    s.private_beacons = hidden == 1;
    s.friendly = friendly == 1;
    s.directed = directed == 1;
    s.directed_relay = directed_relay == 1;
    s.sar_transmitter = *tx;
    s.sar_receiver = *rx;
    return s;
}

Bytes encode_iv(const IvIndex::State& state) {
    Writer out;
    out.put(state.index).put(std::uint8_t{state.updating});
    out.put(state.hours).put(state.hours_since_recovery);
    return std::move(out).take();
}

Result<IvIndex::State> decode_iv(ByteView record) {
    Reader in(record);
    IvIndex::State state;
    TRY(state.index, in.get<std::uint32_t>());
    TRY(const auto updating, in.get<std::uint8_t>());
    TRY(state.hours, in.get<std::uint16_t>());
    TRY(state.hours_since_recovery, in.get<std::uint16_t>());
    CHECK_OK(in.done());
    if (updating > 1 || (updating == 1 && state.index == 0))
        return fail(Errc::corrupt, "an IV Index cannot be so");
    state.updating = updating == 1;
    return state;
}

Bytes encode_subnet(const Subnet& subnet) {
    const std::array phase{subnet.phase};
    if (subnet.phase == 0) return joined({phase, subnet.key->key});
    return joined({phase, subnet.key->key, subnet.next->key});
}

Result<Subnet> decode_subnet(KeyIndex index, ByteView record) {
    Reader in(record);
    Subnet subnet;
    subnet.index = index;
    TRY(subnet.phase, in.get<std::uint8_t>());
    if (subnet.phase > 2 || index > key_index_max)
        return fail(Errc::corrupt, "a stored NetKey is out of range");
    TRY(const auto key, read_key(in));
    subnet.key = std::make_shared<NetKey>(key);
    if (subnet.phase != 0) {
        TRY(const auto next, read_key(in));
        subnet.next = std::make_shared<NetKey>(next);
    }
    CHECK_OK(in.done());
    return subnet;
}

Bytes encode_application(const Application& application) {
    const auto net = le16(application.net);
    if (application.next == nullptr) return joined({net, application.key->key.key()});
    return joined({net, application.key->key.key(), application.next->key.key()});
}

Result<Application> decode_application(KeyIndex index, ByteView record) {
    Reader in(record);
    Application application;
    application.index = index;
    TRY(application.net, in.get<std::uint16_t>());
    if (application.net > key_index_max || index > key_index_max)
        return fail(Errc::corrupt, "a stored AppKey is out of range");
    TRY(const auto key, read_key(in));
    application.key = std::make_shared<AppKey>(key);
    if (!in.empty()) {
        TRY(const auto next, read_key(in));
        application.next = std::make_shared<AppKey>(next);
    }
    CHECK_OK(in.done());
    return application;
}

Bytes encode_model(const ModelSettings& model) {
    Writer out;
    out.put(model.element).put(model.id.company).put(model.id.id);
    out.varint(model.bound.size());
    for (const auto index : model.bound)
        out.put(index);
    out.varint(model.subscriptions.size());
    for (const auto& s : model.subscriptions) {
        out.put(s.address);
        write_label(out, s.label);
    }
    const auto& p = model.publication;
    out.put(p.address).put(p.app_index).put(std::uint8_t{p.friendship_credentials});
    out.put(p.ttl).put(p.period).put(p.retransmit);
    write_label(out, p.label);
    return std::move(out).take();
}

Result<ModelSettings> decode_model(ByteView record) {
    Reader in(record);
    ModelSettings model;
    TRY(model.element, in.get<std::uint8_t>());
    TRY(model.id.company, in.get<std::uint16_t>());
    TRY(model.id.id, in.get<std::uint16_t>());
    TRY(const auto bound, in.varint(ModelSettings::bindings_max));
    for (std::uint64_t i = 0; i < bound; ++i) {
        TRY(const auto index, in.get<std::uint16_t>());
        model.bound.push_back(index);
    }
    TRY(const auto subscriptions, in.varint(ModelSettings::subscriptions_max));
    for (std::uint64_t i = 0; i < subscriptions; ++i) {
        Subscription s;
        TRY(s.address, in.get<std::uint16_t>());
        TRY(s.label, read_label(in));
        model.subscriptions.push_back(s);
    }
    auto& p = model.publication;
    TRY(p.address, in.get<std::uint16_t>());
    TRY(p.app_index, in.get<std::uint16_t>());
    TRY(const auto friendship, in.get<std::uint8_t>());
    TRY(p.ttl, in.get<std::uint8_t>());
    TRY(p.period, in.get<std::uint8_t>());
    TRY(p.retransmit, in.get<std::uint8_t>());
    TRY(p.label, read_label(in));
    p.friendship_credentials = friendship == 1;
    CHECK_OK(in.done());
    if (friendship > 1) return fail(Errc::corrupt, "a flag is neither 0 nor 1");
    return model;
}

} // namespace torgo::mesh
