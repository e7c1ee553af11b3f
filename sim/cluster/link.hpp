#pragma once

#include "peer/exchange.hpp"
#include "sim/clock.hpp"
#include "sim/cluster/chance.hpp"
#include "sim/cluster/machine.hpp"
#include "sim/cluster/promises.hpp"
#include "sim/cluster/trace.hpp"

#include <pthread.h>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace torgo::sim {

/// How often what goes wrong on the way, of 10,000 requests each.
struct Faults {
    unsigned lost_request = 0; ///< it never arrives
    unsigned lost_answer = 0;  ///< it was done, and nobody hears of it
    unsigned cut_body = 0;     ///< the link breaks in the request's body
    unsigned cut_answer = 0;   ///< or in the answer's
    unsigned twice = 0;        ///< it arrives twice, the second answer counts
    unsigned late = 0;         ///< given up, it arrives some steps later
    unsigned power = 0;        ///< the node's power goes while it serves
    std::int64_t delay_ns = 0; ///< the longest delay, one way and back
};

/// What all links share: time, chance, and what may go wrong now. What is public is set between
/// requests only.
class Network {
public:
    Network(std::uint64_t seed, bool readable) : chance(seed), trace(readable) {}

    Clock clock;
    Chance chance;
    Trace trace;
    Promises promises;
    Faults faults;
    unsigned step = 0; ///< part of every draw, so that a step that is left out changes no other
    std::set<std::pair<std::string, unsigned>> cut; ///< who does not get through to which machine
    /// Something that happens between two requests of somebody else, once.
    std::function<void()> meanwhile;

    struct Late {
        unsigned machine = 0;
        PeerId client;
        peer::Request request;
        Bytes body;
        std::string what;
    };

    void send_late(Late late);

    /// What was given up and is still on its way.
    std::vector<Late> take_late();

    /// Runs `meanwhile` when there is one and this is the thread that made the network: others may
    /// be at work beside it.
    void pass_time(Prng& draw);

private:
    pthread_t m_thread = pthread_self();
    std::mutex m_mutex;
    std::vector<Late> m_late;
};

/// The way of one client to one machine.
class Link final : public peer::Exchanger {
public:
    /// in  `client`, its name in the trace; all outlive the link
    Link(Network& network, Machine& machine, std::string client, const PeerId& id)
        : m_network(network), m_machine(machine), m_client(std::move(client)), m_id(id) {}

    Result<peer::Answer> exchange(const peer::Request& request, const peer::BodySource& source,
                                  const peer::BodySink& sink) override;

    void cancel() noexcept override {}

    /// The client dies: after so many requests nothing of it gets through any more.
    void stop_after(std::uint64_t requests);

private:
    enum class Fate : std::uint8_t {
        arrives,
        lost_request,
        lost_answer,
        cut_body,
        cut_answer,
        twice,
        late,
        power,
    };

    Result<peer::Answer> travel(const peer::Request& request, const Bytes& body, Fate fate,
                                Prng& draw, const peer::BodySink& sink, const std::string& what);
    Fate fate(Prng& draw) const;
    bool count(const std::string& what, std::uint64_t& number);

    Network& m_network;
    Machine& m_machine;
    std::string m_client;
    PeerId m_id;
    std::mutex m_mutex;
    std::map<std::string, std::uint64_t> m_counts; ///< how often what was asked for
    std::optional<std::uint64_t> m_left;
};

} // namespace torgo::sim
