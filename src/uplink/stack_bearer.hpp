#pragma once

#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "env/random.hpp"
#include "mesh/file_store.hpp"
#include "mesh/node.hpp"
#include "uplink/air_socket.hpp"
#include "uplink/bearer.hpp"
#include "uplink/mesh_setup.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace torgo::uplink {

struct AirFaults {
    double loss = 0; ///< of each frame, each way
    std::uint64_t seed = 1;
};

/// The product's own mesh stack over an AirSocket.
class StackBearer final : public Bearer, private mesh::Host {
public:
    /// What the mesh node must not forget (sequence numbers, replay list) is kept in `path`.
    /// errors  those of the file system; `corrupt`; `changed` where what is kept there is of a node
    /// with other keys or another address
    /// Sending and receiving end with `io` once the node has been told to leave its network, or has
    /// no sequence number left.
    static Result<std::unique_ptr<StackBearer>> open(env::FileSystem& files, env::Clock& clock,
                                                     env::Random& random, AirSocket air,
                                                     const std::string& path, const MeshKeys& keys,
                                                     const MeshRole& role,
                                                     const AirFaults& faults = {});

    Result<> send(Address to, ByteView payload) override;

    bool is_free() const override { return m_under_way < under_way_max; }

    Result<std::optional<Heard>> receive(env::Deadline until) override;

private:
    static constexpr unsigned under_way_max = 4;

    struct Repeat {
        std::uint8_t ad_type = 0;
        Bytes frame;
    };

    StackBearer(env::Clock& clock, AirSocket air, const AirFaults& faults)
        : m_clock(clock), m_air(std::move(air)), m_faults(faults) {}

    mesh::Time now() const { return mesh::Time(m_clock.monotonic_ns() / 1000); }

    bool is_lost();
    void put_on_air(std::uint8_t ad_type, ByteView frame);
    void send_due();
    env::Deadline next_due(env::Deadline until) const;
    void take_frame(ByteView frame);

    void transmit(mesh::Node& node, const mesh::Transmission& transmission) override;
    void message(mesh::Node& node, mesh::Time now, const mesh::Received& received) override;

    void ended(mesh::Node&, mesh::MessageNumber, mesh::SendEnd) override {
        if (m_under_way > 0) m_under_way -= 1;
    }

    void event(mesh::Node& node, mesh::NodeEvent event) override;

    env::Clock& m_clock;
    AirSocket m_air;
    AirFaults m_faults;
    std::uint64_t m_draws = 0;
    std::unique_ptr<mesh::FileStore> m_store;
    std::unique_ptr<mesh::Node> m_node;
    std::multimap<std::int64_t, Repeat> m_repeats; ///< by time
    std::deque<Heard> m_heard;
    unsigned m_under_way = 0;
    std::optional<Error> m_ended;
};

} // namespace torgo::uplink
