#include "peer/targets.hpp"

#include "head/head.hpp"

#include <algorithm>
#include <charconv>

namespace torgo::peer {

namespace {

std::unexpected<Error> wrong_field(std::string_view what) {
    return fail(Errc::invalid_argument, "the request's target has a wrong " + std::string(what));
}

/// Takes `word` off the front of `text` when it begins with it.
bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

/// What is before the next `end`, or all; the end is taken too.
std::string_view take_until(std::string_view& text, char end) {
    const auto at = text.find(end);
    const auto out = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return out;
}

/// A decimal number without needless zeros.
template <class Number>
Result<Number> parse_number(std::string_view text, std::string_view what) {
    Number value = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, value);
    if (problem != std::errc{} || stop != end || text != std::to_string(value))
        return wrong_field(what);
    return value;
}

template <class IdType>
Result<IdType> parse_id(std::string_view text, std::string_view what) {
    const auto id = IdType::parse(text);
    if (!id) return wrong_field(what);
    return *id;
}

Result<std::size_t> parse_max(std::string_view text, std::size_t limit = max_page) {
    TRY(const auto max, parse_number<std::size_t>(text, "max"));
    if (max == 0 || max > limit) return wrong_field("max");
    return max;
}

Result<std::string> parse_part_of_name(std::string_view text, std::string_view what) {
    if (!text.empty() && !head::is_root_name(text)) return wrong_field(what);
    return std::string(text);
}

/// after={id}&max=N
Result<Target> parse_segments(Target target, std::string_view query) {
    target.route = Route::segments;
    if (!take(query, "after=")) return wrong_field("parameter");
    TRY(target.segment, parse_id<SegmentId>(take_until(query, '&'), "after"));
    if (!take(query, "max=")) return wrong_field("parameter");
    TRY(target.max, parse_max(query));
    return target;
}

/// prefix=P&after=NAME&max=N
Result<Target> parse_roots(Target target, std::string_view query) {
    target.route = Route::roots;
    if (!take(query, "prefix=")) return wrong_field("parameter");
    TRY(target.prefix, parse_part_of_name(take_until(query, '&'), "prefix"));
    if (!take(query, "after=")) return wrong_field("parameter");
    TRY(target.root, parse_part_of_name(take_until(query, '&'), "after"));
    if (!take(query, "max=")) return wrong_field("parameter");
    TRY(target.max, parse_max(query));
    return target;
}

/// {id}/combined?factor=F&first=A&max=N
Result<Target> parse_combined(Target target, std::string_view rest) {
    target.route = Route::combined;
    TRY(target.segment, parse_id<SegmentId>(take_until(rest, '/'), "name of a segment"));
    if (!take(rest, "combined?factor=")) return wrong_field("parameter");
    TRY(target.factor, parse_number<std::uint8_t>(take_until(rest, '&'), "factor"));
    if (!take(rest, "first=")) return wrong_field("parameter");
    TRY(target.first, parse_number<std::uint64_t>(take_until(rest, '&'), "first"));
    if (!take(rest, "max=")) return wrong_field("parameter");
    TRY(target.max, parse_max(rest, max_combined_cells));
    return target;
}

Result<Target> parse_segment(Target target, std::string_view rest) {
    if (rest.contains("/combined?")) return parse_combined(std::move(target), rest);
    target.route = rest.ends_with("/audit") ? Route::audit : Route::segment;
    if (target.route == Route::audit) rest.remove_suffix(std::string_view("/audit").size());
    TRY(target.segment, parse_id<SegmentId>(rest, "name of a segment"));
    return target;
}

/// from=N, and before it /{PeerId} where it is a client's ledger that is asked for
Result<Target> parse_ledger(Target target, std::string_view rest) {
    target.route = Route::ledger;
    if (take(rest, "/")) {
        target.route = Route::mirror;
        TRY(target.author, parse_id<PeerId>(take_until(rest, '?'), "peer"));
    } else if (!take(rest, "?")) {
        return wrong_field("parameter");
    }
    if (!take(rest, "from=")) return wrong_field("parameter");
    TRY(target.from, parse_number<std::uint64_t>(rest, "from"));
    return target;
}

std::unexpected<Error> unknown() {
    return fail(Errc::unsupported, "no such target");
}

/// What follows /v1/{repo}/.
Result<Target> parse_in_repository(Target target, std::string_view rest) {
    if (rest == "status" || rest == "have" || rest == "receipts") {
        target.route = rest == "status" ? Route::repository_status
                       : rest == "have" ? Route::have
                                        : Route::receipts;
        return target;
    }
    if (take(rest, "receipts")) return parse_ledger(std::move(target), rest);
    if (take(rest, "segments/")) return parse_segment(std::move(target), rest);
    if (take(rest, "segments?")) return parse_segments(std::move(target), rest);
    if (take(rest, "roots?")) return parse_roots(std::move(target), rest);
    if (!take(rest, "roots/")) return unknown();
    if (!head::is_root_name(rest)) return wrong_field("name of a root");
    target.route = Route::root;
    target.root = std::string(rest);
    return target;
}

} // namespace

