#pragma once

#include "env/file_system.hpp"
#include "uplink/feed.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace torgo::uplink {

/// Which number of which source a row was sent as.
using RowName = std::pair<std::uint64_t, std::uint64_t>;

/// What the far side has of what was sent.
struct Proof {
    std::uint64_t sent = 0;
    std::uint64_t received = 0; ///< rows of which at least one is there
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0; ///< readings too many: a row twice, or a number that was not sent
    std::uint64_t changed = 0; ///< other bytes than those of the file

    bool holds() const noexcept { return lost == 0 && doubled == 0 && changed == 0; }
};

/// Reads a store back and compares each reading with the row that was sent under its number, byte
/// by byte of the printed line. Numbers below `first` of a source are of earlier runs.
///
/// errors  those of reading::read_store
Result<Proof> prove(env::FileSystem& files, const std::string& store, const Feed& feed,
                    const std::map<RowName, std::size_t>& sent,
                    const std::map<std::uint64_t, std::uint64_t>& first);

/// How long something took, in nanoseconds.
class Latencies {
public:
    void add(std::int64_t ns) { m_ns.push_back(ns); }

    std::size_t count() const noexcept { return m_ns.size(); }

    /// The smallest value that so many of a thousand do not exceed; 0 for none. 0: the least.
    std::int64_t quantile(unsigned per_mille) const;

private:
    std::vector<std::int64_t> m_ns;
};

} // namespace torgo::uplink
