#pragma once

#include "radio/ledger.hpp"
#include "radio/shard.hpp"

#include <functional>
#include <memory>
#include <variant>
#include <vector>

namespace torgo::radio {

/// Something that befalls the field at a moment.
struct Happening {
    /// A node that failed twice is back when it has recovered twice.
    struct Fail {
        std::vector<NodeId> nodes;
    };

    struct Recover {
        std::vector<NodeId> nodes;
    };

    /// A flare: noise everywhere, so many dB above the usual. Those that last together add up.
    struct Noise {
        double rise_db = 0;
        bool ends = false;
    };

    /// Groups of the one side hear nothing of the others, as long as it lasts.
    struct Cut {
        std::vector<bool> groups;
        bool ends = false;
    };

    Time at = 0;
    std::variant<Fail, Recover, Noise, Cut> what;
};

/// A way through the field: at each time a point, straight between them.
struct Journey {
    struct Stop {
        Time at;
        Point where;
    };

    NodeId node = no_node;
    std::vector<Stop> stops; ///< in the order of time, not empty

    Point position(Time now) const;
};

struct Run {
    std::vector<Flow> flows;
    std::vector<Happening> happenings;
    std::vector<Journey> journeys;
    Time duration = 60 * second;
    Time move_step = second; ///< how often the links of moving nodes are found again
    unsigned threads = 1;
    /// Windows in which fewer pairs of packet and receiver are looked at are run by one thread.
    std::uint64_t work_worth_sharing = 5000;
};

struct Progress {
    Time now;
    Time duration;
    std::uint64_t packets;
    std::uint64_t messages;
    std::uint64_t arrived;
};

/// Runs devices in a field through virtual time.
///
/// The same field, devices, run and seed give the same trace, counters and latencies whatever the
/// number of threads.
class Simulation {
public:
    /// in  `field` and `devices` outlive the simulation
    Simulation(Field& field, Devices& devices, Run run);
    ~Simulation();

    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;
    Simulation(Simulation&&) = delete;
    Simulation& operator=(Simulation&&) = delete;

    /// To the end, or until `keep_going`, asked after each tenth of a virtual second, says no.
    ///
    /// errors  `cancelled` when told to stop; `limit_exceeded` when nodes that move come too close
    ///         together (links_max)
    Result<> run(const std::function<bool(const Progress&)>& keep_going = {});

    Time now() const { return m_now; }

    const Ledger& ledger() const { return m_ledger; }

    const Counters& counters(NodeId node) const;

    Totals totals() const;

    std::uint64_t trace() const;

    bool alive(NodeId node) const { return m_shared.alive[node] != 0; }

    /// Bytes a node: links, places, queues, state of radio and device.
    double bytes_per_node() const;

    std::size_t windows() const { return m_windows; }

private:
    class Gate;

    void divide();
    void between();
    void choose_window();
    void apply_due();
    void apply(const Happening& happening);
    void apply(const Happening::Fail& fail);
    void apply(const Happening::Recover& recover);
    void apply(const Happening::Noise& noise);
    void apply(const Happening::Cut& cut);
    void move_all();
    bool report();
    void work(std::size_t shard, Gate& gate);

    Field& m_field;
    Devices& m_devices;
    Run m_run;
    Shared m_shared;
    std::vector<Shard> m_shards;
    Ledger m_ledger;
    std::vector<std::uint32_t> m_failures; ///< of each node, not over yet; empty: none ever
    std::vector<double> m_flares;          ///< dB, of those that last
    std::vector<std::vector<bool>> m_cuts; ///< that last: of each group, its side
    std::function<bool(const Progress&)> m_keep_going;
    Result<> m_result;
    Time m_now = 0;
    Time m_end = 0; ///< of the window at hand
    Time m_next_move = never;
    Time m_next_report = 0;
    std::size_t m_next_happening = 0;
    std::uint64_t m_windows = 0;
    std::uint64_t m_checks = 0;
    std::uint64_t m_work = 0;
    bool m_done = false;
};

} // namespace torgo::radio