std::string format_target(const Target& target) {
    const auto base = "/v1/" + target.repository.hex();
    switch (target.route) {
    case Route::node_status:
        return "/v1/status";
    case Route::join:
        return "/v1/repositories/" + target.repository.hex() + "/join";
    case Route::repository_status:
        return base + "/status";
    case Route::segment:
        return base + "/segments/" + target.segment.hex();
    case Route::audit:
        return base + "/segments/" + target.segment.hex() + "/audit";
    case Route::combined:
        return base + "/segments/" + target.segment.hex() +
               "/combined?factor=" + std::to_string(target.factor) +
               "&first=" + std::to_string(target.first) + "&max=" + std::to_string(target.max);
    case Route::have:
        return base + "/have";
    case Route::segments:
        return base + "/segments?after=" + target.segment.hex() +
               "&max=" + std::to_string(target.max);
    case Route::root:
        return base + "/roots/" + target.root;
    case Route::roots:
        return base + "/roots?prefix=" + target.prefix + "&after=" + target.root +
               "&max=" + std::to_string(target.max);
    case Route::receipts:
        return base + "/receipts";
    case Route::repositories:
        return "/v1/repositories";
    case Route::ledger:
        return base + "/receipts?from=" + std::to_string(target.from);
    case Route::mirror:
        return base + "/receipts/" + target.author.hex() + "?from=" + std::to_string(target.from);
    }
    return {};
}

// PEER-6
Result<Target> parse_target(std::string_view text) {
    if (text.size() > max_target) return fail(Errc::limit_exceeded, "a target that is too long");
    Target target;
    if (text == "/v1/status") return target;
    if (text == "/v1/repositories") {
        target.route = Route::repositories;
        return target;
    }
    if (!take(text, "/v1/")) return unknown();
    const bool joins = take(text, "repositories/");
    const auto repository = take_until(text, '/');
    if (joins ? text != "join" : text.empty()) return unknown();
    TRY(target.repository, parse_id<RepoId>(repository, "repository"));
    if (!joins) return parse_in_repository(std::move(target), text);
    target.route = Route::join;
    return target;
}

bool allows(Route route, Method method) noexcept {
    switch (route) {
    case Route::node_status:
    case Route::repositories:
    case Route::repository_status:
    case Route::combined:
    case Route::segments:
    case Route::roots:
    case Route::ledger:
    case Route::mirror:
        return method == Method::get;
    case Route::join:
    case Route::audit:
    case Route::have:
    case Route::receipts:
        return method == Method::post;
    case Route::segment:
        return method != Method::post;
    case Route::root:
        return method == Method::get || method == Method::put || method == Method::remove;
    }
    return false;
}

std::string format_range(const Range& range) {
    return "bytes=" + std::to_string(range.first) + "-" + std::to_string(range.last);
}

// PEER-9
Result<Range> parse_range(std::string_view text) {
    if (!take(text, "bytes=") || !text.contains('-'))
        return fail(Errc::invalid_argument, "a range that is not bytes=A-B");
    TRY(const auto first, parse_number<std::uint64_t>(take_until(text, '-'), "range"));
    TRY(const auto last, parse_number<std::uint64_t>(text, "range"));
    if (first > last) return fail(Errc::invalid_argument, "a range that ends before it begins");
    return Range{first, last};
}

} // namespace torgo::peer
