#pragma once

#include "mesh/transport.hpp"

#include <cstdint>
#include <optional>

// Control messages of directed forwarding (Mesh Protocol 1.1, 3.6.5.11 to 3.6.5.15).
namespace torgo::mesh {

/// Addresses of one node's elements (3.4.2.2.1).
struct AddressRange {
    Address first = unassigned;
    std::uint8_t count = 1;

    bool contains(Address a) const {
        return first != unassigned && a >= first && a - first < count;
    }

    bool operator==(const AddressRange&) const = default;
};

struct PathRequest {
    std::uint8_t lifetime = 0;   ///< 12 min, 2 h, 24 h, 10 days
    bool long_discovery = false; ///< 30 s instead of 5 s
    std::uint8_t number = 0;     ///< the origin's forwarding number
    std::uint8_t metric = 0;     ///< nodes so far
    Address destination = unassigned;
    AddressRange origin{};
    AddressRange dependent{}; ///< on whose behalf; unassigned: nobody

    bool operator==(const PathRequest&) const = default;
};

struct PathReply {
    bool confirm = false; ///< the way back shall be used as well
    Address origin = unassigned;
    std::uint8_t number = 0;
    AddressRange target{};
    AddressRange dependent{};

    bool operator==(const PathReply&) const = default;
};

struct PathConfirmation {
    Address origin = unassigned;
    Address target = unassigned;

    bool operator==(const PathConfirmation&) const = default;
};

Buffer<unsegmented_control_max> encode(const PathRequest& message);
Buffer<unsegmented_control_max> encode(const PathReply& message);
Buffer<unsegmented_control_max> encode(const PathConfirmation& message);

/// None where a length does not fit, a reserved bit is set, or it is not about unicast addresses
/// and the metric of counted nodes.
std::optional<PathRequest> decode_path_request(ByteView parameters);
std::optional<PathReply> decode_path_reply(ByteView parameters);
std::optional<PathConfirmation> decode_path_confirmation(ByteView parameters);

} // namespace torgo::mesh
