#include "radio/simulation.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace torgo::radio {

namespace {

constexpr Time report_step = second / 10;

/// Powers that rise by so many dB each, together.
double sum_db(const std::vector<double>& rises) {
    if (rises.size() == 1) return rises.front();
    double sum = 1;
    for (const auto rise : rises)
        sum += to_mw(rise) - 1;
    return 10 * std::log10(sum);
}

/// Of each group: the part it lies in. Groups share one where no cut goes between them.
std::vector<std::uint32_t> parts_of(const std::vector<std::vector<bool>>& cuts) {
    std::map<std::vector<bool>, std::uint32_t> parts;
    std::vector<std::uint32_t> out;
    const auto groups = cuts.empty() ? 0 : cuts.front().size();
    for (std::size_t group = 0; group < groups; ++group) {
        std::vector<bool> sides;
        for (const auto& cut : cuts)
            sides.push_back(cut[group]);
        out.push_back(parts.try_emplace(sides, parts.size()).first->second);
    }
    return out;
}

} // namespace

Point Journey::position(Time now) const {
    if (now <= stops.front().at) return stops.front().where;
    for (std::size_t i = 1; i < stops.size(); ++i) {
        const auto& a = stops[i - 1];
        const auto& b = stops[i];
        if (now > b.at || b.at == a.at) continue;
        const auto share = static_cast<double>(now - a.at) / static_cast<double>(b.at - a.at);
        return {a.where.x + (b.where.x - a.where.x) * share,
                a.where.y + (b.where.y - a.where.y) * share};
    }
    return stops.back().where;
}

/// Where the threads of a run meet. Waits by turning for a few microseconds, since windows are
/// short, then asleep, since others may need the core.
class Simulation::Gate {
public:
    Gate(Simulation& simulation, std::size_t threads) : m_simulation(simulation), m_all(threads) {}

    /// The last to come does what is to be done between windows.
    void pass() {
        const auto round = m_round.load(std::memory_order_relaxed);
        if (m_come.fetch_add(1, std::memory_order_acq_rel) + 1 == m_all) {
            m_come.store(0, std::memory_order_relaxed);
            m_simulation.between();
            {
                const std::lock_guard lock(m_mutex);
                m_round.store(round + 1, std::memory_order_release);
            }
            m_next.notify_all();
            return;
        }
        for (int turn = 0; turn < turns; ++turn)
            if (m_round.load(std::memory_order_acquire) != round) return;
        std::unique_lock lock(m_mutex);
        m_next.wait(lock, [&] { return m_round.load(std::memory_order_acquire) != round; });
    }

private:
    static constexpr int turns = 5000;

    Simulation& m_simulation;
    std::size_t m_all;
    std::atomic<std::size_t> m_come = 0;
    std::atomic<std::uint64_t> m_round = 0;
    std::mutex m_mutex;
    std::condition_variable m_next;
};

Simulation::Simulation(Field& field, Devices& devices, Run run)
    : m_field(field),
      m_devices(devices),
      m_run(std::move(run)),
      m_shared(field, devices, std::move(m_run.flows)) {
    std::ranges::stable_sort(m_run.happenings, {}, &Happening::at);
    if (!m_run.journeys.empty()) m_next_move = 0;
    divide();
    for (std::size_t i = 0; i + 1 < m_shared.first.size(); ++i)
        m_shards.emplace_back(m_shared, i);
    for (auto& shard : m_shards)
        shard.begin();
}

Simulation::~Simulation() = default;

/// Ranges of nodes with about the same number of links each.
void Simulation::divide() {
    const auto threads =
        std::clamp<std::size_t>(m_run.threads, 1, std::max<std::size_t>(1, m_field.size()));
    double all = 0;
    for (NodeId node = 0; node < m_field.size(); ++node)
        all += static_cast<double>(m_field.fixed_links(node).size()) + 1;
    m_shared.first = {0};
    double sum = 0;
    for (NodeId node = 0; node < m_field.size(); ++node) {
        if (sum >= all * static_cast<double>(m_shared.first.size()) / static_cast<double>(threads))
            m_shared.first.push_back(node);
        sum += static_cast<double>(m_field.fixed_links(node).size()) + 1;
    }
    m_shared.first.push_back(static_cast<NodeId>(m_field.size()));
}

Result<> Simulation::run(const std::function<bool(const Progress&)>& keep_going) {
    m_keep_going = keep_going;
    Gate gate(*this, m_shards.size());
    between();
    {
        std::vector<std::jthread> helpers;
        for (std::size_t i = 1; i < m_shards.size(); ++i)
            helpers.emplace_back([this, i, &gate] { work(i, gate); });
        work(0, gate);
    }
    m_ledger.finish();
    return m_result;
}

