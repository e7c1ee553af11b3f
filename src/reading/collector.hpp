#pragma once

#include "env/file_system.hpp"
#include "reading/folder.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace torgo::reading {

struct CollectorLimits {
    std::size_t readings = column_rows_max; ///< that lie in logs before they become segments
    std::size_t sources = sources_max;
    std::size_t log_bytes = log_size_max / 2; ///< of one log, before it becomes segments
};

struct CollectorCounters {
    std::uint64_t taken = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t too_far = 0;
    std::uint64_t without_line = 0;
    std::uint64_t gone = 0; ///< numbers that sources said nothing will come for
};

enum class Taken : std::uint8_t {
    fresh,
    duplicate,    ///< it is there, or will be with the next sync
    too_far,      ///< too far above a gap: the source sends it again when the gap is closed
    without_line, ///< its time is unknown: the source sends it again with its time
};

/// The gateway's store of readings: puts them in order, finds gaps and repeats, and acknowledges
/// what a loss of power can not take any more. One thread at a time.
class Collector {
public:
    /// Opens the store in `folder`, which is made where it is not there; readings that a loss of
    /// power left in logs are there again.
    ///
    /// errors  `exists` while another one has it open; `corrupt`, `unsupported`, those of the file
    ///         system
    static Result<std::unique_ptr<Collector>> open(env::FileSystem& files, std::string folder,
                                                   const CollectorLimits& limits = {});

    /// A reading with its time. It is not acknowledged before sync().
    ///
    /// errors  `limit_exceeded` for one source too many; `invalid_argument` for a reading that no
    ///         profile fits; after a failure of the disk that failure, until it is opened anew
    Result<Taken> take(const Sent& sent);

    /// A reading without its time: that of its line, or, where the line has no period, `arrival`.
    Result<Taken> take_packed(std::uint64_t source, const Profile& profile, std::uint8_t slot,
                              std::uint64_t number, const Packed& packed, std::int64_t arrival_ns);

    /// False where the numbers lie too far ahead, or it is held and full. Errors: as take.
    Result<bool> take_gone(std::uint64_t source, const Gone& gone);

    /// Makes all that was taken safe, and tells what may be acknowledged to the sources that sent
    /// something since the last time. [READING-13]
    ///
    /// cost    one fsync; now and then, a segment for each profile and day
    Result<std::vector<Ack>> sync();

    /// Turns the logs into segments now, held or not. Errors: as take.
    Result<> roll();

    /// While it is held no segment is made and no file is removed, so that others can copy the
    /// folder meanwhile: whatever of a log they find is a store as it was. When the logs are full,
    /// readings are `too_far` until it is held no more. [READING-27]
    void hold(bool held) noexcept { m_held = held; }

    /// Nothing where the source is unknown.
    const SourceState* find(std::uint64_t source) const;

    /// Readings and runs of void numbers that this store ever took, waiting ones too: fewer than
    /// were once safe tell that it is an older copy of itself. [READING-31]
    std::uint64_t records() const noexcept { return m_records; }

    /// Logs of which something could not be read in the middle; they are kept beside the others,
    /// with damaged_prefix before their names. [READING-15]
    const std::set<std::string>& damaged() const noexcept { return m_damaged; }

    const Sources& sources() const noexcept { return m_sources; }

    const CollectorCounters& counters() const noexcept { return m_counters; }

    std::size_t waiting() const noexcept { return m_readings.size(); }

private:
    Collector(env::FileSystem& files, std::string folder, const CollectorLimits& limits)
        : m_files(files), m_folder(std::move(folder)), m_limits(limits) {}

    Result<> load();
    void replay(const Record& record);
    void note(SourceState& state, const Sent& sent);
    Result<SourceState*> state_of(std::uint64_t source);
    Result<> add(const Record& record);
    Result<> run(const std::function<Result<>()>& work);
    Result<> write_segments(std::uint64_t roll);
    Result<> write_days(std::span<Reading> readings, std::size_t least, std::uint64_t roll);
    Result<> roll_now();
    bool is_full() const noexcept;
    Result<> roll_if_full();
    Result<> forget(const Listing& listing);
    Result<> retire(const std::string& name);

    env::FileSystem& m_files;
    std::string m_folder;
    CollectorLimits m_limits;
    std::unique_ptr<env::File> m_lock; ///< null where the file system knows no locks
    std::set<std::string> m_damaged;
    Sources m_sources;
    std::uint64_t m_records = 0;
    std::vector<Reading> m_readings;       ///< of the logs
    std::vector<std::uint64_t> m_old_logs; ///< of earlier runs, above the checkpoint
    std::unique_ptr<LogWriter> m_log;      ///< none until something is added
    std::uint64_t m_next_log = 1;
    std::set<std::uint64_t> m_touched; ///< since the last sync
    bool m_held = false;
    std::unique_ptr<Error> m_failure;
    CollectorCounters m_counters{};
};

} // namespace torgo::reading
