#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"
#include "peer/order.hpp"
#include "repo/repository.hpp"

#include <optional>
#include <string>
#include <vector>

/// What standbys did while the owner was away (docs/spec/peer-protocol.md 7).
namespace torgo::cli {

struct FoundOrder {
    std::string name; ///< of its root
    Digest id;
    peer::Order order;
};

/// The orders on the heads that the owner's key has signed; others are passed over.
Result<std::vector<FoundOrder>> find_orders(repo::Repository& repository);

/// The takeovers that one of these orders allows; others are passed over.
Result<std::vector<peer::Takeover>> find_takeovers(repo::Repository& repository,
                                                   const std::vector<FoundOrder>& orders);

/// The places of the heads as a standby is told them: what is no node is left empty.
std::vector<std::string> places_for_standby(const repo::Place& place);

/// The URI under which a head that was taken over answers, from this machine.
///
/// errors  `not_found` where no order and takeover tell of it; those of the nodes
Result<std::string> uri_of_successor(const Context& context, repo::Repository& repository,
                                     unsigned head);

/// Says of each head that can not be used whether it was rebuilt elsewhere. Asks nothing where all
/// can be used.
void tell_of_takeovers(const Context& context, repo::Repository& repository);

} // namespace torgo::cli
