#include "maml/permission.hpp"

#include "maml/syntax.hpp"

#include <algorithm>

namespace torgo::maml {

namespace {

constexpr std::size_t principal_size_max = 256;

bool is_plain(char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-' || c == '~';
}

/// No empty ones and no "." or "..": a name has one spelling.
bool is_segment(std::string_view text) {
    return !text.empty() && text != "." && text != ".." && std::ranges::all_of(text, is_plain);
}

bool is_authority(std::string_view text) {
    return !text.empty() && text != "." && text != ".." &&
           std::ranges::all_of(text, [](char c) { return is_plain(c) || c == ':' || c == '@'; });
}

bool are_segments(std::string_view path) {
    while (true) {
        const auto slash = path.find('/');
        if (!is_segment(path.substr(0, slash))) return false;
        if (slash == std::string_view::npos) return true;
        path.remove_prefix(slash + 1);
    }
}

/// Where the authority begins; npos where the scheme is none.
std::size_t after_scheme(std::string_view text) {
    const auto end = text.find("://");
    return end != std::string_view::npos && is_word(text.substr(0, end)) ? end + 3
                                                                         : std::string_view::npos;
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view principal) {
    return std::ranges::any_of(
        patterns, [&](const std::string& pattern) { return matches(pattern, principal); });
}

const std::vector<std::string>& list_for(const Permissions& permissions, Operation operation) {
    switch (operation) {
    case Operation::fetch:
    case Operation::list:
        return permissions.read;
    case Operation::replace:
    case Operation::append:
        return permissions.write;
    case Operation::execute:
        break;
    }
    return permissions.execute;
}

bool has_scope(const Caller& caller, Operation operation) {
    switch (operation) {
    case Operation::fetch:
    case Operation::list:
        return caller.may_read;
    case Operation::replace:
    case Operation::append:
        return caller.may_write;
    case Operation::execute:
        break;
    }
    return caller.may_execute;
}

} // namespace

std::string_view name(Operation operation) noexcept {
    switch (operation) {
    case Operation::fetch:
        return "fetch";
    case Operation::list:
        return "list";
    case Operation::replace:
        return "replace";
    case Operation::append:
        return "append";
    case Operation::execute:
        break;
    }
    return "execute";
}

bool is_principal(std::string_view text) noexcept {
    const auto start = after_scheme(text);
    if (start == std::string_view::npos || text.size() > principal_size_max) return false;
    const auto rest = text.substr(start);
    const auto slash = rest.find('/');
    return is_authority(rest.substr(0, slash)) &&
           (slash == std::string_view::npos || are_segments(rest.substr(slash + 1)));
}

bool is_pattern(std::string_view text) noexcept {
    const auto start = after_scheme(text);
    if (start != std::string_view::npos && text.substr(start) == "*") return true;
    if (text.ends_with("/*")) text.remove_suffix(2);
    return is_principal(text);
}

bool matches(std::string_view pattern, std::string_view principal) noexcept {
    if (!is_pattern(pattern) || !is_principal(principal)) return false;
    if (!pattern.ends_with('*')) return pattern == principal;
    // With its slash: "a://b/*" is below "a://b/", and "a://*" below "a://".
    pattern.remove_suffix(1);
    return principal.size() > pattern.size() && principal.starts_with(pattern);
}

Decision may(const Permissions& file, const Caller& caller, const NodePolicy& policy,
             Operation operation) {
    const auto deny = [](std::string why) {
        return Decision{.allowed = false, .why = std::move(why)};
    };
    if (!is_principal(caller.principal)) return deny("the caller has no usable name");
    if (!has_scope(caller, operation)) return deny("the caller's token has no such scope");
    if (!any_matches(list_for(policy.callers, operation), caller.principal))
        return deny("this node's policy does not allow it to " + caller.principal);
    // execute names places, not people.
    const auto& subject = operation == Operation::execute ? policy.node : caller.principal;
    if (!any_matches(list_for(file, operation), subject))
        return deny("the file's permissions do not name " + subject);
    return {.allowed = true, .why = {}};
}

} // namespace torgo::maml
