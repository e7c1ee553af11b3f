#pragma once

#include <cstdint>
#include <string_view>

namespace torgo::head {

/// The calls of Head and SegmentWriter, as decorators tell them apart.
enum class Call : std::uint8_t {
    probe,
    begin_segment,
    append,
    commit,
    read_segment,
    read_combined,
    segment_size,
    list_segments,
    remove_segment,
    put_root,
    get_root,
    list_roots,
    remove_root,
    status,
};

std::string_view name(Call call) noexcept;

} // namespace torgo::head
