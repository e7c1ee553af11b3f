#pragma once

#include "base/error.hpp"
#include "place/rank.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::place {

inline constexpr std::string_view group_scheme = "group://";
inline constexpr std::size_t max_group_name = 64;
inline constexpr std::size_t max_domain = 64;
/// 32 nodes behind onion services need less than 8 KiB.
inline constexpr std::size_t max_group_uri = 16384;

/// A member as the URI of its group says it.
struct GroupMember {
    std::string uri;
    std::string domain;
    std::uint32_t weight = 1;

    bool operator==(const GroupMember&) const = default;
};

struct GroupUri {
    std::string name;
    std::vector<GroupMember> members;

    bool operator==(const GroupUri&) const = default;
};

/// True for 1 to 64 characters of a–z, 0–9 and "-".
bool is_group_name(std::string_view text) noexcept;

/// True for 1 to 64 characters of A–Z, a–z, 0–9, "-", ".", "_" and "~".
bool is_domain(std::string_view text) noexcept;

bool names_group(std::string_view uri) noexcept;

/// The one spelling, with all that is needed to find the members: in the order of their names.
/// errors  `invalid_argument` for what no group may be: no member, too many, one of them twice, a
///         name, domain or weight out of bounds; `limit_exceeded` over max_group_uri
/// source  docs/spec/head.md 2, [HEAD-32]
Result<std::string> format_group_uri(GroupUri group);

/// The strict inverse. errors  `invalid_argument`, `limit_exceeded`
Result<GroupUri> parse_group_uri(std::string_view text);

/// Who a member is: a node by its identity, so that it may move; a folder by its path.
/// source  [PLACE-3]
std::string member_name(std::string_view uri);

} // namespace torgo::place
