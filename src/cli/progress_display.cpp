#include "cli/progress_display.hpp"

#include "env/clock.hpp"

namespace torgo::cli {

namespace {
constexpr std::chrono::milliseconds terminal_interval{100};
constexpr std::chrono::milliseconds json_interval{1000};
constexpr std::chrono::milliseconds tell_interval{500};
constexpr std::int64_t slack_ns = 50'000'000; ///< a tick may come a little early
} // namespace

ProgressDisplay::ProgressDisplay(const Context& context, std::string items,
                                 std::function<Counts()> read)
    : m_context(context),
      m_read(std::move(read)),
      m_start_ns(context.world.clock->monotonic_ns()),
      m_told_ns(m_start_ns) {
    m_view.items = std::move(items);
    const auto& settings = context.out.settings();
    m_shows = !settings.quiet && (settings.json || settings.err_is_terminal);
    if (const auto folder = activity_folder(context.environment))
        m_activity.emplace(*context.world.files, *folder);
    const auto interval = !m_shows        ? tell_interval
                          : settings.json ? json_interval
                                          : terminal_interval;
    m_ticker.emplace(interval, [this] { tick(); });
}

ProgressDisplay::~ProgressDisplay() {
    m_ticker.reset();
    m_context.out.status({});
}

std::int64_t ProgressDisplay::elapsed_ns() const {
    return m_context.world.clock->monotonic_ns() - m_start_ns;
}

void ProgressDisplay::tick() {
    m_view.counts = m_read();
    if (m_shows) show();
    const auto now = m_context.world.clock->monotonic_ns();
    if (now - m_told_ns < std::chrono::nanoseconds(tell_interval).count() - slack_ns) return;
    m_told_ns = now;
    tell();
}

void ProgressDisplay::tell() {
    if (!m_activity) return;
    const auto& counts = m_view.counts;
    const auto circuits = m_context.heads.circuits();
    top::Work work{.command = m_context.command,
                   .repository = "",
                   .items = m_view.items,
                   .note = counts.note,
                   .items_done = counts.items_done,
                   .items_total = counts.items_total,
                   .bytes_done = counts.bytes_done,
                   .bytes_total = counts.bytes_total,
                   .problems = counts.problems,
                   .circuits = circuits.built,
                   .circuits_building = circuits.building,
                   .elapsed_ns = elapsed_ns(),
                   .heads = {}};
    for (auto& one : m_context.heads.traffic())
        work.heads.push_back(
            {.uri = std::move(one.uri), .up = one.up, .down = one.down, .open = one.open});
    m_activity->write(std::move(work));
}

void ProgressDisplay::show() {
    m_view.elapsed_ns = elapsed_ns();
    m_rate.add(m_view.elapsed_ns, m_view.counts.bytes_done);
    m_view.bytes_per_second = m_rate.per_second();
    if (m_context.out.json()) {
        m_context.out.object(status_object(m_view));
        static_cast<void>(m_context.out.flush()); // whoever reads it waits for it
    } else {
        // The last column is left free: some terminals wrap when it is written.
        m_context.out.status(progress_lines(m_view, m_context.out.columns() - 1));
    }
}

Json status_object(const ProgressView& view) {
    constexpr double second_ns = 1e9;
    Json out("status");
    out.real("seconds_elapsed", static_cast<double>(view.elapsed_ns) / second_ns);
    if (view.share() >= 0) out.real("percent_done", view.share());
    if (view.left_ns() >= 0) {
        out.real("seconds_remaining", static_cast<double>(view.left_ns()) / second_ns);
    }
    out.number("total_" + view.items, view.counts.items_total)
        .number(view.items + "_done", view.counts.items_done)
        .number("total_bytes", view.counts.bytes_total)
        .number("bytes_done", view.counts.bytes_done)
        .number("problems", view.counts.problems);
    return out;
}

} // namespace torgo::cli
