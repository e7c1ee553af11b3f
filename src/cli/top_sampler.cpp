#include "cli/top_sampler.hpp"

#include "cli/activity.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/spool.hpp"
#include "env/clock.hpp"
#include "repo/head_set.hpp"
#include "repo/survey.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace torgo::cli::top {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr auto probe_interval = 2s;
constexpr auto node_interval = 1s;
constexpr auto work_interval = 500ms;
constexpr auto survey_interval = 60s;
constexpr auto settle_time = 6s;
constexpr std::int64_t node_patience_ns = 3 * second_ns;
constexpr std::size_t metrics_max = 4 * 1024 * 1024;
/// A head is slow when its answers usually take so long, and twice as long as another's.
constexpr std::int64_t slow_least_ns = 300'000'000;

/// The body of the answer to GET /metrics. errors  those of the network; `unsupported` for anything
/// but 200
Result<std::string> fetch_metrics(const env::World& world, const env::Endpoint& at,
                                  const std::stop_token& stop) {
    const auto deadline = world.clock->monotonic_ns() + node_patience_ns;
    TRY(const auto stream, world.network->connect(at, deadline, stop));
    constexpr std::string_view request =
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    CHECK_OK(stream->write(as_bytes(request), deadline));
    std::string text;
    Bytes piece(16 * 1024);
    while (text.size() < metrics_max) {
        TRY(const auto got, stream->read_some(piece, deadline));
        if (got == 0) break;
        text += as_text(ByteView(piece).first(got));
    }
    const auto body = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 200 ") || body == std::string::npos)
        return fail(Errc::unsupported, "what answers there is no node");
    return text.substr(body + 4);
}

/// Audits whose outcome is this one.
std::uint64_t audits(const Samples& samples, std::string_view outcome) {
    return count_of(samples, "torgo_node_audits_total", "outcome=\"" + std::string(outcome) + "\"");
}

/// A node's counters over time.
class NodeWatch {
public:
    void add(std::int64_t now_ns, const Samples& samples) {
        const auto wire_up = count_of(samples, "torgo_server_sent_bytes_total");
        const auto wire_down = count_of(samples, "torgo_server_received_bytes_total");
        m_up.add(now_ns, wire_up);
        m_down.add(now_ns, wire_down);
        m_both.add(now_ns, wire_up + wire_down);
        m_requests.add(now_ns, count_of(samples, "torgo_node_requests_total"));
        m_failures.add(now_ns, count_of(samples, "torgo_server_refused_total") +
                                   count_of(samples, "torgo_server_broken_total"));
        m_scrubbed.add(now_ns, count_of(samples, "torgo_node_scrubbed_bytes_total"));
        m_rebuilt.add(now_ns, count_of(samples, "torgo_node_rebuilt_bytes_total"));
        m_old.push_back(samples);
        if (m_old.size() > latency_window) m_old.pop_front();
    }

    NodeView view() const {
        NodeView out;
        const auto& now = m_old.back();
        constexpr std::string_view seconds = "torgo_node_request_seconds";
        out.up = m_up.per_second();
        out.down = m_down.per_second();
        out.history.assign(m_both.history().begin(), m_both.history().end());
        out.requests = m_requests.per_second();
        out.failures = m_failures.per_second();
        out.open = count_of(now, "torgo_node_open_exchanges");
        out.connections = count_of(now, "torgo_server_connections");
        out.circuits = count_of(now, "torgo_node_tor_circuits");
        out.circuits_building = count_of(now, "torgo_node_tor_circuits_building");
        out.p50_s = quantile_of(now, m_old.front(), seconds, 0.5);
        out.p99_s = quantile_of(now, m_old.front(), seconds, 0.99);
        out.repositories = count_of(now, "torgo_node_repositories");
        out.segments = count_of(now, "torgo_node_segments");
        out.stored_bytes = count_of(now, "torgo_node_stored_bytes");
        out.quota_bytes = count_of(now, "torgo_node_quota_bytes");
        out.free_bytes = count_of(now, "torgo_node_free_bytes");
        out.scrubbing = m_scrubbed.per_second();
        out.rebuilding = m_rebuilt.per_second();
        out.damaged = count_of(now, "torgo_node_damaged_segments_total");
        out.audits_passed = audits(now, "passed");
        out.audits_missed = audits(now, "missed") + audits(now, "failed");
        out.lost_heads = count_of(now, "torgo_node_lost_heads_total");
        return out;
    }

private:
    static constexpr std::size_t latency_window = 30; ///< readings
    CounterRate m_up, m_down, m_both, m_requests, m_failures, m_scrubbed, m_rebuilt;
    std::deque<Samples> m_old;
};

