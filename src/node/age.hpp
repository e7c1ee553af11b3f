#pragma once

#include "base/error.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "node/bin.hpp"

#include <cstdint>
#include <string>

namespace torgo::node {

/// How long a node has run in all its life: monotonic time, written down now and then, so that no
/// clock on the wall can make a wait shorter. Not thread-safe. source  NODE-10
class Age {
public:
    /// Begins where the file says, or at 0 where there is none or it is damaged: then what waits,
    /// waits longer.
    Age(env::FileSystem& files, env::Clock& clock, std::string path);

    std::uint64_t seconds() const;

    Bin::Day day() const;

    Result<> save() const;

private:
    env::FileSystem& m_files;
    env::Clock& m_clock;
    std::string m_path;
    std::uint64_t m_before = 0; ///< seconds of earlier runs
    std::int64_t m_began_ns;
};

} // namespace torgo::node
