#include "mesh/friendship.hpp"

namespace torgo::mesh {

namespace {
constexpr std::uint8_t receive_delay_min = 10;
constexpr std::uint32_t poll_timeout_min = 10;
constexpr std::uint32_t poll_timeout_max = 0x34BBFF;
constexpr std::uint8_t key_refresh_flag = 1;
constexpr std::uint8_t iv_update_flag = 2;
} // namespace

ControlPayload encode(const FriendRequest& message) {
    ControlPayload out;
    out.u8(message.criteria).u8(message.receive_delay).be24(message.poll_timeout);
    out.be16(message.previous).u8(message.elements).be16(message.counter);
    return out;
}

std::optional<FriendRequest> decode_friend_request(ByteView parameters) {
    Fields in(parameters);
    FriendRequest out{.criteria = in.u8()};
    out.receive_delay = in.u8();
    out.poll_timeout = in.be24();
    out.previous = in.be16();
    out.elements = in.u8();
    out.counter = in.be16();
    const bool good = (out.criteria & 7U) != 0 && out.receive_delay >= receive_delay_min &&
                      out.poll_timeout >= poll_timeout_min &&
                      out.poll_timeout <= poll_timeout_max && out.elements != 0 &&
                      out.previous <= unicast_max;
    return good && in.done() ? std::optional(out) : std::nullopt;
}

ControlPayload encode(const FriendOffer& message) {
    ControlPayload out;
    out.u8(message.receive_window).u8(message.queue_size).u8(message.subscriptions);
    out.u8(static_cast<std::uint8_t>(message.rssi)).be16(message.counter);
    return out;
}

std::optional<FriendOffer> decode_friend_offer(ByteView parameters) {
    Fields in(parameters);
    FriendOffer out{.receive_window = in.u8()};
    out.queue_size = in.u8();
    out.subscriptions = in.u8();
    out.rssi = static_cast<std::int8_t>(in.u8());
    out.counter = in.be16();
    return in.done() && out.receive_window != 0 ? std::optional(out) : std::nullopt;
}

ControlPayload encode(const FriendUpdate& message) {
    ControlPayload out;
    out.u8((message.state.key_refresh ? key_refresh_flag : 0U) |
           (message.state.iv_update ? iv_update_flag : 0U));
    out.be32(message.state.iv_index).u8(message.more ? 1U : 0U);
    return out;
}

std::optional<FriendUpdate> decode_friend_update(ByteView parameters) {
    Fields in(parameters);
    const auto flags = in.u8();
    FriendUpdate out{.state = {.key_refresh = (flags & key_refresh_flag) != 0,
                               .iv_update = (flags & iv_update_flag) != 0}};
    out.state.iv_index = in.be32();
    const auto more = in.u8();
    out.more = more == 1;
    return in.done() && more <= 1 ? std::optional(out) : std::nullopt;
}

ControlPayload encode(const FriendClear& message) {
    ControlPayload out;
    out.be16(message.lpn).be16(message.counter);
    return out;
}

std::optional<FriendClear> decode_friend_clear(ByteView parameters) {
    Fields in(parameters);
    FriendClear out{.lpn = in.be16()};
    out.counter = in.be16();
    return in.done() && is_unicast(out.lpn) ? std::optional(out) : std::nullopt;
}

ControlPayload encode(const FriendSubscriptions& message) {
    ControlPayload out;
    out.u8(message.transaction).append(message.addresses.view());
    return out;
}

std::optional<FriendSubscriptions> decode_friend_subscriptions(ByteView parameters) {
    Fields in(parameters);
    FriendSubscriptions out{.transaction = in.u8()};
    const auto left = in.left();
    if (left == 0 || left % 2 != 0 || left > decltype(out.addresses)::capacity) return std::nullopt;
    out.addresses.append(in.rest());
    return in.ok() ? std::optional(out) : std::nullopt;
}

} // namespace torgo::mesh
