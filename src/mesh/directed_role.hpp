#pragma once

#include "mesh/network.hpp"
#include "mesh/node_config.hpp"
#include "mesh/path_messages.hpp"

#include <optional>
#include <vector>

namespace torgo::mesh {

class Node;

/// Directed forwarding (Mesh Protocol 1.1, 3.6.8): paths of one lane to unicast addresses are
/// discovered, used in both directions, checked by echoes, and found anew when they break. There
/// is one only on nodes where it is switched on.
class DirectedRole {
public:
    static constexpr std::size_t paths_max = 32;
    static constexpr std::size_t discoveries_max = 8;
    static constexpr std::size_t wanted_max = 8;

    struct Path {
        KeyIndex net_index = 0;
        AddressRange origin{};
        AddressRange target{};
        AddressRange dependent_origin{};
        AddressRange dependent_target{};
        std::uint8_t number = 0;
        bool two_way = false;
        Time expires{};

        bool leads(Address src, Address dst) const;
    };

    explicit DirectedRole(Node& node) : m_node(node) {}

    /// Keeps a path to this address from now on. False where too many are kept already.
    bool want(Time now, KeyIndex net_index, Address destination);

    /// Whether PDUs of this source to this destination go along a path that this node is on.
    bool has_path(KeyIndex net_index, Address src, Address dst) const;

    /// A message along it was never acknowledged: an echo tells whether the path still is one.
    void doubt(Time now, Address destination);

    void on_control(Time now, const NetworkPdu& pdu, KeyIndex net_index, bool directed,
                    std::uint8_t opcode, ByteView parameters);
    void on_wake(Time now);
    Time next_wake() const;

    const std::vector<Path>& paths() const { return m_paths; }

private:
    struct Discovery {
        PathRequest request{};
        KeyIndex net_index = 0;
        Address next_toward_origin = unassigned;
        bool confirmed = false;
        bool replied = false;
        Time request_due = never;
        Time reply_due = never;
        Time end{};
    };

    /// A path that this node is the origin of, or wants to be.
    struct Wanted {
        KeyIndex net_index = 0;
        Address destination = unassigned;
        bool waits_for_echo = false;
        Time due{}; ///< of a discovery, an echo, or its answer
    };

    Path* find(KeyIndex net_index, Address origin, Address destination);
    void on_request(Time now, const NetworkPdu& pdu, KeyIndex net_index, ByteView parameters);
    void on_reply(Time now, const NetworkPdu& pdu, KeyIndex net_index, ByteView parameters);
    void on_confirmation(const NetworkPdu& pdu, KeyIndex net_index, ByteView parameters);
    void on_echo_request(const NetworkPdu& pdu, KeyIndex net_index, ByteView parameters);
    void on_echo_reply(Time now, const NetworkPdu& pdu, KeyIndex net_index, ByteView parameters);
    void discover(Time now, Wanted& wanted);
    void wake_wanted(Time now, Wanted& wanted);
    void reply(Time now, Discovery& discovery);
    Path* add(Time now, const Discovery& discovery, const PathReply& reply);
    void send(KeyIndex net_index, Address dst, std::uint8_t ttl, ControlOpcode opcode,
              ByteView parameters);
    AddressRange own_range() const;
    bool is_target(Address destination) const;
    Time random_up_to(std::chrono::milliseconds most);

    Node& m_node;
    std::uint8_t m_number = 0;
    std::vector<Path> m_paths;
    std::vector<Discovery> m_discoveries;
    std::vector<Wanted> m_wanted;
};

} // namespace torgo::mesh
