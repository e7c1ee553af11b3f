#pragma once

// Inside the module: the daemon's dictionaries as values of ours. All throw sdbus::Error when a
// value has another type than the daemon's documents say; see core.hpp for who catches.

#include "bluez/core.hpp"
#include "bluez/types.hpp"

#include <cstdint>

namespace torgo::bluez {

/// errors  throws sdbus::Error unless `bytes` are 16
template <class IdType>
IdType to_id(const ByteArray& bytes) {
    const auto id = IdType::from(bytes);
    if (!id)
        throw sdbus::Error(sdbus::Error::Name{"org.bluez.mesh.Error.InvalidArgs"}, "not 16 bytes");
    return *id;
}

Destination to_destination(const sdbus::Variant& value);

/// A UUID, then perhaps OOB information and the hash of a URI, most significant byte first.
ScanResult to_scan_result(std::int16_t rssi, const ByteArray& data, const Dictionary& options);

ModelConfiguration to_configuration(std::uint8_t element, std::uint16_t model,
                                    const Dictionary& values);

ExportedKeys to_keys(const Dictionary& values);

NodeState to_state(const Dictionary& values);

} // namespace torgo::bluez
