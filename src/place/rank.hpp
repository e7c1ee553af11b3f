#pragma once

#include "base/id.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// On which members of a group a segment lies: the same on every machine, from names alone.
namespace torgo::place {

inline constexpr std::size_t max_members = 32;
inline constexpr std::uint32_t max_weight = 1000;

/// One place of a group.
struct Member {
    std::string name;   ///< who it is; stays when its address changes
    std::string domain; ///< members of one domain are lost together: a site, an owner, a machine
    std::uint32_t weight = 1; ///< its share, 1 to max_weight: twice as much for twice the room
};

/// Bit i set: member i is meant.
using MemberMask = std::uint32_t;

constexpr MemberMask mask_of(std::size_t member) noexcept {
    return MemberMask{1} << member;
}

/// What it would cost to put the segment there: -log2 of a number in (0, 1) that the hash of both
/// names draws, in units of 2^-32. In whole numbers, so that all machines agree.
/// source  docs/spec/place.md, [PLACE-1]
std::uint64_t cost(std::string_view member, const SegmentId& segment);

/// All members, the one whose cost for its weight is least first (rendezvous hashing).
/// source  [PLACE-2]
/// cost    one SHA-256 of about 120 bytes a member
std::vector<std::size_t> rank(const std::vector<Member>& members, const SegmentId& segment);

/// The member that is to take a segment while others of its pack lie, or are to lie, on `taken`: of
/// the domains that have fewest of those, and in them of the members that have fewest, the first of
/// the ranking. Nothing when all are left out.
/// source  [PLACE-4]
std::optional<std::size_t> choose(const std::vector<Member>& members, const SegmentId& segment,
                                  std::span<const std::size_t> taken, MemberMask left_out = 0);

/// The members on which the segments of one pack belong, one after the other.
/// source  [PLACE-5]
std::vector<std::size_t> assign(const std::vector<Member>& members,
                                std::span<const SegmentId> slots);

/// Segments and the places where each is to be found; the largest number of them that can be named
/// each with a place of its own ("servers of happiness").
///
/// in      `places_of[i]`: numbers below `places`
/// cost    segments × all that `places_of` holds
std::size_t happiness(const std::vector<std::vector<std::size_t>>& places_of, std::size_t places);

} // namespace torgo::place
