#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace torgo::sim {

/// What happened, by who saw it. Two runs are the same when each of their sources saw the same in
/// the same order. In which order threads of different sources come is not part of it, nor is the
/// order of reads that nothing else stands between: a program reads with several threads.
/// Thread-safe.
class Trace {
public:
    /// in  `readable`: the lines are kept, not their hash alone
    explicit Trace(bool readable) : m_readable(readable) {}

    void note(const std::string& source, const std::string& line);

    std::uint64_t hash() const;

    /// All lines, in the order in which they came.
    std::vector<std::string> lines() const;

private:
    const bool m_readable;
    mutable std::mutex m_mutex;
    struct Source {
        std::uint64_t hash = 0;
        std::uint64_t reads = 0; ///< sum of the hashes of those since the last other line
    };

    static std::uint64_t folded(const Source& source);

    std::map<std::string, Source> m_sources;
    std::vector<std::string> m_lines;
};

} // namespace torgo::sim
