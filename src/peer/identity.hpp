#pragma once

#include "base/error.hpp"
#include "crypto/sign.hpp"
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

/// The key of load_identity, for what is signed under that identity. errors  as load_identity
Result<crypto::SigningKey> load_signing_key(const env::World& world, const std::string& path);

/// The identity that follows from the 32 secret bytes of a recovery kit: with the kit alone its
/// owner gets in at the nodes. source  docs/spec/peer-protocol.md 4.2
Result<crypto::TlsIdentity> kit_identity(const crypto::SecretBytes& kit);
Result<crypto::SigningKey> kit_signing_key(const crypto::SecretBytes& kit);

} // namespace torgo::peer