/// What is known of one head.
struct HeadWatch {
    std::shared_ptr<head::Head> head;
    Latencies latencies;
    std::optional<std::string> away; ///< why it cannot be asked
    head::HeadStatus room;
    std::uint64_t missing = 0;
    std::uint64_t queue = 0;
    std::uint64_t waiting_bytes = 0;
    bool asked = false;
    double up = 0;
    double down = 0;
    std::deque<double> history;
};

/// One process, over time.
struct WorkWatch {
    Work last;
    CounterRate bytes;                                                ///< of sources or targets
    CounterRate passed;                                               ///< to and from heads
    std::map<std::string, std::pair<CounterRate, CounterRate>> heads; ///< up, down
};

} // namespace

struct Sampler::State {
    State(const Context& c, SamplerOptions o) : context(c), options(std::move(o)) {}

    std::int64_t now() const { return context.world.clock->monotonic_ns(); }

    bool wait(const std::stop_token& stop, std::chrono::milliseconds time) {
        std::unique_lock lock(mutex);
        (void)wake.wait_for(lock, stop, time, [] { return false; });
        return !stop.stop_requested();
    }

    void probe(std::size_t index, const std::stop_token& stop);
    std::shared_ptr<head::Head> head_at(std::size_t index);
    void note(std::size_t index, const Result<head::HeadStatus>& status, std::int64_t took_ns);
    void probe_once(std::size_t index);
    void survey(const std::stop_token& stop);
    void survey_once();
    void look_into_spool();
    void watch_node(const std::stop_token& stop);
    void watch_work(const std::stop_token& stop);
    void take_work(std::vector<Work> all);
    HeadView view_of(std::size_t index) const;
    bool settled() const;

    const Context& context;
    SamplerOptions options;
    mutable std::mutex mutex; ///< of what follows
    mutable std::condition_variable_any wake;
    std::vector<HeadWatch> heads;
    std::optional<Redundancy> redundancy;
    std::map<std::uint64_t, WorkWatch> work;
    std::optional<NodeWatch> node;
    unsigned node_looks = 0;
    unsigned work_looks = 0;
    bool surveyed = false;
    std::vector<std::jthread> threads;
};

/// The head, opened where it is not; null when that is not possible.
std::shared_ptr<head::Head> Sampler::State::head_at(std::size_t index) {
    {
        const std::lock_guard lock(mutex);
        if (heads[index].head) return heads[index].head;
    }
    auto opened = context.heads.open(options.place->heads[index]);
    const std::lock_guard lock(mutex);
    auto& watch = heads[index];
    if (opened) return watch.head = *std::move(opened);
    watch.asked = true;
    watch.away = opened.error().detail();
    return nullptr;
}

void Sampler::State::note(std::size_t index, const Result<head::HeadStatus>& status,
                          std::int64_t took_ns) {
    const std::lock_guard lock(mutex);
    auto& watch = heads[index];
    watch.asked = true;
    if (status) {
        watch.away.reset();
        watch.latencies.add(took_ns);
        watch.room = *status;
    } else {
        watch.away = status.error().detail();
    }
}

void Sampler::State::probe_once(std::size_t index) {
    const auto head = head_at(index);
    if (!head) return;
    const auto began = now();
    const auto status = head->status();
    note(index, status, now() - began);
}

void Sampler::State::probe(std::size_t index, const std::stop_token& stop) {
    do
        probe_once(index);
    while (wait(stop, probe_interval));
}

