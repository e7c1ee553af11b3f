#pragma once

#include "base/error.hpp"
#include "head/head.hpp"
#include "repo/repository.hpp"

namespace torgo::repo {

/// Copies the records of the repository into a spool's mirror, so that it can be opened while no
/// head answers. What no head has any more leaves the mirror when every head was asked. The newest
/// descriptor stays (docs/spec/spool.md 3).
///
/// errors  those of the mirror; what cannot be read from the heads is left out
/// cost    one listing of the heads and of the mirror, and what the mirror lacks
Result<> mirror_records(Repository& repository, head::Head& mirror);

/// The same for the packs with folders and index, k segments of each: with them a backup finds
/// what has not changed, and snapshots can be listed and looked through. Needs `unlock`.
///
/// cost    what the mirror lacks is read from the heads; some thousandth of the data
Result<> mirror_metadata(Repository& repository, head::Head& mirror);

} // namespace torgo::repo
