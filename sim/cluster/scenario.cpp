#include "sim/cluster/scenario.hpp"

#include "peer/head.hpp"

#include <algorithm>

namespace torgo::sim {

namespace {

constexpr std::size_t content_size_max = 40'000;
constexpr unsigned wrong_max = 2; ///< heads that may be wrong at once: n - k
constexpr unsigned steps_least = 4;
constexpr unsigned steps_spread = 8;

class Scenario {
public:
    Scenario(std::uint64_t seed, const ScenarioOptions& options)
        : m_options(options),
          m_chance(seed),
          m_draw(m_chance.of("scenario").next()),
          m_cluster(seed, cluster_options()) {
        m_out.seed = seed;
    }

    Outcome run();

private:
    ClusterOptions cluster_options();
    Faults draw_faults();
    void step();
    void client_step(unsigned client);
    void do_work(unsigned client);
    void machine_step();
    void spoil();
    void thief(unsigned with_key_of);
    void lock();
    void release_locks();
    void deliver_late();
    void bring_back(bool all);
    void count(bool done) { ++(done ? m_out.steps_done : m_out.steps_failed); }
    Bytes content();
    void end_safely();
    void end_live();
    bool fill_wrong_heads();
    bool is_clean();

    const ScenarioOptions& m_options;
    Chance m_chance;
    Prng m_draw;
    Cluster m_cluster;
    Faults m_faults;
    std::vector<Bytes> m_contents;
    Outcome m_out;
};

ClusterOptions Scenario::cluster_options() {
    return {.code = m_draw.chance(1, 4) ? segment::CodeKind::regenerating
                                        : segment::CodeKind::reed_solomon,
            .defect = m_options.defect,
            .defective = static_cast<unsigned>(m_draw.below(head_count)),
            .readable = m_options.readable};
}

/// Each seed has its own weather: most kinds of faults are absent in it, a few are frequent.
Faults Scenario::draw_faults() {
    const auto share = [&](unsigned most) {
        return m_draw.chance(1, 3) ? static_cast<unsigned>(m_draw.below(most)) : 0U;
    };
    Faults faults;
    faults.lost_request = share(1500);
    faults.lost_answer = share(1500);
    faults.cut_body = share(800);
    faults.cut_answer = share(800);
    faults.twice = share(1500);
    faults.late = share(1000);
    faults.power = share(300);
    faults.delay_ns = static_cast<std::int64_t>(m_draw.below(20)) * 1'000'000'000;
    return faults;
}

Bytes Scenario::content() {
    if (!m_contents.empty() && m_draw.chance(1, 4))
        return m_contents[static_cast<std::size_t>(m_draw.below(m_contents.size()))];
    Bytes out(static_cast<std::size_t>(m_draw.below(content_size_max)));
    m_draw.fill(out);
    m_contents.push_back(out);
    return out;
}

void Scenario::do_work(unsigned client) {
    auto& one = m_cluster.client(client);
    switch (m_draw.below(8)) {
    case 0:
    case 1:
    case 2:
        return count(m_cluster.backup(client, content()));
    case 3:
    case 4:
        return count(m_cluster.restore(client));
    case 5: {
        const auto report = one.check(m_draw.chance(1, 2));
        m_cluster.note("check " + (report ? std::to_string(report->errors.size()) + " errors"
                                          : "failed: " + report.error().detail()));
        return count(report.has_value());
    }
    default: {
        const auto report = one.heal(-1, m_draw.chance(1, 2));
        m_cluster.note("heal " + (report ? std::to_string(report->segments_rebuilt) + " rebuilt, " +
                                               std::to_string(report->problems.size()) + " problems"
                                         : "failed: " + report.error().detail()));
        return count(report.has_value());
    }
    }
}

void Scenario::client_step(unsigned client) {
    const bool dies = m_draw.chance(1, 8);
    if (dies) m_cluster.client(client).stop_after(m_draw);
    const auto other = 1 - client;
    if (m_draw.chance(1, 6))
        m_cluster.network().meanwhile = [this, other] {
            do_work(other);
        };
    do_work(client);
    m_cluster.network().meanwhile = nullptr;
    if (dies || m_draw.chance(1, 6)) m_cluster.client(client).restart(m_draw.next());
}

/// Machines come back, some of them at once.
void Scenario::bring_back(bool all) {
    for (unsigned i = 0; i < machine_count; ++i) {
        auto& machine = m_cluster.machine(i);
        if (machine.is_up() || (!all && m_draw.chance(1, 3))) continue;
        machine.disk().set_capacity(std::uint64_t{1} << 50U);
        machine.start(m_draw.next());
        m_cluster.note("machine " + std::to_string(i) + " is back");
    }
}

void Scenario::spoil() {
    const auto machine = static_cast<unsigned>(m_draw.below(head_count));
    if (m_draw.chance(1, 2)) return m_cluster.rot(machine, m_draw);
    if (!m_cluster.machine(machine).is_up() || m_cluster.is_wrong(machine) ||
        m_cluster.wrong().size() >= wrong_max || !m_cluster.could_lose(machine))
        return;
    if (m_draw.chance(1, 3))
        m_cluster.lose_disk(machine);
    else
        m_cluster.lie(machine, static_cast<Lie>(1 + m_draw.below(lie_count - 1)));
}

void Scenario::machine_step() {
    auto& machine = m_cluster.machine(static_cast<unsigned>(m_draw.below(head_count)));
    const auto number = std::to_string(machine.number());
    switch (m_draw.below(4)) {
    case 0:
        if (machine.is_up()) machine.lose_power(m_draw.next());
        m_cluster.note("machine " + number + " loses its power");
        return;
    case 1:
        machine.disk().set_capacity(machine.disk().files_below("/").size() * 20'000);
        m_cluster.suspect(machine.number()); // not even its receipts are written any more
        m_cluster.note("machine " + number + " has a full disk");
        return;
    case 2:
        machine.disk().set_capacity(std::uint64_t{1} << 50U);
        return;
    default:
        if (machine.is_up()) (void)machine.service().scrub_next(8_MiB);
    }
}

/// Somebody with a client's key tries to delete what there is; with the owner's, which may delete,
/// where a lock forbids it.
void Scenario::thief(unsigned with_key_of) {
    auto& client = m_cluster.client(with_key_of);
    for (unsigned i = 0; i < head_count; ++i) {
        auto& machine = m_cluster.machine(i);
        if (!machine.is_up() || machine.lie() != Lie::none) continue;
        if (with_key_of == 0 && !machine.is_locked()) continue;
        const auto kept = machine.store().find(client.place().id);
        if (!kept) continue;
        peer::PeerHead head(client.opener().way(i), machine.uri(), client.place().id, i);
        const auto ids = kept->head().list_segments({}, 8);
        if (ids && !ids->empty())
            (void)head.remove_segment((*ids)[static_cast<std::size_t>(m_draw.below(ids->size()))]);
        const auto names = kept->head().list_roots("");
        if (names && !names->empty())
            (void)head.remove_root((*names)[static_cast<std::size_t>(m_draw.below(names->size()))]);
    }
}

/// The owner sets a retention lock wherever he gets through.
void Scenario::lock() {
    auto& owner = m_cluster.client(0);
    const auto name = "lock-" + std::to_string(m_cluster.network().step);
    for (unsigned i = 0; i < head_count; ++i) {
        peer::PeerHead head(owner.opener().way(i), m_cluster.machine(i).uri(), owner.place().id, i);
        (void)head.put_root(name, as_bytes("lock"));
    }
    m_cluster.note("lock");
}

/// As the people at the nodes do, one by one.
void Scenario::release_locks() {
    const auto& id = m_cluster.client(0).place().id;
    for (unsigned i = 0; i < machine_count; ++i) {
        auto& machine = m_cluster.machine(i);
        const auto kept = machine.is_up() ? machine.store().find(id) : nullptr;
        if (!kept) continue;
        const auto names = kept->head().list_roots("lock-");
        for (const auto& name : names.value_or(std::vector<std::string>{})) {
            (void)machine.store().release_lock(id, name); // done or not, when the power goes in it
            m_cluster.network().promises.release(i, machine.root_path(name));
        }
    }
}

void Scenario::deliver_late() {
    for (auto& late : m_cluster.network().take_late()) {
        if (m_draw.chance(1, 2)) {
            (void)m_cluster.machine(late.machine).serve(late.request, late.body, late.client);
            m_cluster.note("late: " + late.what);
        } else {
            m_cluster.network().send_late(std::move(late));
        }
    }
}

void Scenario::step() {
    auto& network = m_cluster.network();
    ++network.step;
    network.faults = m_draw.chance(3, 4) ? m_faults : Faults{};
    network.cut.clear();
    for (unsigned client = 0; client < client_count; ++client)
        for (unsigned machine = 0; machine < head_count; ++machine)
            if (m_draw.chance(1, 12))
                network.cut.insert({"client" + std::to_string(client), machine});
    switch (m_draw.below(10)) {
    case 0:
        machine_step();
        break;
    case 1:
    case 2:
        spoil();
        break;
    case 3:
        thief(static_cast<unsigned>(m_draw.below(client_count)));
        break;
    case 4:
        m_draw.chance(1, 2) ? lock() : release_locks();
        break;
    default:
        client_step(static_cast<unsigned>(m_draw.below(client_count)));
    }
    deliver_late();
    bring_back(false);
    network.clock.advance_ns(60'000'000'000);
    m_out.most_wrong = std::max(m_out.most_wrong, static_cast<unsigned>(m_cluster.wrong().size()));
    m_cluster.check_promises(false);
}

/// The faults stop, the liars stay: everything that is owed is there.
void Scenario::end_safely() {
    auto& network = m_cluster.network();
    ++network.step;
    network.faults = {};
    network.cut.clear();
    for (unsigned i = 0; i < machine_count; ++i) {
        m_cluster.machine(i).disk().set_capacity(std::uint64_t{1} << 50U);
        m_cluster.machine(i).start(m_draw.next()); // also ends what was to happen to its power
    }
    for (unsigned i = 0; i < client_count; ++i)
        m_cluster.client(i).restart(m_draw.next());
    m_cluster.check_promises(true);
    m_cluster.check_saved(static_cast<unsigned>(m_draw.below(client_count)));
    for (unsigned i = 0; i < client_count; ++i)
        m_cluster.check_receipts(i);
}

bool Scenario::fill_wrong_heads() {
    auto& owner = m_cluster.client(0);
    bool done = true;
    for (const auto number : std::set(m_cluster.wrong())) {
        auto& machine = m_cluster.machine(number);
        if (machine.lie() != Lie::none) {
            machine.begin_to_lie(Lie::none);
            machine.lose_disk();
        }
        const auto secret = invite_secret(100 + number);
        (void)machine.store().add_invite(secret, 1_GiB, "again");
        owner.opener().invites[number] = secret;
        const auto healed = owner.heal(static_cast<int>(number), false);
        m_cluster.note("heal of head " + std::to_string(number) + " " +
                       (healed ? std::to_string(healed->problems.size()) + " problems"
                               : healed.error().detail()));
        if (healed && healed->problems.empty())
            m_cluster.is_right(number);
        else
            done = false;
    }
    return done;
}

bool Scenario::is_clean() {
    const auto report = m_cluster.client(0).check(true);
    if (!report) {
        m_cluster.note("check failed: " + report.error().detail());
        return false;
    }
    for (const auto& text : report->errors)
        m_cluster.note("check error: " + text);
    for (const auto& text : report->warnings)
        m_cluster.note("check warning: " + text);
    return report->errors.empty() && report->warnings.empty();
}

/// Wrong heads are filled anew: within a few rounds everything is as redundant as it can be.
void Scenario::end_live() {
    constexpr unsigned rounds_max = 3;
    ++m_cluster.network().step;
    release_locks();
    for (unsigned round = 1;; ++round) {
        const bool filled = fill_wrong_heads();
        const auto healed = m_cluster.client(0).heal(-1, true);
        if (healed)
            for (const auto& problem : healed->problems)
                m_cluster.note("heal: " + problem);
        if (filled && healed && healed->problems.empty() && is_clean()) break;
        if (round == rounds_max) {
            if (m_cluster.owed() == m_cluster.acknowledged())
                m_cluster.violate("not healed after " + std::to_string(round) + " rounds");
            return;
        }
    }
    m_cluster.check_temporaries();
    m_cluster.check_promises(true);
    m_cluster.check_saved(1);
}

Outcome Scenario::run() {
    m_faults = draw_faults();
    const auto steps = steps_least + m_draw.below(steps_spread);
    for (std::uint64_t i = 0; i < steps && m_cluster.violations().empty(); ++i)
        step();
    if (m_cluster.violations().empty()) end_safely();
    if (m_cluster.violations().empty()) end_live();
    m_out.violations = m_cluster.violations();
    m_out.acknowledged = m_cluster.acknowledged();
    m_out.owed = m_cluster.owed();
    m_out.trace_hash = m_cluster.network().trace.hash();
    m_out.trace = m_cluster.network().trace.lines();
    m_out.virtual_ns = m_cluster.network().clock.monotonic_ns();
    return std::move(m_out);
}

} // namespace

Outcome run_scenario(std::uint64_t seed, const ScenarioOptions& options) {
    return Scenario(seed, options).run();
}

} // namespace torgo::sim
