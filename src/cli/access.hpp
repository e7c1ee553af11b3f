#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "cli/context.hpp"
#include "crypto/secret.hpp"
#include "repo/repository.hpp"

#include <string>
#include <string_view>

namespace torgo::cli {

/// Gives all rights on the repository's nodes to a client: a capability that the owner's root key
/// signs, as a root on all heads (docs/spec/peer-protocol.md 4.2).
/// in      `repository`, unlocked
Result<> give_access(repo::Repository& repository, const PeerId& client, std::string_view label);

/// Lets the recovery kit of a new repository in at its nodes; nothing where it has none. (PEER-31)
Result<> let_kit_in(const Context& context, const repo::Place& place,
                    const crypto::SecretBytes& kit);

/// Whether any head of the repository is on a node.
bool has_nodes(const repo::Place& place);

} // namespace torgo::cli
