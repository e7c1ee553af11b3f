#pragma once

// The members of heads that are groups, each by itself: what can be reached, and what that holds. A
// head that is one place counts as its only member.

#include "base/error.hpp"
#include "base/id.hpp"
#include "head/head.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace torgo::repo {

/// Where roots are looked for one by one: the members of a group, or the head itself.
std::vector<head::Head*> places_of_roots(head::Head& head);

/// Whether a failure of a place says no more than that it is not there.
bool is_away(const Error& error) noexcept;

struct MemberLook {
    head::Head* head = nullptr;
    std::string_view domain;   ///< empty for a head that is one place
    std::optional<Error> away; ///< why it cannot be used, or not be listed
};

/// Asks each member of a group whether it can be used, all at once; nothing for another head.
std::vector<MemberLook> look_at_members(head::Head& head);

using SegmentNames = std::unordered_set<SegmentId>;

struct MemberListing {
    MemberLook look;
    SegmentNames names; ///< nothing of one that failed
};

/// Gives all names that a head lists, a page at a time.
/// errors  those of the head; `limit_exceeded` after limits::segments_listed_max
Result<> for_each_page(head::Head& head,
                       const std::function<void(std::span<const SegmentId>)>& take);

/// What each member lists of those that are `wanted`, all at once; of another head one listing.
/// cost    some 60 bytes of memory for each found
std::vector<MemberListing> list_members(head::Head& head, const SegmentNames& wanted);

} // namespace torgo::repo
