#include "cli/takeovers.hpp"

#include "peer/node_uri.hpp"
#include "repo/head_set.hpp"

#include <algorithm>

namespace torgo::cli {

Result<std::vector<FoundOrder>> find_orders(repo::Repository& repository) {
    TRY(const auto names, repository.heads().list_roots(std::string(peer::order_prefix)));
    const auto& descriptor = repository.descriptor();
    std::vector<FoundOrder> out;
    for (const auto& name : names) {
        const auto id = peer::id_in_name(name);
        const auto record = repository.heads().get_root(name);
        if (!id || !record) continue;
        auto order = peer::open_order(*record, descriptor.id, descriptor.root_ml_dsa);
        if (order) out.push_back({.name = name, .id = *id, .order = *std::move(order)});
    }
    return out;
}

Result<std::vector<peer::Takeover>> find_takeovers(repo::Repository& repository,
                                                   const std::vector<FoundOrder>& orders) {
    TRY(const auto names, repository.heads().list_roots(std::string(peer::takeover_prefix)));
    std::vector<peer::Takeover> out;
    for (const auto& name : names) {
        const auto record = repository.heads().get_root(name);
        if (!record) continue;
        auto takeover = peer::open_takeover(*record, repository.descriptor().id);
        const bool allowed =
            takeover && std::ranges::any_of(orders, [&](const FoundOrder& one) {
                return peer::check_takeover(*takeover, one.order, one.id).has_value();
            });
        if (allowed) out.push_back(*std::move(takeover));
    }
    return out;
}

std::vector<std::string> places_for_standby(const repo::Place& place) {
    auto out = place.heads;
    for (auto& uri : out)
        if (!peer::parse_node_uri(uri)) uri.clear();
    return out;
}

// PEER-40
Result<std::string> uri_of_successor(const Context& context, repo::Repository& repository,
                                     unsigned head) {
    TRY(const auto orders, find_orders(repository));
    TRY(const auto takeovers, find_takeovers(repository, orders));
    std::optional<Error> reason;
    for (const auto& takeover : takeovers) {
        if (takeover.head != head) continue;
        for (const auto& address : takeover.addresses) {
            auto uri = peer::format_node_uri({.address = address, .node = takeover.node});
            auto opened = context.heads.open(uri);
            const auto status = opened ? (*opened)->status()
                                       : Result<head::HeadStatus>(std::unexpected(opened.error()));
            if (status && status->repository == takeover.repository && status->index == head)
                return uri;
            if (!status) reason = status.error();
        }
    }
    if (reason) return std::unexpected(*std::move(reason));
    return fail(Errc::not_found,
                "no standby says that it has rebuilt head " + std::to_string(head + 1));
}

void tell_of_takeovers(const Context& context, repo::Repository& repository) {
    const auto& heads = repository.heads();
    if (heads.usable() == heads.size()) return;
    const auto orders = find_orders(repository);
    if (!orders || orders->empty()) return;
    const auto takeovers = find_takeovers(repository, *orders);
    if (!takeovers) return;
    for (unsigned i = 0; i < heads.size(); ++i) {
        if (heads.at(i) != nullptr || !std::ranges::contains(*takeovers, i, &peer::Takeover::head))
            continue;
        const auto number = std::to_string(i + 1);
        context.out.warn("head " + number +
                         " was rebuilt by a standby; to use it there: torgo heal " + number +
                         " --onto-takeover");
    }
}

} // namespace torgo::cli
