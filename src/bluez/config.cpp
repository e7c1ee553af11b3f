#include "bluez/config.hpp"

#include "base/codec.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace torgo::bluez {

namespace {

/// Two bytes of opcode on the air are most significant first; parameters are little-endian.
Writer begin(std::uint16_t opcode) {
    Writer out;
    out.put(static_cast<std::uint8_t>(opcode >> 8U)).put(static_cast<std::uint8_t>(opcode & 0xFFU));
    return out;
}

Bytes opcode_bytes(std::uint16_t opcode) {
    return begin(opcode).take();
}

Writer& put_model(Writer& out, const ModelId& model) {
    if (model.vendor) out.put(*model.vendor);
    return out.put(model.model);
}

ConfigMessage asking(Writer message, Bytes answer, bool has_status) {
    return {std::move(message).take(), std::move(answer), has_status};
}

/// source  Mesh Protocol 1.1, table 4.308 (status codes of the foundation models)
constexpr std::array<std::string_view, 17> status_texts = {
    "success",
    "invalid address",
    "invalid model",
    "invalid application key index",
    "invalid network key index",
    "insufficient resources",
    "key index already stored",
    "invalid publish parameters",
    "not a subscribe model",
    "storage failure",
    "feature not supported",
    "cannot update",
    "cannot remove",
    "cannot bind",
    "temporarily unable to change state",
    "cannot set",
    "unspecified error",
};

Errc status_code(std::uint8_t status) {
    switch (status) {
    case 1:
    case 7:
    case 8:
        return Errc::invalid_argument;
    case 2:
    case 3:
    case 4:
        return Errc::not_found;
    case 5:
        return Errc::limit_exceeded;
    case 6:
        return Errc::exists;
    case 10:
        return Errc::unsupported;
    case 14:
        return Errc::unavailable;
    default:
        return Errc::io;
    }
}

constexpr std::uint16_t app_key_status = 0x8003;
constexpr std::uint16_t composition_get = 0x8008;
constexpr std::uint8_t composition_status = 0x02;
constexpr std::uint16_t default_ttl_set = 0x800D;
constexpr std::uint16_t default_ttl_status = 0x800E;
constexpr std::uint8_t publication_set = 0x03;
constexpr std::uint16_t publication_status = 0x8019;
constexpr std::uint16_t subscription_add = 0x801B;
constexpr std::uint16_t subscription_status = 0x801F;
constexpr std::uint16_t network_transmit_set = 0x8024;
constexpr std::uint16_t network_transmit_status = 0x8025;
constexpr std::uint16_t relay_set = 0x8027;
constexpr std::uint16_t relay_status = 0x8028;
constexpr std::uint16_t heartbeat_publication_set = 0x8039;
constexpr std::uint8_t heartbeat_publication_status = 0x06;
constexpr std::uint16_t heartbeat_subscription_get = 0x803A;
constexpr std::uint16_t heartbeat_subscription_set = 0x803B;
constexpr std::uint16_t heartbeat_subscription_status = 0x803C;
constexpr std::uint16_t model_app_bind = 0x803D;
constexpr std::uint16_t model_app_status = 0x803E;
constexpr std::uint16_t net_key_status = 0x8044;
constexpr std::uint16_t node_reset = 0x8049;
constexpr std::uint16_t node_reset_status = 0x804A;

} // namespace

ConfigMessage bind_model(Address element, KeyIndex application_key, const ModelId& model) {
    auto out = begin(model_app_bind);
    put_model(out.put(element).put(application_key), model);
    return asking(std::move(out), opcode_bytes(model_app_status), true);
}

ConfigMessage subscribe_model(Address element, Address group, const ModelId& model) {
    auto out = begin(subscription_add);
    put_model(out.put(element).put(group), model);
    return asking(std::move(out), opcode_bytes(subscription_status), true);
}

ConfigMessage set_publication(Address element, const Publication& publication,
                              const ModelId& model) {
    Writer out;
    out.put(publication_set)
        .put(element)
        .put(publication.destination)
        .put(publication.application_key)
        .put(publication.ttl)
        .put(publication.period)
        .put(publication.retransmission);
    put_model(out, model);
    return asking(std::move(out), opcode_bytes(publication_status), true);
}

