// Targets and ranges of requests, as anybody who may connect can send them. What is accepted has
// exactly one spelling.
#include "base/ensure.hpp"
#include "peer/targets.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace torgo;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto target = peer::parse_target(text)) ENSURE(peer::format_target(*target) == text);
    if (const auto range = peer::parse_range(text)) {
        ENSURE(range->first <= range->last);
        ENSURE(peer::format_range(*range) == text);
    }
    return 0;
}