void Sampler::State::survey_once() {
    std::string ignored;
    auto folders = local_folders(context, options.place->id);
    if (!folders) return;
    const auto repository = repo::Repository::open(
        context.world, context.heads, *options.place, *std::move(folders),
        [](const std::string&) {}, repo::Wait::enough);
    if (!repository) return;
    const auto found = repo::survey(**repository);
    if (!found) return;
    const auto code = (*repository)->descriptor().data_code;
    const std::lock_guard lock(mutex);
    redundancy = Redundancy{
        .k = code.k, .n = code.n, .snapshots = found->snapshots, .packs_with = found->packs_with};
    for (std::size_t i = 0; i < heads.size() && i < found->heads.size(); ++i)
        heads[i].missing = found->heads[i].away ? 0 : found->heads[i].missing;
}

void Sampler::State::survey(const std::stop_token& stop) {
    do {
        survey_once();
        const std::lock_guard lock(mutex);
        surveyed = true;
    } while (wait(stop, survey_interval));
}

void Sampler::State::look_into_spool() {
    if (!options.place) return;
    const auto waiting = waiting_heads(context, *options.place);
    if (!waiting) return;
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < heads.size(); ++i)
        heads[i].waiting_bytes = i < waiting->by_head.size() ? waiting->by_head[i].bytes : 0;
}

void Sampler::State::watch_node(const std::stop_token& stop) {
    do {
        const auto text = fetch_metrics(context.world, *options.metrics, stop);
        const std::lock_guard lock(mutex);
        ++node_looks;
        if (!text) {
            node.reset();
            continue;
        }
        if (!node) node.emplace();
        node->add(now(), parse_samples(*text));
    } while (wait(stop, node_interval));
}

void Sampler::State::watch_work(const std::stop_token& stop) {
    const auto folder = activity_folder(context.environment);
    do {
        look_into_spool();
        auto all = folder ? read_activities(*context.world.files, *folder) : std::vector<Work>{};
        const std::lock_guard lock(mutex);
        ++work_looks;
        take_work(std::move(all));
    } while (wait(stop, work_interval));
}

/// With the mutex held. Each process's own time counts: it writes when it pleases.
void Sampler::State::take_work(std::vector<Work> all) {
    std::erase_if(work, [&](const auto& one) {
        return std::ranges::none_of(all, [&](const auto& now) { return now.process == one.first; });
    });
    for (auto& head : heads) {
        head.up = head.down = 0;
        head.queue = 0;
    }
    for (auto& one : all) {
        auto& watch = work[one.process];
        const auto time_ns = one.elapsed_ns;
        watch.bytes.add(time_ns, one.bytes_done);
        std::uint64_t passed = 0;
        for (const auto& traffic : one.heads) {
            auto& [up, down] = watch.heads[traffic.uri];
            passed += traffic.up + traffic.down;
            up.add(time_ns, traffic.up);
            down.add(time_ns, traffic.down);
            if (!options.place) continue;
            const auto& uris = options.place->heads;
            const auto found = std::ranges::find(uris, traffic.uri);
            if (found == uris.end()) continue;
            auto& head = heads[static_cast<std::size_t>(found - uris.begin())];
            head.up += up.per_second();
            head.down += down.per_second();
            head.queue += traffic.open;
        }
        watch.passed.add(time_ns, passed);
        watch.last = std::move(one);
    }
    for (auto& head : heads) {
        head.history.push_back(head.up + head.down);
        if (head.history.size() > history_max) head.history.pop_front();
    }
}

