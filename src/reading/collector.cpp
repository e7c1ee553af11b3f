#include "reading/collector.hpp"

#include "env/lock.hpp"
#include "envelope/wire.hpp"

#include <algorithm>
#include <utility>

namespace torgo::reading {

namespace {
bool fits(const Sent& sent) {
    const auto& reading = sent.reading;
    const auto* const profile = find_profile(reading.profile);
    if (profile == nullptr || reading.number == 0 || !is_valid(reading.time)) return false;
    if (reading.number > envelope::number_max) return false;
    const auto period = sent.period_ns.value_or(0);
    if (sent.slot >= Plan::slots || period < 0 || period > moment_max) return false;
    for (std::size_t i = 0; i < values_max; ++i) {
        const auto& value = reading.values[i];
        if (value && (i >= profile->fields.size() || !is_valid(*value))) return false;
    }
    return true;
}

std::optional<Line> line_of(const Sent& sent) {
    if (!sent.period_ns) return std::nullopt;
    return Line{
        .number = sent.reading.number, .time = sent.reading.time, .period_ns = *sent.period_ns};
}

/// Days of one profile that have files of their own in one roll.
constexpr std::size_t days_apart_max = 16;

/// Where the day of the reading at `from` ends.
std::size_t end_of_day(std::span<const Reading> readings, std::size_t from) {
    const auto day = day_of(readings[from]);
    auto to = from + 1;
    while (to < readings.size() && readings[to].profile == readings[from].profile &&
           day_of(readings[to]) == day)
        ++to;
    return to;
}

bool comes_before(const Reading& a, const Reading& b) {
    return std::tuple(a.profile, day_of(a), a.source, a.number) <
           std::tuple(b.profile, day_of(b), b.source, b.number);
}
} // namespace

Result<std::unique_ptr<Collector>> Collector::open(env::FileSystem& files, std::string folder,
                                                   const CollectorLimits& limits) {
    if (limits.readings == 0 || limits.readings > column_rows_max || limits.sources > sources_max)
        return fail(Errc::invalid_argument, "limits of a store that no segment holds");
    CHECK_OK(env::make_directories(files, env::parent_path(folder)));
    CHECK_OK(files.make_directory(folder, /*secret=*/true));
    // Who made the folder may have died before its name was durable.
    CHECK_OK(files.sync_directory(env::parent_path(folder)));
    auto lock = env::try_lock_file(files, folder + "/lock", /*secret=*/true);
    if (!lock && lock.error().code() != Errc::unsupported)
        return std::unexpected(std::move(lock).error());
    if (lock && *lock == nullptr)
        return fail(Errc::exists, "another process writes readings into " + folder);
    std::unique_ptr<Collector> out(new Collector(files, std::move(folder), limits));
    if (lock) out->m_lock = *std::move(lock);
    CHECK_OK(out->load());
    return out;
}

Result<> Collector::load() {
    TRY(auto checkpoint, read_checkpoint(m_files, m_folder));
    m_sources = std::move(checkpoint.sources);
    m_records = checkpoint.records;
    TRY(const auto listing, list_store(m_files, m_folder, checkpoint.rolled));
    for (const auto number : listing.logs) {
        TRY(const auto content,
            env::read_file(m_files, m_folder + "/" + log_name(number), log_size_max));
        const auto log = decode_log(content, number);
        if (!log)
            return fail(log.error().code(), m_folder + "/" + log_name(number) + ": " +
                                                log.error().detail() +
                                                "; bring the folder back from a snapshot");
        for (const auto& record : log->records)
            replay(record);
        if (log->goes_on) m_damaged.insert(log_name(number));
    }
    m_old_logs = listing.logs;
    m_next_log = listing.last_log + 1;
    CHECK_OK(forget(listing));
    // What was read may be nowhere but in the kernel's memory, and no sync of another file makes it
    // safe: it is written anew before anything is acknowledged as a repeat. [READING-24]
    return roll();
}

/// [READING-24]: what makes files superseded is durable before they are removed; and a segment that
/// never came to count is gone before a later checkpoint could count it.
Result<> Collector::forget(const Listing& listing) {
    CHECK_OK(m_files.sync_directory(m_folder));
    if (listing.superseded.empty()) return {};
    for (const auto& name : listing.superseded) {
        // Power may have gone between the checkpoint and the renaming.
        if (is_damaged_log(m_files, m_folder, name)) m_damaged.insert(name);
        CHECK_OK(retire(name));
    }
    return m_files.sync_directory(m_folder);
}

/// What counts no more goes; a damaged log is kept under another name. [READING-15]
Result<> Collector::retire(const std::string& name) {
    const auto path = m_folder + "/" + name;
    if (!m_damaged.contains(name)) return m_files.remove(path);
    return m_files.rename(path, m_folder + "/" + std::string(damaged_prefix) + name);
}

/// [READING-15]
void Collector::replay(const Record& record) {
    if (const auto* const gone = std::get_if<GoneRecord>(&record)) {
        m_sources[gone->source].take_gone(gone->gone);
        m_records += 1;
        return;
    }
    const auto& sent = std::get<Sent>(record);
    auto& state = m_sources[sent.reading.source];
    if (state.place_of(sent.reading.number) != SourceState::Place::fresh) return;
    note(state, sent);
    m_readings.push_back(sent.reading);
}

void Collector::note(SourceState& state, const Sent& sent) {
    state.take(sent.reading.number);
    m_records += 1;
    if (const auto line = line_of(sent)) state.add_line(sent.slot, *line);
}

Result<> Collector::run(const std::function<Result<>()>& work) {
    if (m_failure != nullptr) return std::unexpected(*m_failure);
    auto done = work();
    // What the disk holds is not known any more: only opening it anew can tell. [READING-16]
    if (!done) m_failure = std::make_unique<Error>(done.error());
    return done;
}

Result<SourceState*> Collector::state_of(std::uint64_t source) {
    if (m_failure != nullptr) return std::unexpected(*m_failure);
    const auto found = m_sources.find(source);
    if (found != m_sources.end()) return &found->second;
    if (m_sources.size() >= m_limits.sources)
        return fail(Errc::limit_exceeded, "more sources of readings than this gateway takes");
    return &m_sources[source];
}

Result<> Collector::add(const Record& record) {
    return run([&]() -> Result<> {
        if (m_log == nullptr) {
            TRY(auto log, LogWriter::create(m_files, m_folder, m_next_log));
            m_next_log += 1;
            m_log = std::make_unique<LogWriter>(std::move(log));
        }
        m_log->add(record);
        return {};
    });
}

Result<Taken> Collector::take(const Sent& sent) {
    if (!fits(sent)) return fail(Errc::invalid_argument, "a reading that no profile fits");
    const auto& reading = sent.reading;
    TRY(auto* const state, state_of(reading.source));
    m_touched.insert(reading.source);
    const auto place = state->place_of(reading.number);
    if (place == SourceState::Place::duplicate) {
        m_counters.duplicates += 1;
        return Taken::duplicate;
    }
    if (place == SourceState::Place::too_far || (m_held && is_full())) {
        m_counters.too_far += 1;
        return Taken::too_far;
    }
    CHECK_OK(roll_if_full());
    CHECK_OK(add(sent));
    note(*state, sent);
    m_readings.push_back(reading);
    m_counters.taken += 1;
    CHECK_OK(roll_if_full());
    return Taken::fresh;
}

bool Collector::is_full() const noexcept {
    return m_readings.size() >= m_limits.readings ||
           (m_log != nullptr && m_log->size() >= m_limits.log_bytes);
}

/// Not left to the caller: memory and logs stay bounded whatever it does. Before something is
/// added too, for the store may have become full while it was held.
Result<> Collector::roll_if_full() {
    if (m_held || !is_full()) return {};
    return roll();
}

Result<Taken> Collector::take_packed(std::uint64_t source, const Profile& profile,
                                     std::uint8_t slot, std::uint64_t number, const Packed& packed,
                                     std::int64_t arrival_ns) {
    Sent sent;
    sent.slot = slot;
    sent.reading.source = source;
    sent.reading.number = number;
    profile.unpack(packed, sent.reading);
    const auto* const state = find(source);
    const auto* const line = state != nullptr ? state->line_at(slot, number) : nullptr;
    const auto time = line != nullptr ? line->at(number) : std::nullopt;
    if (state != nullptr && state->place_of(number) != SourceState::Place::duplicate && !time) {
        m_counters.without_line += 1;
        return Taken::without_line;
    }
    if (state == nullptr) {
        m_counters.without_line += 1;
        return Taken::without_line;
    }
    sent.reading.time = time.value_or(Moment{});
    if (line != nullptr && line->period_ns == 0) {
        sent.reading.time = {.ns = arrival_ns, .digits = moment_digits_max};
        sent.reading.time_of_arrival = true;
    }
    return take(sent);
}

Result<bool> Collector::take_gone(std::uint64_t source, const Gone& gone) {
    if (gone.first == 0 || gone.count == 0 || gone.first > envelope::number_max ||
        gone.count > envelope::number_max - gone.first + 1)
        return fail(Errc::invalid_argument, "no run of numbers");
    TRY(auto* const state, state_of(source));
    m_touched.insert(source);
    const auto fresh = state->fresh_in(gone);
    if (fresh == 0) return true;
    if (m_held && is_full()) return false;
    auto trial = *state;
    if (!trial.take_gone(gone)) return false;
    CHECK_OK(roll_if_full());
    CHECK_OK(add(GoneRecord{.source = source, .gone = gone}));
    *state = std::move(trial);
    m_records += 1;
    m_counters.gone += fresh;
    CHECK_OK(roll_if_full());
    return true;
}

Result<std::vector<Ack>> Collector::sync() {
    CHECK_OK(run([&]() -> Result<> {
        if (m_log != nullptr) return m_log->sync();
        return {};
    }));
    std::vector<Ack> out;
    for (const auto source : std::exchange(m_touched, {}))
        if (const auto* const state = find(source)) out.push_back(state->ack(source));
    return out;
}

Result<> Collector::roll() {
    return run([&] { return roll_now(); });
}

/// [READING-18]: log, segments, checkpoint, and only then is the log taken away.
Result<> Collector::roll_now() {
    if (m_log != nullptr) CHECK_OK(m_log->sync());
    const auto rolled = m_next_log - 1;
    std::vector<std::string> old;
    for (const auto number : m_old_logs)
        old.push_back(log_name(number));
    if (m_log != nullptr) old.push_back(log_name(m_log->number()));
    if (old.empty()) return {};
    CHECK_OK(write_segments(rolled));
    CHECK_OK(write_checkpoint(m_files, m_folder,
                              {.rolled = rolled, .records = m_records, .sources = m_sources}));
    m_log.reset();
    m_old_logs.clear();
    m_readings.clear();
    // They count no more: what cannot be removed now is tried again when the store is opened.
    for (const auto& name : old)
        (void)retire(name);
    return {};
}

/// A file for each profile and day; where days are so many that nobody measured on them, days
/// share files, so that their number is bounded whatever times sensors claim.
Result<> Collector::write_segments(std::uint64_t roll) {
    std::ranges::sort(m_readings, comes_before);
    const std::span<Reading> all(m_readings);
    for (std::size_t from = 0; from < all.size();) {
        auto to = from;
        std::size_t days = 0;
        for (auto after = from; after < all.size() && all[after].profile == all[from].profile;
             after = to, ++days)
            to = end_of_day(all, after);
        const auto rows = to - from;
        const auto least = days > days_apart_max ? rows / days_apart_max : 0;
        CHECK_OK(write_days(all.subspan(from, rows), least, roll));
        from = to;
    }
    return {};
}

/// Of one profile, by day: each file has whole days of at least `least` readings together.
Result<> Collector::write_days(std::span<Reading> readings, std::size_t least, std::uint64_t roll) {
    while (!readings.empty()) {
        auto size = end_of_day(readings, 0);
        while (size < readings.size() && size <= least)
            size = end_of_day(readings, size);
        const auto group = readings.first(size);
        const auto day = day_of(group.front());
        std::ranges::sort(group, {},
                          [](const Reading& one) { return std::pair(one.source, one.number); });
        for (std::size_t at = 0, part = 0; at < size; at += column_rows_max, ++part) {
            const auto rows = group.subspan(at, std::min(size - at, column_rows_max));
            const auto name = segment_name(rows.front().profile, day, roll, part);
            CHECK_OK(env::write_file_atomically(m_files, m_folder + "/" + name,
                                                encode_segment(rows),
                                                /*secret=*/true));
        }
        readings = readings.subspan(size);
    }
    return {};
}

const SourceState* Collector::find(std::uint64_t source) const {
    const auto found = m_sources.find(source);
    return found == m_sources.end() ? nullptr : &found->second;
}

} // namespace torgo::reading
