#pragma once

#include "env/file_system.hpp"
#include "reading/record.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// The write-ahead log of the gateway's store (docs/spec/readings.md 4).
namespace torgo::reading {

inline constexpr std::size_t log_size_max = 64_MiB; ///< of one file

std::string log_name(std::uint64_t number);

/// Writes one log file. Records wait in memory until sync.
class LogWriter {
public:
    /// A new file, whose name is durable. errors  `exists` and those of the file system
    static Result<LogWriter> create(env::FileSystem& files, const std::string& folder,
                                    std::uint64_t number);

    void add(const Record& record);

    /// Writes what was added, and returns when it would survive a loss of power. After an error
    /// nothing may be added any more. [READING-13]
    Result<> sync();

    std::uint64_t size() const noexcept { return m_size + m_waiting.size(); }

    std::uint64_t number() const noexcept { return m_number; }

private:
    std::unique_ptr<env::File> m_file;
    std::uint64_t m_number = 0;
    std::uint64_t m_sequence = 0;
    std::uint64_t m_size = 0;
    Bytes m_waiting;
};

/// The records of a log file up to the first that is not whole. [READING-15]
struct DecodedLog {
    std::vector<Record> records;
    /// A whole record follows soon behind the first that is not: the disk has lost something that
    /// may have been acknowledged, or power went while several were on their way.
    bool goes_on = false;
};

inline constexpr std::size_t log_look_ahead = 8192; ///< bytes behind a frame that is not whole

/// errors  `unsupported` for a file of another version; `limit_exceeded`
/// cost    of what is behind a bad frame at most log_look_ahead bytes are looked at
Result<DecodedLog> decode_log(ByteView content, std::uint64_t number);

} // namespace torgo::reading
