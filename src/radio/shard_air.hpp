#pragma once

#include "radio/shard.hpp"

#include <algorithm>

namespace torgo::radio {

/// A node's view of the air during one call.
class Shard::NodeAir final : public Air {
public:
    NodeAir(Shard& shard, NodeId node) : m_shard(shard), m_node(node) {}

    Time now() const override { return m_shard.m_now; }

    bool send(ByteView frame, const Sending& sending) override {
        return m_shard.enqueue(m_node, frame, sending);
    }

    void wake_at(Time time) override {
        auto& sender = m_shard.sender(m_node);
        const auto at = time == never ? never : std::max(time, m_shard.m_now + 1);
        if (at == sender.timer) return; // its event waits already
        sender.timer = at;
        if (time != never) m_shard.m_queue.push({sender.timer, who(Kind::timer, m_node), 0});
    }

    void post(NodeId to, Time delay, std::uint64_t note) override {
        delay = std::max(delay, m_shard.m_shared.field.phy().turnaround);
        m_shard.post(to, m_shard.m_now + delay, note);
    }

    Chance chance() override { return m_shard.chance(m_node); }

    void originated(const MessageKey& key, std::uint32_t expected) override {
        m_shard.m_notes.push_back({key, m_shard.m_now, expected, m_node});
    }

    void delivered(const MessageKey& key) override {
        m_shard.m_notes.push_back({key, m_shard.m_now, 0, m_node});
    }

private:
    Shard& m_shard;
    NodeId m_node;
};

} // namespace torgo::radio
