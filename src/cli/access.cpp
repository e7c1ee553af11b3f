#include "cli/access.hpp"

#include "cli/open.hpp"
#include "peer/capability.hpp"
#include "peer/identity.hpp"
#include "repo/head_set.hpp"

#include <algorithm>

namespace torgo::cli {

bool has_nodes(const repo::Place& place) {
    return std::ranges::any_of(place.heads, lies_on_nodes);
}

Result<> give_access(repo::Repository& repository, const PeerId& client, std::string_view label) {
    const peer::Capability capability{.repository = repository.place().id,
                                      .client = client,
                                      .rights = {peer::Rights::all},
                                      .not_after_ns = 0,
                                      .label = std::string(label)};
    TRY(const auto owner, repository.owner_key());
    TRY(const auto record, peer::sign(capability, owner));
    auto& heads = repository.heads();
    const auto needed = std::min<std::size_t>(repository.descriptor().min_heads(), heads.usable());
    return heads.put_root(peer::name_of_record(peer::capability_prefix, record), record, needed);
}

Result<> let_kit_in(const Context& context, const repo::Place& place,
                    const crypto::SecretBytes& kit) {
    if (!has_nodes(place)) return {};
    TRY(const auto identity, peer::kit_identity(kit));
    context.heads.use_repository(place.id);
    TRY(const auto repository,
        repo::Repository::open(context.world, context.heads, place, {},
                               [&out = context.out](const std::string& text) { out.warn(text); }));
    CHECK_OK(repository->unlock({.custody = repo::Custody::recovery_kit,
                                 .secret = crypto::SecretBytes::copy_of(kit.view())}));
    return give_access(*repository, identity.id(), "recovery kit");
}

} // namespace torgo::cli
