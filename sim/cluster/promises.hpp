#pragma once

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "sim/file_system.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace torgo::sim {

/// What an honest node has answered for: from then on it must be on its disk, whatever happens to
/// its power, until somebody with the right to do so deletes it, or the simulation damages it.
/// Thread-safe.
class Promises {
public:
    /// in  `path`, of the file on the machine's disk
    void keep(unsigned machine, const std::string& path, std::shared_ptr<const Bytes> content);
    void release(unsigned machine, const std::string& path);
    void release_all(unsigned machine);

    bool stands(unsigned machine, const std::string& path) const;
    std::vector<std::string> of(unsigned machine) const;
    std::size_t count() const;

    /// The promises of a machine that its disk does not keep. in  `whole`: compares every byte,
    /// else sizes
    std::vector<std::string> broken(unsigned machine, FileSystem& disk, bool whole) const;

private:
    using Kept = std::map<std::string, std::shared_ptr<const Bytes>>;

    mutable std::mutex m_mutex;
    std::map<unsigned, Kept> m_kept;
};

} // namespace torgo::sim
