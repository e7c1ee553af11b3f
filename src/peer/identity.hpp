#pragma once

#include "base/error.hpp"
#include "crypto/tls.hpp"
#include "env/world.hpp"

#include <string>

namespace torgo::peer {

/// The identity whose seed lies in the file `path`; drawn and saved there, for its owner only, when
/// the file is not there. Its folder must be.
///
/// errors  `corrupt` for a file of another size (never replaced by itself: whoever knows this peer
///         would not know it again); those of the disk
Result<crypto::TlsIdentity> load_identity(const env::World& world, const std::string& path);

} // namespace torgo::peer
