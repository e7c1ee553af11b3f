// The URI of a group comes from descriptors of repositories that others may have written. What is
// accepted has exactly one spelling.
#include "base/ensure.hpp"
#include "place/group_uri.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto group = torgo::place::parse_group_uri(text);
    if (!group) return 0;
    ENSURE(group->members.size() <= torgo::place::max_members && !group->members.empty());
    ENSURE(torgo::place::is_group_name(group->name));
    const auto again = torgo::place::format_group_uri(*group);
    ENSURE(again && *again == text);
    return 0;
}
