#include "mesh/directed_role.hpp"

#include "mesh/node.hpp"

#include <algorithm>

namespace torgo::mesh {

namespace {
constexpr std::chrono::milliseconds reply_delay{500};   // 3.6.8.7
constexpr std::chrono::milliseconds request_delay{150}; // 3.6.8.7
constexpr std::chrono::milliseconds request_spread{30};
constexpr std::chrono::seconds short_discovery{5};
constexpr std::chrono::seconds long_discovery{30};
constexpr std::chrono::seconds retry_interval{30};
constexpr std::array<std::chrono::minutes, 4> lifetimes{
    std::chrono::minutes(12), std::chrono::hours(2), std::chrono::hours(24),
    std::chrono::hours(240)};
constexpr std::uint8_t own_lifetime = 1;
/// Unicast Echo Interval: so many per cent of the lifetime.
constexpr int echo_percent = 5;

Time echo_interval() {
    return Time(lifetimes[own_lifetime]) * echo_percent / 100;
}

Time discovery_time(const PathRequest& request) {
    return request.long_discovery ? Time(long_discovery) : Time(short_discovery);
}

/// Forwarding numbers are a circle of 256.
bool is_older(std::uint8_t a, std::uint8_t b) {
    return a != b && static_cast<std::uint8_t>(b - a) < 128;
}
} // namespace

bool DirectedRole::Path::leads(Address src, Address dst) const {
    const auto at = [](const AddressRange& own, const AddressRange& dependent, Address a) {
        return own.contains(a) || dependent.contains(a);
    };
    return (at(origin, dependent_origin, src) && at(target, dependent_target, dst)) ||
           (two_way && at(origin, dependent_origin, dst) && at(target, dependent_target, src));
}

bool DirectedRole::has_path(KeyIndex net_index, Address src, Address dst) const {
    return is_unicast(dst) && std::ranges::any_of(m_paths, [&](const Path& path) {
               return path.net_index == net_index && path.leads(src, dst);
           });
}

DirectedRole::Path* DirectedRole::find(KeyIndex net_index, Address origin, Address destination) {
    const auto at = std::ranges::find_if(m_paths, [&](const Path& path) {
        return path.net_index == net_index && path.origin.first == origin &&
               (path.target.contains(destination) || path.dependent_target.contains(destination));
    });
    return at == m_paths.end() ? nullptr : &*at;
}

AddressRange DirectedRole::own_range() const {
    return {.first = m_node.m_config.address, .count = m_node.m_config.element_count()};
}

bool DirectedRole::is_target(Address destination) const {
    return own_range().contains(destination) ||
           (m_node.m_friends && m_node.m_friends->serves(destination));
}

Time DirectedRole::random_up_to(std::chrono::milliseconds most) {
    std::array<std::uint8_t, 2> bytes{};
    m_node.m_random.fill(bytes);
    return Time(most) * (bytes[0] | bytes[1] << 8U) / 0xFFFF;
}

void DirectedRole::send(KeyIndex net_index, Address dst, std::uint8_t ttl, ControlOpcode opcode,
                        ByteView parameters) {
    const auto* subnet = m_node.m_config.keys->subnet(net_index);
    if (subnet == nullptr) return;
    m_node.send_control_under(m_node.m_config.address, dst, ttl, subnet->transmit().directed,
                              opcode, parameters);
}

bool DirectedRole::want(Time now, KeyIndex net_index, Address destination) {
    const auto same = [&](const Wanted& w) {
        return w.net_index == net_index && w.destination == destination;
    };
    if (std::ranges::any_of(m_wanted, same)) return true;
    if (m_wanted.size() >= wanted_max || !is_unicast(destination)) return false;
    m_wanted.push_back({.net_index = net_index, .destination = destination, .due = now});
    return true;
}

void DirectedRole::doubt(Time now, Address destination) {
    for (auto& wanted : m_wanted) {
        if (wanted.destination == destination && !wanted.waits_for_echo) wanted.due = now;
    }
}

void DirectedRole::discover(Time now, Wanted& wanted) {
    if (m_discoveries.size() >= discoveries_max) {
        wanted.due = now + short_discovery;
        return;
    }
    PathRequest request{.lifetime = own_lifetime,
                        .number = ++m_number,
                        .destination = wanted.destination,
                        .origin = own_range()};
    const auto end = now + discovery_time(request);
    m_discoveries.push_back({.request = request, .net_index = wanted.net_index, .end = end});
    wanted.due = end + retry_interval; // sooner where an answer comes
    send(wanted.net_index, all_directed, 0, ControlOpcode::path_request, encode(request).view());
}

/// The origin's state machine: discovery, then echo after echo (3.6.8.2.1, 3.6.8.2.6).
void DirectedRole::wake_wanted(Time now, Wanted& wanted) {
    if (wanted.due > now) return;
    auto* path = find(wanted.net_index, m_node.m_config.address, wanted.destination);
    // [MESH-37]
    if (path != nullptr && wanted.waits_for_echo) {
        m_paths.erase(m_paths.begin() + (path - m_paths.data()));
        path = nullptr;
    }
    wanted.waits_for_echo = path != nullptr;
    if (path == nullptr) {
        discover(now, wanted);
        return;
    }
    wanted.due = now + short_discovery;
    send(wanted.net_index, path->target.first, ttl_max, ControlOpcode::path_echo_request, {});
}

void DirectedRole::on_control(Time now, const NetworkPdu& pdu, KeyIndex net_index, bool directed,
                              std::uint8_t opcode, ByteView parameters) {
    if (opcode == static_cast<std::uint8_t>(ControlOpcode::path_echo_reply)) {
        on_echo_reply(now, pdu, net_index, parameters);
        return;
    }
    // [MESH-36]
    if (!directed) return;
    switch (static_cast<ControlOpcode>(opcode)) {
    case ControlOpcode::path_request:
        if (pdu.dst == all_directed && pdu.ttl == 0) on_request(now, pdu, net_index, parameters);
        break;
    case ControlOpcode::path_reply:
        if (pdu.dst == m_node.m_config.address && pdu.ttl == 0)
            on_reply(now, pdu, net_index, parameters);
        break;
    case ControlOpcode::path_confirmation:
        if (pdu.dst == all_directed && pdu.ttl == 0) on_confirmation(pdu, net_index, parameters);
        break;
    case ControlOpcode::path_echo_request:
        on_echo_request(pdu, net_index, parameters);
        break;
    default:
        break;
    }
}

// 3.6.8.2.2
void DirectedRole::on_request(Time now, const NetworkPdu& pdu, KeyIndex net_index,
                              ByteView parameters) {
    const auto request = decode_path_request(parameters);
    if (!request || own_range().contains(request->origin.first)) return;
    const bool target = is_target(request->destination);
    if (!target && !m_node.m_config.states.directed_relay) return;
    const auto* known = find(net_index, request->origin.first, request->destination);
    if (known != nullptr && is_older(request->number, known->number)) return;
    const auto at = std::ranges::find_if(m_discoveries, [&](const Discovery& d) {
        return d.net_index == net_index && d.request.origin.first == request->origin.first &&
               d.request.number == request->number;
    });
    if (at != m_discoveries.end()) {
        if (request->metric >= at->request.metric || at->replied) return;
        at->request.metric = request->metric;
        at->next_toward_origin = pdu.src;
        if (!target && at->request_due == never)
            at->request_due = now + request_delay + random_up_to(request_spread);
        return;
    }
    if (m_discoveries.size() >= discoveries_max) return;
    Discovery made{.request = *request, .net_index = net_index, .next_toward_origin = pdu.src};
    made.end = now + discovery_time(*request);
    if (target)
        made.reply_due = now + reply_delay;
    else
        made.request_due = now + request_delay + random_up_to(request_spread);
    m_discoveries.push_back(made);
}

/// The entry of a path that is just being made; it takes the place of an older one.
DirectedRole::Path* DirectedRole::add(Time now, const Discovery& discovery,
                                      const PathReply& reply) {
    const auto& request = discovery.request;
    std::erase_if(m_paths, [&](const Path& path) {
        return path.expires <= now ||
               (path.net_index == discovery.net_index &&
                path.origin.first == request.origin.first && path.number != request.number &&
                (path.target.contains(request.destination) ||
                 path.dependent_target.contains(request.destination)));
    });
    if (auto* same = find(discovery.net_index, request.origin.first, request.destination))
        return same;
    if (m_paths.size() >= paths_max) return nullptr;
    return &m_paths.emplace_back(Path{.net_index = discovery.net_index,
                                      .origin = request.origin,
                                      .target = reply.target,
                                      .dependent_origin = request.dependent,
                                      .dependent_target = reply.dependent,
                                      .number = request.number,
                                      .expires = now + lifetimes[request.lifetime]});
}

/// As the target, or as the friend of it.
void DirectedRole::reply(Time now, Discovery& discovery) {
    discovery.reply_due = never;
    discovery.replied = true;
    const auto& request = discovery.request;
    PathReply message{.confirm = true,
                      .origin = request.origin.first,
                      .number = request.number,
                      .target = own_range()};
    if (!own_range().contains(request.destination))
        message.dependent = {.first = request.destination};
    if (add(now, discovery, message) == nullptr) return;
    send(discovery.net_index, discovery.next_toward_origin, 0, ControlOpcode::path_reply,
         encode(message).view());
}

// 3.6.8.2.3
void DirectedRole::on_reply(Time now, const NetworkPdu&, KeyIndex net_index, ByteView parameters) {
    const auto message = decode_path_reply(parameters);
    if (!message) return;
    const auto at = std::ranges::find_if(m_discoveries, [&](const Discovery& d) {
        return d.net_index == net_index && d.request.origin.first == message->origin &&
               d.request.number == message->number &&
               (message->target.contains(d.request.destination) ||
                message->dependent.contains(d.request.destination));
    });
    if (at == m_discoveries.end() || at->replied) return;
    auto* path = add(now, *at, *message);
    if (path == nullptr) return;
    at->replied = true;
    if (!own_range().contains(message->origin)) {
        send(net_index, at->next_toward_origin, 0, ControlOpcode::path_reply,
             encode(*message).view());
        return;
    }
    if (message->confirm) {
        path->two_way = true;
        send(net_index, all_directed, 0, ControlOpcode::path_confirmation,
             encode(PathConfirmation{.origin = path->origin.first, .target = path->target.first})
                 .view());
    }
    for (auto& wanted : m_wanted) {
        if (wanted.destination == at->request.destination) wanted.due = now + echo_interval();
    }
}

// 3.6.8.2.4
void DirectedRole::on_confirmation(const NetworkPdu&, KeyIndex net_index, ByteView parameters) {
    const auto message = decode_path_confirmation(parameters);
    if (!message) return;
    auto* path = find(net_index, message->origin, message->target);
    const auto at = std::ranges::find_if(m_discoveries, [&](const Discovery& d) {
        return path != nullptr && d.net_index == net_index &&
               d.request.origin.first == message->origin && d.request.number == path->number;
    });
    if (at == m_discoveries.end() || at->confirmed || own_range().contains(message->origin)) return;
    path->two_way = true;
    at->confirmed = true;
    if (own_range().contains(message->target)) return;
    send(net_index, all_directed, 0, ControlOpcode::path_confirmation, encode(*message).view());
}

void DirectedRole::on_echo_request(const NetworkPdu& pdu, KeyIndex net_index, ByteView parameters) {
    const auto* path = find(net_index, pdu.src, pdu.dst);
    if (!parameters.empty() || path == nullptr) return;
    Buffer<2> destination;
    destination.be16(path->target.first);
    if (path->two_way)
        send(net_index, pdu.src, ttl_max, ControlOpcode::path_echo_reply, destination.view());
    else
        m_node.send_control(m_node.m_config.address, pdu.src, net_index, ttl_max,
                            ControlOpcode::path_echo_reply, destination.view());
}

void DirectedRole::on_echo_reply(Time now, const NetworkPdu& pdu, KeyIndex net_index,
                                 ByteView parameters) {
    Fields in(parameters);
    const auto target = in.be16();
    if (!in.done() || !own_range().contains(pdu.dst)) return;
    for (auto& wanted : m_wanted) {
        const auto* path = find(net_index, m_node.m_config.address, wanted.destination);
        if (!wanted.waits_for_echo || path == nullptr || path->target.first != target) continue;
        wanted.waits_for_echo = false;
        wanted.due = now + echo_interval();
    }
}

void DirectedRole::on_wake(Time now) {
    for (auto& discovery : m_discoveries) {
        if (discovery.request_due <= now) {
            discovery.request_due = never;
            auto request = discovery.request;
            if (request.metric < 0xFF) ++request.metric;
            send(discovery.net_index, all_directed, 0, ControlOpcode::path_request,
                 encode(request).view());
        }
        if (discovery.reply_due <= now) reply(now, discovery);
    }
    for (auto& wanted : m_wanted)
        wake_wanted(now, wanted);
    std::erase_if(m_discoveries, [&](const Discovery& d) { return d.end <= now; });
    std::erase_if(m_paths, [&](const Path& path) { return path.expires <= now; });
}

Time DirectedRole::next_wake() const {
    auto next = never;
    for (const auto& d : m_discoveries)
        next = std::min({next, d.request_due, d.reply_due, d.end});
    for (const auto& wanted : m_wanted)
        next = std::min(next, wanted.due);
    for (const auto& path : m_paths)
        next = std::min(next, path.expires);
    return next;
}

} // namespace torgo::mesh
