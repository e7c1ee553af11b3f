#include "place/group_uri.hpp"

#include <algorithm>
#include <charconv>

namespace torgo::place {

namespace {

constexpr std::string_view upper_hex = "0123456789ABCDEF";
constexpr std::size_t peer_id_digits = 64;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 3986 "unreserved".
bool is_unreserved(char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_unreserved(c)) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(upper_hex[byte >> 4U]);
        out.push_back(upper_hex[byte & 15U]);
    }
    return out;
}

/// Whatever is no escape stays: the strict reader compares with the one spelling in the end.
std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto high = i + 2 < text.size() ? upper_hex.find(text[i + 1]) : upper_hex.npos;
        const auto low = i + 2 < text.size() ? upper_hex.find(text[i + 2]) : upper_hex.npos;
        if (text[i] != '%' || high == upper_hex.npos || low == upper_hex.npos) {
            out.push_back(text[i]);
            continue;
        }
        out.push_back(static_cast<char>(16 * high + low));
        i += 2;
    }
    return out;
}

std::unexpected<Error> wrong(std::string what) {
    return fail(Errc::invalid_argument, "a group " + std::move(what));
}

Result<> check(const GroupUri& group) {
    if (!is_group_name(group.name))
        return wrong("has a name of 1 to 64 of a-z, 0-9 and -: \"" + group.name + "\"");
    if (group.members.empty()) return wrong("needs members: " + group.name);
    if (group.members.size() > max_members)
        return wrong("has at most " + std::to_string(max_members) + " members: " + group.name);
    for (const auto& member : group.members) {
        if (member.uri.empty() || names_group(member.uri))
            return wrong("has folders and nodes as members: \"" + member.uri + "\"");
        if (!is_domain(member.domain))
            return wrong("has domains of 1 to 64 letters, digits, - . _ and ~: \"" + member.domain +
                         "\"");
        if (member.weight == 0 || member.weight > max_weight)
            return wrong("has weights from 1 to " + std::to_string(max_weight));
    }
    return {};
}

std::string text_of(const GroupUri& group) {
    std::string out(group_scheme);
    out += group.name;
    char mark = '?';
    for (const auto& member : group.members) {
        out.append(1, mark).append("m=").append(escaped(member.uri));
        out.append("&d=").append(member.domain);
        if (member.weight != 1) out.append("&w=").append(std::to_string(member.weight));
        mark = '&';
    }
    return out;
}

/// One "KEY=VALUE" of the query. False for what fits nowhere.
bool take(GroupUri& group, char key, std::string_view value) {
    if (key == 'm') {
        group.members.push_back({.uri = unescaped(value), .domain = {}, .weight = 1});
        return true;
    }
    if (group.members.empty()) return false;
    auto& member = group.members.back();
    if (key == 'd') {
        member.domain = value;
        return true;
    }
    if (key != 'w') return false;
    const auto* const end = value.data() + value.size();
    return std::from_chars(value.data(), end, member.weight).ptr == end;
}

} // namespace

bool is_group_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= max_group_name && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

bool is_domain(std::string_view text) noexcept {
    return !text.empty() && text.size() <= max_domain && std::ranges::all_of(text, is_unreserved);
}

bool names_group(std::string_view uri) noexcept {
    return uri.starts_with(group_scheme);
}

// HEAD-32
Result<std::string> format_group_uri(GroupUri group) {
    CHECK_OK(check(group));
    std::ranges::sort(group.members, {}, [](const auto& m) { return member_name(m.uri); });
    const auto twice = std::ranges::adjacent_find(group.members, {},
                                                  [](const auto& m) { return member_name(m.uri); });
    if (twice != group.members.end())
        return wrong("has each member once, and " + group.name + " names " + twice->uri + " twice");
    auto out = text_of(group);
    if (out.size() > max_group_uri)
        return fail(Errc::limit_exceeded, "the members of group " + group.name +
                                              " have names that are too long together");
    return out;
}

Result<GroupUri> parse_group_uri(std::string_view text) {
    if (text.size() > max_group_uri)
        return fail(Errc::limit_exceeded, "the URI of a group is too long");
    GroupUri group;
    if (!names_group(text)) return wrong("is named group://NAME: \"" + std::string(text) + "\"");
    const auto question = std::min(text.find('?'), text.size());
    group.name = text.substr(group_scheme.size(), question - group_scheme.size());
    auto query = text.substr(std::min(question + 1, text.size()));
    while (!query.empty()) {
        const auto part = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(part.size() + 1, query.size()));
        if (part.size() < 3 || part[1] != '=' || !take(group, part[0], part.substr(2)))
            return wrong("has members as m=URI&d=DOMAIN&w=WEIGHT, and not \"" + std::string(part) +
                         "\"");
        if (group.members.size() > max_members) break;
    }
    TRY(const auto again, format_group_uri(group));
    if (again != text) return wrong("has one spelling: " + again);
    return group;
}

// [PLACE-3]
std::string member_name(std::string_view uri) {
    const bool node = uri.starts_with("tor://") || uri.starts_with("tls://");
    const auto slash = uri.rfind('/');
    if (node && uri.size() - slash - 1 == peer_id_digits) return std::string(uri.substr(slash + 1));
    return std::string(uri);
}

} // namespace torgo::place
