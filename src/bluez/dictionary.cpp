#include "bluez/dictionary.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace torgo::bluez {

namespace {

template <class T>
std::optional<T> find(const Dictionary& values, const char* name) {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second.get<T>();
}

crypto::SecretBytes take_key(ByteArray bytes) {
    if (bytes.size() != mesh_key_size)
        throw sdbus::Error(sdbus::Error::Name{"org.bluez.mesh.Error.InvalidArgs"}, "no mesh key");
    auto key = crypto::SecretBytes::copy_of(bytes);
    crypto::wipe(bytes);
    return key;
}

crypto::SecretBytes take_old_key(const Dictionary& values) {
    auto bytes = find<ByteArray>(values, "OldKey");
    return bytes ? take_key(*std::move(bytes)) : crypto::SecretBytes{};
}

using KeyEntry = sdbus::Struct<std::uint16_t, ByteArray, Dictionary>;
using DeviceEntry = sdbus::Struct<std::uint16_t, ByteArray>;

NetworkKey to_network_key(const KeyEntry& entry) {
    const auto& [index, bytes, more] =
        static_cast<const std::tuple<std::uint16_t, ByteArray, Dictionary>&>(entry);
    NetworkKey key;
    key.index = index;
    key.key = take_key(bytes);
    key.old_key = take_old_key(more);
    key.phase = find<std::uint8_t>(more, "Phase").value_or(0);
    for (const auto& application :
         find<std::vector<KeyEntry>>(more, "AppKeys").value_or(std::vector<KeyEntry>{}))
        key.application_keys.push_back({application.get<0>(), take_key(application.get<1>()),
                                        take_old_key(application.get<2>())});
    return key;
}

} // namespace

Destination to_destination(const sdbus::Variant& value) {
    if (value.containsValueOfType<std::uint16_t>()) return value.get<std::uint16_t>();
    return to_id<Label>(value.get<ByteArray>());
}

ScanResult to_scan_result(std::int16_t rssi, const ByteArray& data, const Dictionary& options) {
    constexpr std::size_t with_oob = DeviceUuid::size + 2;
    constexpr std::size_t with_hash = with_oob + 4;
    if (data.size() != DeviceUuid::size && data.size() != with_oob && data.size() != with_hash)
        throw sdbus::Error(sdbus::Error::Name{"org.bluez.mesh.Error.InvalidArgs"},
                           "no beacon has this length");
    const ByteView bytes = data;
    ScanResult result;
    result.rssi = rssi;
    result.uuid = *DeviceUuid::from(bytes.first(DeviceUuid::size));
    if (data.size() >= with_oob)
        result.oob =
            static_cast<std::uint16_t>((data[DeviceUuid::size] << 8U) | data[DeviceUuid::size + 1]);
    if (data.size() == with_hash) {
        std::uint32_t hash = 0;
        for (const auto byte : bytes.subspan(with_oob))
            hash = (hash << 8U) | byte;
        result.uri_hash = hash;
    }
    if (const auto server = options.find("Server"); server != options.end())
        result.server = server->second.get<std::uint16_t>();
    return result;
}

ModelConfiguration to_configuration(std::uint8_t element, std::uint16_t model,
                                    const Dictionary& values) {
    ModelConfiguration configuration;
    configuration.element = element;
    configuration.model = {find<std::uint16_t>(values, "Vendor"), model};
    configuration.bindings = find<std::vector<KeyIndex>>(values, "Bindings");
    configuration.publication_period_ms = find<std::uint32_t>(values, "PublicationPeriod");
    if (const auto addresses = find<std::vector<sdbus::Variant>>(values, "Subscriptions")) {
        configuration.subscriptions.emplace();
        for (const auto& address : *addresses)
            configuration.subscriptions->push_back(to_destination(address));
    }
    return configuration;
}

ExportedKeys to_keys(const Dictionary& values) {
    ExportedKeys keys;
    for (const auto& entry :
         find<std::vector<KeyEntry>>(values, "NetKeys").value_or(std::vector<KeyEntry>{}))
        keys.network_keys.push_back(to_network_key(entry));
    for (const auto& entry :
         find<std::vector<DeviceEntry>>(values, "DevKeys").value_or(std::vector<DeviceEntry>{}))
        keys.device_keys.push_back({entry.get<0>(), take_key(entry.get<1>())});
    return keys;
}

NodeState to_state(const Dictionary& values) {
    NodeState state;
    if (const auto features = find<Dictionary>(values, "Features"))
        state.features = {find<bool>(*features, "Relay"), find<bool>(*features, "Proxy"),
                          find<bool>(*features, "Friend"), find<bool>(*features, "LowPower")};
    state.beacon = find<bool>(values, "Beacon").value_or(false);
    state.iv_update = find<bool>(values, "IvUpdate").value_or(false);
    state.iv_index = find<std::uint32_t>(values, "IvIndex").value_or(0);
    state.seconds_since_heard = find<std::uint32_t>(values, "SecondsSinceLastHeard").value_or(0);
    state.sequence = find<std::uint32_t>(values, "SequenceNumber").value_or(0);
    state.addresses =
        find<std::vector<Address>>(values, "Addresses").value_or(std::vector<Address>{});
    return state;
}

} // namespace torgo::bluez
