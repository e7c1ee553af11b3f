#pragma once

#include "env/file_system.hpp"
#include "sim/cluster/machine.hpp"

#include <memory>

namespace torgo::sim {

/// Whether a defect of a node's program shows as a disk that does not do what it is told.
bool has_bad_disk(Defect defect) noexcept;

/// in  `disk` outlives it
std::unique_ptr<env::FileSystem> make_bad_disk(env::FileSystem& disk, Defect defect);

} // namespace torgo::sim
