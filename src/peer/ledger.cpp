// The chain belongs to an author and a repository, so that whoever reads it sees one history; the
// processes that write it take turns by the lock of one file, and look at the tail on the disk each
// time, which is seldom: a batch holds thousands of receipts.
#include "peer/ledger.hpp"

#include "crypto/hash.hpp"
#include "env/lock.hpp"

#include <algorithm>
#include <utility>

namespace torgo::peer {

namespace {

constexpr std::string_view mark_prefix = "run-";
/// In memory while a batch is being written.
constexpr std::size_t max_waiting = 2 * max_receipts;
constexpr int max_marks = 256; ///< processes that write one chain at once

Bytes encode_mark(std::uint64_t since) {
    Writer out;
    out.put(since);
    return std::move(out).take();
}

/// The batch since which a process may have had receipts; 0, all of them, where it was cut.
std::uint64_t decode_mark(ByteView bytes) {
    Reader in(bytes);
    return in.get<std::uint64_t>().value_or(0);
}

void keep_least(std::optional<std::uint64_t>& least, std::uint64_t value) {
    least = std::min(least.value_or(value), value);
}

} // namespace

Ledger::Ledger(env::FileSystem& files, env::Clock& clock, const crypto::SigningKey& key,
               Place place)
    : m_files(files),
      m_clock(clock),
      m_key(key),
      m_repository(place.repository),
      m_folder(files, std::move(place.path), place.max_bytes) {}

Ledger::~Ledger() {
    (void)close();
}

Result<std::vector<std::string>> Ledger::marks() const {
    TRY(const auto entries, m_files.list(m_folder.path()));
    std::vector<std::string> paths;
    for (const auto& entry : entries)
        if (entry.name.starts_with(mark_prefix))
            paths.push_back(m_folder.path() + "/" + entry.name);
    return paths;
}

Result<Ledger::Lock> Ledger::lock_chain() {
    return env::lock_file(m_files, m_clock, m_folder.path() + "/lock");
}

Result<Ledger::Tail> Ledger::tail() const {
    TRY(const auto numbers, m_folder.numbers());
    if (numbers.empty()) return Tail{};
    TRY(const auto last, m_folder.read(numbers.back()));
    return Tail{numbers.back() + 1, crypto::sha256(last)};
}

/// Leaves the mark of a process that has something to write. (NODE-5)
Result<> Ledger::begin_run() {
    const std::lock_guard lock(m_write_mutex);
    if (m_mark) return {};
    CHECK_OK(m_folder.make());
    TRY(const auto chain, lock_chain());
    TRY(const auto end, tail());
    const auto content = encode_mark(end.next);
    for (int i = 0; i < max_marks; ++i) {
        auto path = m_folder.path() + "/" + std::string(mark_prefix) + std::to_string(i);
        auto made = m_files.create(path);
        if (!made && made.error().code() == Errc::exists) continue;
        if (!made) return std::unexpected(std::move(made).error());
        const auto locked = (*made)->try_lock_exclusive();
        if (!locked && locked.error().code() != Errc::unsupported)
            return std::unexpected(locked.error());
        CHECK_OK((*made)->append(content));
        CHECK_OK((*made)->sync());
        CHECK_OK(m_files.sync_directory(m_folder.path()));
        m_mark = *std::move(made);
        m_mark_path = std::move(path);
        return {};
    }
    return fail(Errc::limit_exceeded, "too many processes keep " + m_folder.path());
}

/// With the chain locked: the first batch since which a process that is gone had something to
/// write, whose mark is taken away.
Result<std::optional<std::uint64_t>> Ledger::take_stale_marks() {
    std::optional<std::uint64_t> since;
    TRY(const auto paths, marks());
    for (const auto& path : paths) {
        if (path == m_mark_path) continue;
        const auto file = m_files.open_read(path);
        if (!file) continue; // its process has just ended well
        const auto stale = (*file)->try_lock_exclusive();
        if (stale && !*stale) continue;
        Bytes content(8);
        TRY(const auto got, (*file)->read_at(0, content));
        content.resize(got);
        keep_least(since, decode_mark(content));
        CHECK_OK(m_files.remove(path));
    }
    return since;
}

std::optional<std::uint64_t> Ledger::open_elsewhere() {
    const std::lock_guard lock(m_write_mutex);
    std::optional<std::uint64_t> since;
    for (const auto& path : marks().value_or(std::vector<std::string>{})) {
        const auto content = env::read_file(m_files, path, 8);
        if (path != m_mark_path && content) keep_least(since, decode_mark(*content));
    }
    return since;
}

// PEER-25 PEER-33
Result<> Ledger::write(std::span<const Receipt> receipts) {
    CHECK_OK(m_folder.make());
    TRY(const auto chain, lock_chain());
    TRY(const auto end, tail());
    TRY(const auto since, take_stale_marks());
    if (since) keep_least(m_lost_since, *since);
    if (receipts.empty() && !m_lost_since) return {};
    const LedgerBatch batch{.public_key = {},
                            .repository = m_repository,
                            .number = end.next,
                            .previous = end.previous,
                            .unsure =
                                m_lost_since ? end.next + 1 - std::min(*m_lost_since, end.next) : 0,
                            .time_ns = m_clock.wall_ns(),
                            .receipts = {receipts.begin(), receipts.end()}};
    TRY(const auto bytes, encode(batch, m_key));
    TRY(const auto dropped, m_folder.put(end.next, bytes));
    m_lost_since.reset();
    m_dropped += dropped;
    ++m_batches;
    return {};
}

void Ledger::note_lost(std::uint64_t count) {
    m_lost += count;
    const auto end = tail();
    keep_least(m_lost_since, end ? end->next : 0);
}

Result<> Ledger::flush() {
    const std::lock_guard lock(m_write_mutex);
    std::vector<Receipt> waiting;
    std::uint64_t overflowed = 0;
    {
        const std::lock_guard held(m_mutex);
        waiting.swap(m_waiting);
        overflowed = std::exchange(m_overflowed, 0);
    }
    if (overflowed != 0) note_lost(overflowed);
    if (waiting.empty() && !m_files.status(m_folder.path())) return {};
    std::span<const Receipt> left = waiting;
    do {
        const auto part = left.first(std::min(left.size(), max_receipts));
        if (auto written = write(part); !written) {
            if (!left.empty()) note_lost(left.size());
            return written;
        }
        left = left.subspan(part.size());
    } while (!left.empty());
    return {};
}

Result<> Ledger::flush_older(std::int64_t age_ns) {
    {
        const std::lock_guard lock(m_mutex);
        if (m_waiting.empty() || m_clock.monotonic_ns() - m_waits_since_ns < age_ns) return {};
    }
    return flush();
}

Result<> Ledger::close() {
    if (!m_begun) return {};
    auto flushed = flush();
    const std::lock_guard lock(m_write_mutex);
    if (!flushed || !m_mark) return flushed; // the mark that stays tells of what is lost
    if (auto removed = m_files.remove(m_mark_path);
        !removed && removed.error().code() != Errc::not_found)
        return removed;
    m_mark.reset();
    m_mark_path.clear();
    m_begun = false;
    return {};
}

void Ledger::add(const Receipt& receipt) {
    if (!m_begun.exchange(true)) (void)begin_run(); // without it only a crash goes unseen
    ++m_receipts;
    bool full = false;
    {
        const std::lock_guard lock(m_mutex);
        if (m_waiting.empty()) m_waits_since_ns = m_clock.monotonic_ns();
        if (m_waiting.size() < max_waiting)
            m_waiting.push_back(receipt);
        else
            ++m_overflowed;
        full = m_waiting.size() == max_receipts;
    }
    if (full) (void)flush();
}

LedgerCounts Ledger::counts() const noexcept {
    return {.receipts = m_receipts, .batches = m_batches, .lost = m_lost, .dropped = m_dropped};
}

} // namespace torgo::peer
