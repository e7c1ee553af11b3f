#pragma once

#include "base/error.hpp"
#include "node/store.hpp"

#include <cstdint>
#include <string>

namespace torgo::node {

/// Nothing that is deleted is kept for longer.
inline constexpr std::uint32_t keep_days_max = 3650;

/// For how long the bins of a node keep what is in them. What was promised when it came is kept by
/// later runs that put nothing more there. Not thread-safe. source  NODE-9
class BinKeeper {
public:
    /// in      `path`, of the file in which the days are written down; `days`, up to keep_days_max,
    ///         0: from now on nothing more goes there. The store outlives it
    /// errors  those of writing the days down
    static Result<BinKeeper> make(Store& store, const std::string& path, std::uint32_t days);

    /// Whole days after the one on which something came; keep_days_max where the file is lost.
    std::uint32_t days() const { return m_days; }

    /// To be called at least each day: says which it is, and frees what is due.
    Bin::Emptied tend(Bin::Day today);

private:
    BinKeeper(Store& store, std::uint32_t days, bool takes)
        : m_store(store), m_days(days), m_takes(takes) {}

    Store& m_store;
    std::uint32_t m_days;
    bool m_takes;
};

} // namespace torgo::node