void Simulation::work(std::size_t shard, Gate& gate) {
    while (!m_done) {
        m_shards[shard].run(m_end, m_windows, m_shards);
        gate.pass();
    }
}

/// Between two windows, while no shard runs. A window with little in it is not worth a meeting: it
/// is run here, and the next one too, until one is.
void Simulation::between() {
    for (choose_window(); !m_done && m_work < m_run.work_worth_sharing; choose_window())
        for (auto& shard : m_shards)
            shard.run(m_end, m_windows, m_shards);
}

/// Joins what the shards noted, lets happen what is due, and chooses the next window.
void Simulation::choose_window() {
    std::uint64_t checks = 0;
    for (auto& shard : m_shards) {
        m_ledger.take(shard.notes());
        checks += shard.totals().checks;
    }
    m_work = checks - m_checks; // as much as in the window before
    m_checks = checks;
    m_now = m_end;
    m_ledger.settle(m_now);
    ++m_windows;
    apply_due();
    Time next = never;
    for (auto& shard : m_shards)
        next = std::min(next, shard.next_time());
    Time soonest = std::min(m_next_move, m_run.duration);
    if (m_next_happening < m_run.happenings.size())
        soonest = std::min(soonest, m_run.happenings[m_next_happening].at);
    next = std::max(next, m_now);
    // At the latest when something befalls the field; then at once, if nothing comes before.
    m_shared.next_change = soonest;
    m_end = next >= soonest ? soonest : std::min(next + m_field.phy().turnaround, soonest);
    m_done = m_now >= m_run.duration || !m_result || !report();
}

void Simulation::apply_due() {
    while (m_result && m_next_happening < m_run.happenings.size() &&
           m_run.happenings[m_next_happening].at <= m_now)
        apply(m_run.happenings[m_next_happening++]);
    if (m_result && m_next_move <= m_now) {
        move_all();
        m_next_move = m_now + m_run.move_step;
    }
}

void Simulation::apply(const Happening& happening) {
    std::visit([this](const auto& what) { apply(what); }, happening.what);
}

void Simulation::apply(const Happening::Fail& fail) {
    m_failures.resize(m_field.size());
    for (const auto node : fail.nodes)
        if (m_failures[node]++ == 0) m_shards[m_shared.shard_of(node)].fail(node);
}

void Simulation::apply(const Happening::Recover& recover) {
    m_failures.resize(m_field.size());
    for (const auto node : recover.nodes)
        if (m_failures[node] > 0 && --m_failures[node] == 0)
            m_shards[m_shared.shard_of(node)].recover(node, m_now);
}

void Simulation::apply(const Happening::Noise& noise) {
    if (!noise.ends)
        m_flares.push_back(noise.rise_db);
    else if (const auto over = std::ranges::find(m_flares, noise.rise_db); over != m_flares.end())
        m_flares.erase(over);
    m_shared.set_noise_rise(sum_db(m_flares));
}

void Simulation::apply(const Happening::Cut& cut) {
    if (!cut.ends)
        m_cuts.push_back(cut.groups);
    else if (const auto over = std::ranges::find(m_cuts, cut.groups); over != m_cuts.end())
        m_cuts.erase(over);
    m_result = m_field.cut(parts_of(m_cuts));
}

void Simulation::move_all() {
    for (const auto& journey : m_run.journeys)
        m_field.move(journey.node, journey.position(m_now));
    m_result = m_field.update();
}

/// False when the caller wants to stop.
bool Simulation::report() {
    if (!m_keep_going || m_now < m_next_report) return true;
    m_next_report = m_now + report_step;
    const auto totals = this->totals();
    if (m_keep_going(
            {m_now, m_run.duration, totals.packets, m_ledger.originated(), m_ledger.arrived()}))
        return true;
    m_result = torgo::fail(Errc::cancelled, "the simulation was stopped");
    return false;
}

const Counters& Simulation::counters(NodeId node) const {
    return m_shards[m_shared.shard_of(node)].counters(node);
}

Totals Simulation::totals() const {
    Totals totals;
    for (NodeId node = 0; node < m_field.size(); ++node)
        totals += counters(node);
    for (const auto& shard : m_shards) {
        totals.other_channel += shard.totals().other_channel;
        totals.checks += shard.totals().checks;
        totals.queue_events += shard.totals().queue_events;
    }
    return totals;
}

std::uint64_t Simulation::trace() const {
    std::uint64_t sum = 0;
    for (const auto& shard : m_shards)
        sum += shard.trace();
    return sum;
}

double Simulation::bytes_per_node() const {
    auto bytes = m_field.memory();
    for (const auto& shard : m_shards)
        bytes += shard.memory();
    const auto nodes = static_cast<double>(std::max<std::size_t>(1, m_field.size()));
    return static_cast<double>(bytes) / nodes + static_cast<double>(m_devices.bytes_per_node());
}

} // namespace torgo::radio
