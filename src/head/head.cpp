#include "head/head.hpp"

#include <algorithm>

namespace torgo::head {

bool is_root_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= max_root_name && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

bool is_mutable_root(std::string_view name) noexcept {
    return name == "descriptor";
}

Result<std::unique_ptr<SegmentWriter>> Head::begin_named(const SegmentId& /*name*/,
                                                         std::uint64_t size) {
    return begin_segment(size);
}

// HEAD-31
Result<> Head::read_combined(const SegmentId& /*segment*/, std::uint64_t /*first_cell*/,
                             std::uint8_t /*factor*/, ByteSpan /*out*/) {
    return fail(Errc::unsupported, uri() + " gives no combinations of cells");
}

} // namespace torgo::head