ConfigMessage set_heartbeat_publication(const HeartbeatPublication& publication) {
    auto out = begin(heartbeat_publication_set);
    out.put(publication.destination)
        .put(publication.count_log)
        .put(publication.period_log)
        .put(publication.ttl)
        .put(publication.features)
        .put(publication.network);
    return asking(std::move(out), {heartbeat_publication_status}, true);
}

ConfigMessage set_heartbeat_subscription(const HeartbeatSubscription& subscription) {
    auto out = begin(heartbeat_subscription_set);
    out.put(subscription.source).put(subscription.destination).put(subscription.period_log);
    return asking(std::move(out), opcode_bytes(heartbeat_subscription_status), true);
}

ConfigMessage get_heartbeat_subscription() {
    return asking(begin(heartbeat_subscription_get), opcode_bytes(heartbeat_subscription_status),
                  true);
}

ConfigMessage set_relay(bool on, std::uint8_t retransmissions, std::uint8_t interval_steps) {
    auto out = begin(relay_set);
    const auto timing = static_cast<std::uint8_t>((retransmissions & 7U) | (interval_steps << 3U));
    out.put<std::uint8_t>(on ? 1 : 0).put(timing);
    return asking(std::move(out), opcode_bytes(relay_status), false);
}

ConfigMessage set_network_transmit(std::uint8_t retransmissions, std::uint8_t interval_steps) {
    auto out = begin(network_transmit_set);
    out.put(static_cast<std::uint8_t>((retransmissions & 7U) | (interval_steps << 3U)));
    return asking(std::move(out), opcode_bytes(network_transmit_status), false);
}

ConfigMessage set_default_ttl(std::uint8_t ttl) {
    auto out = begin(default_ttl_set);
    out.put(ttl);
    return asking(std::move(out), opcode_bytes(default_ttl_status), false);
}

ConfigMessage get_composition(std::uint8_t page) {
    auto out = begin(composition_get);
    out.put(page);
    return asking(std::move(out), {composition_status}, false);
}

ConfigMessage application_key_answer() {
    return {{}, opcode_bytes(app_key_status), true};
}

ConfigMessage network_key_answer() {
    return {{}, opcode_bytes(net_key_status), true};
}

ConfigMessage reset_node() {
    return asking(begin(node_reset), opcode_bytes(node_reset_status), false);
}

bool answers(const ConfigMessage& asked, ByteView answer) {
    const ByteView opcode = asked.answer_opcode;
    return answer.size() >= opcode.size() &&
           std::ranges::equal(opcode, answer.first(opcode.size()));
}

Result<ByteView> check_answer(const ConfigMessage& asked, ByteView answer) {
    if (!answers(asked, answer)) return fail(Errc::corrupt, "another message than the answer");
    const auto payload = answer.subspan(asked.answer_opcode.size());
    if (!asked.has_status) return payload;
    if (payload.empty()) return fail(Errc::corrupt, "an answer without its status");
    if (payload[0] != 0)
        return fail(status_code(payload[0]),
                    "the node refuses: " + std::string(status_text(payload[0])));
    return payload.subspan(1);
}

Result<HeartbeatsHeard> parse_heartbeats_heard(ByteView payload) {
    Reader in(payload);
    HeartbeatsHeard heard;
    TRY(heard.subscription.source, in.get<std::uint16_t>());
    TRY(heard.subscription.destination, in.get<std::uint16_t>());
    TRY(heard.subscription.period_log, in.get<std::uint8_t>());
    TRY(heard.count_log, in.get<std::uint8_t>());
    TRY(heard.hops_min, in.get<std::uint8_t>());
    TRY(heard.hops_max, in.get<std::uint8_t>());
    CHECK_OK(in.done());
    return heard;
}

std::string_view status_text(std::uint8_t status) noexcept {
    return status < status_texts.size() ? status_texts[status] : "a status of its own";
}

} // namespace torgo::bluez
