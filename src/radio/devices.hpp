#pragma once

#include "radio/bearer.hpp"
#include "radio/chance.hpp"

namespace torgo::radio {

/// A message, for the statistics: who sent it, and which of his it is.
struct MessageKey {
    NodeId source = no_node;
    std::uint32_t number = 0;

    bool operator==(const MessageKey&) const = default;
};

/// A demand on a node's software to send a message now.
struct Demand {
    MessageKey key;
    std::uint32_t flow = 0; ///< index of the flow that asks
    std::uint8_t size = 0;  ///< bytes of payload
};

/// What a node's software can do, at one moment. Valid only during the call that brought it.
class Air {
public:
    virtual Time now() const = 0;

    /// Queues a frame. False when the queue is full: the frame is dropped and counted.
    virtual bool send(ByteView frame, const Sending& sending) = 0;

    /// Calls on_timer() at that time, or never; replaces the time given before.
    virtual void wake_at(Time time) = 0;

    /// Calls on_wire() of another node after `delay` (at least Phy::turnaround): what edge nodes
    /// tell each other over IP.
    virtual void post(NodeId to, Time delay, std::uint64_t note) = 0;

    /// Draws that belong to this node alone.
    virtual Chance chance() = 0;

    /// A message was handed to the network; it is to arrive `expected` times. Time counts from now.
    virtual void originated(const MessageKey& key, std::uint32_t expected) = 0;

    /// A message has arrived where it should; once for each place.
    virtual void delivered(const MessageKey& key) = 0;

protected:
    ~Air() = default;
};

/// The software of all nodes: the product's own stack, or the flooding of FloodDevices.
///
/// One object serves all nodes, so that a node costs no pointer. Calls for different nodes may come
/// from different threads at once; all calls for one node come one after another, in the order of
/// virtual time. An implementation may touch only what belongs to the node that is called, and
/// must take chance from Air: then a run depends on its seed alone.
class Devices {
public:
    virtual ~Devices() = default;

    /// The node was switched on: at the start of the run, and after each failure.
    virtual void on_start(NodeId node, Air& air) = 0;
    virtual void on_frame(NodeId node, const Reception& reception, Air& air) = 0;
    virtual void on_timer(NodeId node, Air& air) = 0;
    virtual void on_demand(NodeId node, const Demand& demand, Air& air) = 0;
    virtual void on_wire(NodeId node, std::uint64_t note, Air& air) = 0;

    /// on_frame() of `soon` comes after a few others, that of `next` after fewer: brings nearer
    /// what a node has, and then what that points to. Changes nothing.
    virtual void expect(NodeId /*soon*/, NodeId /*next*/) const {}

    /// Memory of one node, in bytes, for the report.
    virtual std::size_t bytes_per_node() const = 0;
};

} // namespace torgo::radio
