// What the mesh daemon hands over the bus as dictionaries: its node's state, keys, how models are
// set up, what a scan has found. Any name may be there with a value of any type. Oracle: it is
// refused with words, or each value is of the form that the daemon's documents say.
#include "base/ensure.hpp"
#include "bluez/dictionary.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace torgo;
using namespace torgo::bluez;

constexpr unsigned depth_max = 3;
constexpr std::size_t items_max = 4;
constexpr std::array names{"NetKeys",       "DevKeys",        "AppKeys",
                           "OldKey",        "Phase",          "Vendor",
                           "Bindings",      "Server",         "PublicationPeriod",
                           "Subscriptions", "Features",       "Relay",
                           "Proxy",         "Friend",         "LowPower",
                           "Beacon",        "IvUpdate",       "IvIndex",
                           "Addresses",     "SequenceNumber", "SecondsSinceLastHeard"};

using KeyEntry = sdbus::Struct<std::uint16_t, ByteArray, Dictionary>;
using DeviceEntry = sdbus::Struct<std::uint16_t, ByteArray>;

/// Values out of an input; zeros behind its end.
class Maker {
public:
    explicit Maker(ByteView left) : m_left(left) {}

    std::uint8_t byte() {
        if (m_left.empty()) return 0;
        const auto out = m_left.front();
        m_left = m_left.subspan(1);
        return out;
    }

    std::uint16_t word() { return static_cast<std::uint16_t>(byte() << 8U | byte()); }

    /// Mostly the size of a key or UUID; else around the sizes of beacons.
    ByteArray bytes() {
        const std::size_t kind = byte();
        return ByteArray(kind < 128 ? mesh_key_size : kind % 24, byte());
    }

    Dictionary dictionary(unsigned depth) {
        Dictionary out;
        for (auto count = byte() % (2 * items_max); count > 0; --count) {
            const std::size_t name = byte() % names.size();
            out.emplace(names[name], variant(depth));
        }
        return out;
    }

    sdbus::Variant variant(unsigned depth) {
        constexpr unsigned flat = 8;
        constexpr unsigned all = 12;
        switch (byte() % (depth < depth_max ? all : flat)) {
        case 0:
            return sdbus::Variant{byte()};
        case 1:
            return sdbus::Variant{byte() % 2 == 1};
        case 2:
            return sdbus::Variant{word()};
        case 3:
            return sdbus::Variant{std::uint32_t{word()}};
        case 4:
            return sdbus::Variant{static_cast<std::int16_t>(word())};
        case 5:
            return sdbus::Variant{std::string(byte() % items_max, 'a')};
        case 6:
            return sdbus::Variant{bytes()};
        case 7:
            return sdbus::Variant{list<std::uint16_t>([&] { return word(); })};
        case 8:
            return sdbus::Variant{list<sdbus::Variant>([&] { return variant(depth + 1); })};
        case 9:
            return sdbus::Variant{dictionary(depth + 1)};
        case 10:
            return sdbus::Variant{list<DeviceEntry>([&] { return device_entry(); })};
        default:
            return sdbus::Variant{list<KeyEntry>([&] { return key_entry(depth + 1); })};
        }
    }

private:
    template <class Item, class Make>
    std::vector<Item> list(const Make& make) {
        std::vector<Item> out;
        for (auto count = byte() % items_max; count > 0; --count)
            out.push_back(make());
        return out;
    }

    DeviceEntry device_entry() {
        const auto index = word();
        return DeviceEntry{index, bytes()};
    }

    KeyEntry key_entry(unsigned depth) {
        const auto index = word();
        auto key = bytes();
        return KeyEntry{index, std::move(key), dictionary(depth)};
    }

    ByteView m_left;
};

template <class Value>
bool good(const Result<Value>& result) {
    if (!result) ENSURE(!result.error().detail().empty());
    return result.has_value();
}

bool is_key(const crypto::SecretBytes& key) {
    return key.size() == mesh_key_size;
}

void check_keys(const Dictionary& values) {
    const auto keys = guarded([&]() -> Result<ExportedKeys> { return to_keys(values); });
    if (!good(keys)) return;
    const auto check = [](const auto& one) {
        ENSURE(is_key(one.key) && (one.old_key.empty() || is_key(one.old_key)));
    };
    for (const auto& network : keys->network_keys) {
        check(network);
        for (const auto& application : network.application_keys)
            check(application);
    }
    for (const auto& device : keys->device_keys)
        ENSURE(is_key(device.key));
}

void check_configuration(const Dictionary& values) {
    const auto out =
        guarded([&]() -> Result<ModelConfiguration> { return to_configuration(1, 2, values); });
    if (!good(out)) return;
    ENSURE(out->element == 1 && out->model.model == 2);
    ENSURE(out->model.vendor.has_value() == values.contains("Vendor"));
    ENSURE(out->bindings.has_value() == values.contains("Bindings"));
    ENSURE(out->subscriptions.has_value() == values.contains("Subscriptions"));
}

void check_state(const Dictionary& values) {
    const auto out = guarded([&]() -> Result<NodeState> { return to_state(values); });
    if (!good(out)) return;
    ENSURE(values.contains("Addresses") || out->addresses.empty());
    ENSURE(values.contains("Features") || !out->features.relay);
}

void check_scan(const ByteArray& beacon, const Dictionary& values) {
    const auto out =
        guarded([&]() -> Result<ScanResult> { return to_scan_result(-40, beacon, values); });
    if (!good(out)) return;
    ENSURE(std::ranges::equal(out->uuid.view(), ByteView(beacon).first(DeviceUuid::size)));
    ENSURE(out->server.has_value() == values.contains("Server"));
    ENSURE(out->uri_hash.has_value() == (beacon.size() == 22));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Maker maker({data, size});
    const auto values = maker.dictionary(0);
    check_keys(values);
    check_configuration(values);
    check_state(values);
    check_scan(maker.bytes(), values);
    const auto target = maker.variant(0);
    (void)good(guarded([&]() -> Result<Destination> { return to_destination(target); }));
    return 0;
}
