#include "head/dir_folder.hpp"
#include "head/head.hpp"

#include <charconv>

namespace torgo::head {

namespace {

constexpr std::string_view magic = "torgo-head ";
constexpr std::string_view version = "1";

/// Takes `key`, a value and the end of the line off the front of `text`.
Result<std::string_view> take_line(std::string_view& text, std::string_view key) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(key))
        return fail(Errc::corrupt, "the head's torgo-head file is damaged");
    const auto value = text.substr(key.size(), end - key.size());
    text.remove_prefix(end + 1);
    return value;
}

Result<unsigned> parse_index(std::string_view text) {
    unsigned index = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, index);
    if (problem != std::errc{} || stop != end || index >= max_heads ||
        text != std::to_string(index))
        return fail(Errc::corrupt, "the head's torgo-head file has no valid number of the head");
    return index;
}

} // namespace

std::string format_marker(const Marker& marker) {
    return std::string(magic) + std::string(version) + "\nrepository " + marker.repository.hex() +
           "\nhead " + std::to_string(marker.index) + "\n";
}

Result<Marker> parse_marker(std::string_view text) {
    TRY(const auto made_by, take_line(text, magic));
    if (made_by != version)
        return fail(Errc::unsupported, "the head was made by a later version of torgo (format " +
                                           std::string(made_by) + ")");
    TRY(const auto repository, take_line(text, "repository "));
    TRY(const auto index, take_line(text, "head "));
    if (!text.empty()) return fail(Errc::corrupt, "the head's torgo-head file goes on too long");
    auto id = RepoId::parse(repository);
    if (!id) return fail(Errc::corrupt, "the head's torgo-head file has no valid repository id");
    TRY(const auto number, parse_index(index));
    return Marker{*id, number};
}

} // namespace torgo::head
