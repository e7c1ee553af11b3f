#pragma once

#include "mesh/beacon.hpp"
#include "mesh/transport.hpp"

#include <cstdint>
#include <optional>

// Control messages between a friend and its low power nodes (Mesh Protocol 1.1, 3.6.5.1 to
// 3.6.5.9).
namespace torgo::mesh {

using ControlPayload = Buffer<unsegmented_control_max>;

struct FriendRequest {
    std::uint8_t criteria = 1;        ///< RSSI and window factors, least queue as a power of two
    std::uint8_t receive_delay = 100; ///< milliseconds, at least 10
    std::uint32_t poll_timeout = 100; ///< 100 ms each, 10 to 0x34BBFF
    Address previous = unassigned;
    std::uint8_t elements = 1;
    std::uint16_t counter = 0;

    std::uint32_t least_queue() const { return 1U << (criteria & 7U); }

    bool operator==(const FriendRequest&) const = default;
};

struct FriendOffer {
    std::uint8_t receive_window = 0; ///< milliseconds
    std::uint8_t queue_size = 0;
    std::uint8_t subscriptions = 0;
    std::int8_t rssi = 127; ///< 127: not measured
    std::uint16_t counter = 0;

    bool operator==(const FriendOffer&) const = default;
};

struct FriendUpdate {
    NetworkState state{};
    bool more = false;

    bool operator==(const FriendUpdate&) const = default;
};

/// Friend Clear and its confirmation.
struct FriendClear {
    Address lpn = unassigned;
    std::uint16_t counter = 0;

    bool operator==(const FriendClear&) const = default;
};

/// Subscription List Add and Remove.
struct FriendSubscriptions {
    static constexpr std::size_t addresses_max = 5;

    std::uint8_t transaction = 0;
    Buffer<2 * addresses_max> addresses{}; ///< big-endian

    bool operator==(const FriendSubscriptions&) const = default;
};

ControlPayload encode(const FriendRequest& message);
ControlPayload encode(const FriendOffer& message);
ControlPayload encode(const FriendUpdate& message);
ControlPayload encode(const FriendClear& message);
ControlPayload encode(const FriendSubscriptions& message);

/// None where a length does not fit or a field has a prohibited value.
std::optional<FriendRequest> decode_friend_request(ByteView parameters);
std::optional<FriendOffer> decode_friend_offer(ByteView parameters);
std::optional<FriendUpdate> decode_friend_update(ByteView parameters);
std::optional<FriendClear> decode_friend_clear(ByteView parameters);
std::optional<FriendSubscriptions> decode_friend_subscriptions(ByteView parameters);

} // namespace torgo::mesh
