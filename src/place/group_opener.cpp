#include "place/group_opener.hpp"

#include "place/group_head.hpp"
#include "place/group_uri.hpp"

#include <algorithm>

namespace torgo::place {

namespace {

bool is_away(Errc code) {
    return code == Errc::unavailable || code == Errc::timeout || code == Errc::permission;
}

bool was_in(const GroupUri& group, const std::string& uri) {
    return std::ranges::any_of(group.members,
                               [&](const GroupMember& one) { return one.uri == uri; });
}

/// An empty folder may be where a disk is to be mounted: it is not made a member again by the way.
std::string not_what_it_was(const std::string& uri) {
    return uri + " was a member and holds nothing now: mount its disk; or if what it held is lost, "
                 "heal once with groups.toml without it, and then with it";
}

} // namespace

Result<std::unique_ptr<head::Head>> open_group(const std::string& uri, const head::Opener& members,
                                               env::Clock& clock) {
    TRY(const auto group, parse_group_uri(uri));
    std::vector<GroupHead::Opened> opened;
    for (const auto& member : group.members) {
        auto head = members.open(member.uri);
        if (!head) return std::unexpected(std::move(head).error().with(member.uri));
        opened.push_back({.who = {.name = member_name(member.uri),
                                  .domain = member.domain,
                                  .weight = member.weight},
                          .head = *std::move(head)});
    }
    return std::make_unique<GroupHead>(uri, std::move(opened), clock);
}

// HEAD-35
Result<std::unique_ptr<head::Head>> create_group(const std::string& uri,
                                                 const head::Opener& members, env::Clock& clock,
                                                 const head::NewHead& made) {
    TRY(const auto group, parse_group_uri(uri));
    const auto former =
        names_group(made.former) ? parse_group_uri(made.former) : Result<GroupUri>(GroupUri{});
    if (!former) return std::unexpected(former.error());
    std::vector<const GroupMember*> wanted;
    for (const auto& member : group.members) {
        TRY(const auto head, members.open(member.uri));
        const auto status = head->status();
        const bool there =
            status && status->repository == made.repository && status->index == made.index;
        if (there) continue;
        if (!was_in(*former, member.uri))
            wanted.push_back(&member);
        else if (!status && status.error().code() == Errc::not_a_repository)
            return fail(Errc::invalid_argument, not_what_it_was(member.uri));
    }
    const bool mends = wanted.size() < group.members.size();
    for (const auto* member : wanted) {
        auto created = members.create(member->uri, made);
        if (created || (mends && is_away(created.error().code()))) continue;
        return std::unexpected(std::move(created).error().with(member->uri));
    }
    return open_group(uri, members, clock);
}

Result<> discard_group(const std::string& uri, const head::Opener& members,
                       const RepoId& repository) {
    TRY(const auto group, parse_group_uri(uri));
    Result<> all;
    for (const auto& member : group.members)
        if (auto done = members.discard(member.uri, repository); !done && all)
            all = std::move(done);
    return all;
}

} // namespace torgo::place
