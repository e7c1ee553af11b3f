// What running commands say of themselves stands in files that other programs of the user may have
// written; groups.toml is written by people.
#include "base/ensure.hpp"
#include "cli/activity.hpp"
#include "cli/groups.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto work = torgo::cli::parse_activity(text)) {
        const auto again = torgo::cli::parse_activity(torgo::cli::format_activity(*work));
        ENSURE(again.has_value());
    }
    if (const auto group = torgo::cli::read_group(text, "groups.toml", "north"))
        ENSURE(group->name == "north" && !group->members.empty());
    return 0;
}
