#include "head/uri.hpp"

#include <algorithm>
#include <array>

namespace torgo::head {

namespace {

constexpr std::string_view dir_scheme = "dir://";
constexpr std::array<std::string_view, 4> later_schemes{"tor", "group", "mongodb", "dtn"};
constexpr std::string_view upper_hex = "0123456789ABCDEF";

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 3986 "unreserved" and the slash: everything else is written %XX.
bool is_plain(char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Result<std::string> percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '?' || text[i] == '#')
            return fail(Errc::invalid_argument, "write ? as %3F and # as %23 in a dir:// URI");
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0)
            return fail(Errc::invalid_argument, "% must be followed by two hexadecimal digits");
        out.push_back(static_cast<char>(16 * high + low));
        i += 2;
    }
    return out;
}

Result<std::string> normal_path(std::string_view path) {
    if (path.size() > max_path) return fail(Errc::invalid_argument, "the path is too long");
    if (path.contains('\0')) return fail(Errc::invalid_argument, "the path holds a zero byte");
    std::string out;
    while (!path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        const auto part = path.substr(0, slash);
        path.remove_prefix(std::min(slash + 1, path.size()));
        if (part.empty() || part == ".") continue;
        if (part == "..")
            return fail(Errc::invalid_argument,
                        "a head's path may not hold \"..\": write the path out in full");
        out.append("/").append(part);
    }
    return out.empty() ? "/" : out;
}

/// The scheme in front of "://", or nothing.
std::string_view scheme_of(std::string_view uri) {
    const auto end = uri.find("://");
    if (end == std::string_view::npos || end == 0) return {};
    const auto scheme = uri.substr(0, end);
    return std::ranges::all_of(scheme, is_alphanumeric) ? scheme : std::string_view{};
}

std::unexpected<Error> refuse_scheme(std::string_view scheme) {
    const auto named = std::string(scheme) + "://";
    if (std::ranges::contains(later_schemes, scheme))
        return fail(Errc::unsupported, "this version of torgo has no " + named +
                                           " heads; use a folder: dir:///absolute/path");
    return fail(Errc::invalid_argument, named + " is no kind of head; write dir:///absolute/path");
}

} // namespace

Result<std::string> dir_path(std::string_view uri) {
    if (uri.size() > max_uri) return fail(Errc::invalid_argument, "the URI is too long");
    if (uri.starts_with('/')) return normal_path(uri);
    const auto scheme = scheme_of(uri);
    if (!scheme.empty() && scheme != "dir") return refuse_scheme(scheme);
    if (scheme.empty())
        return fail(Errc::invalid_argument, "\"" + std::string(uri) +
                                                "\" is no absolute path; a head must be found from "
                                                "any folder: write dir:///absolute/path");
    const auto rest = uri.substr(dir_scheme.size());
    if (!rest.starts_with('/'))
        return fail(Errc::invalid_argument,
                    "dir:// is followed by an absolute path: dir:///absolute/path, three slashes");
    TRY(const auto path, percent_decode(rest));
    return normal_path(path);
}

std::string_view short_uri(std::string_view uri) noexcept {
    return uri.substr(0, uri.find('?'));
}

std::string dir_uri(std::string_view path) {
    std::string out(dir_scheme);
    for (const char c : path) {
        if (is_plain(c)) {
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

} // namespace torgo::head