/// With the mutex held.
HeadView Sampler::State::view_of(std::size_t index) const {
    const auto& watch = heads[index];
    HeadView out;
    out.uri = options.place->heads[index];
    out.p50_ns = watch.latencies.percentile_ns(0.5);
    out.p99_ns = watch.latencies.percentile_ns(0.99);
    out.up = watch.up;
    out.down = watch.down;
    out.history.assign(watch.history.begin(), watch.history.end());
    out.free_bytes = watch.room.free_bytes;
    out.total_bytes = watch.room.total_bytes;
    out.missing = watch.missing;
    out.queue = watch.queue;
    out.waiting_bytes = watch.waiting_bytes;
    if (!watch.asked) return out;
    out.state = watch.away ? HeadState::away : HeadState::ok;
    if (watch.away) out.reason = *watch.away;
    std::int64_t fastest = out.p50_ns;
    for (const auto& other : heads)
        if (!other.away && !other.latencies.empty())
            fastest = std::min(fastest, other.latencies.percentile_ns(0.5));
    if (!watch.away && out.p50_ns >= slow_least_ns && out.p50_ns >= 2 * fastest)
        out.state = HeadState::slow;
    return out;
}

bool Sampler::State::settled() const {
    const std::lock_guard lock(mutex);
    const bool probed = std::ranges::all_of(heads, &HeadWatch::asked);
    const bool node_known =
        !options.metrics || !node ? node_looks >= 1 || !options.metrics : node_looks >= 2;
    const bool work_known = work_looks >= (work.empty() ? 1U : 3U);
    return probed && node_known && work_known && (!options.place || surveyed);
}

Sampler::Sampler(const Context& context, SamplerOptions options)
    : m_state(std::make_unique<State>(context, std::move(options))) {
    auto& state = *m_state;
    auto& threads = state.threads;
    if (state.options.place) {
        context.heads.use_repository(state.options.place->id);
        state.heads.resize(state.options.place->heads.size());
        for (std::size_t i = 0; i < state.heads.size(); ++i)
            threads.emplace_back(
                [&state, i](const std::stop_token& stop) { state.probe(i, stop); });
        threads.emplace_back([&state](const std::stop_token& stop) { state.survey(stop); });
    }
    if (state.options.metrics)
        threads.emplace_back([&state](const std::stop_token& stop) { state.watch_node(stop); });
    threads.emplace_back([&state](const std::stop_token& stop) { state.watch_work(stop); });
}

Sampler::~Sampler() {
    for (auto& thread : m_state->threads)
        thread.request_stop();
    m_state->context.heads.cancel();
    m_state->threads.clear();
}

Frame Sampler::frame() const {
    const auto& state = *m_state;
    Frame out;
    const auto clock = local_time(state.context.world.clock->wall_ns());
    const auto space = clock.find(' ');
    out.time = space == std::string::npos ? clock : clock.substr(space + 1);
    const std::lock_guard lock(state.mutex);
    if (state.options.place) out.repository = short_id(state.options.place->id.hex());
    for (std::size_t i = 0; i < state.heads.size(); ++i)
        out.heads.push_back(state.view_of(i));
    out.redundancy = state.redundancy;
    for (const auto& [process, watch] : state.work) {
        WorkView view;
        view.work = watch.last;
        view.bytes_per_second = watch.bytes.per_second();
        view.traffic = watch.passed.per_second();
        view.history.assign(watch.passed.history().begin(), watch.passed.history().end());
        const auto& history = watch.bytes.history();
        // One reading is too little to tell how long it takes.
        constexpr std::size_t smooth = 10;
        const auto count = std::min(smooth, history.size());
        double sum = 0;
        for (std::size_t i = 0; i < count; ++i)
            sum += history[history.size() - 1 - i];
        view.left_ns = time_left_ns(watch.last, count == 0 ? 0 : sum / static_cast<double>(count));
        out.work.push_back(std::move(view));
    }
    if (state.node) out.node = state.node->view();
    if (out.node) out.node->place = state.options.node_name;
    return out;
}

void Sampler::settle() const {
    const auto end = std::chrono::steady_clock::now() + settle_time;
    std::unique_lock lock(m_state->mutex);
    while (std::chrono::steady_clock::now() < end) {
        lock.unlock();
        const bool done = m_state->settled() || m_state->context.stop.stop_requested();
        lock.lock();
        if (done) return;
        (void)m_state->wake.wait_for(lock, 100ms);
    }
}

} // namespace torgo::cli::top
