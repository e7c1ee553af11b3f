#pragma once

#include "base/codec.hpp"
#include "reading/bundle.hpp"

#include <cstdint>
#include <optional>
#include <variant>

namespace torgo::reading {

inline constexpr std::size_t record_size_max = 512;

struct GoneRecord {
    std::uint64_t source = 0;
    Gone gone;

    bool operator==(const GoneRecord&) const = default;
};

/// What the log holds. [READING-14]
using Record = std::variant<Sent, GoneRecord>;

void encode(const Record& record, Writer& out);

/// errors  `corrupt`, `unsupported`
Result<Record> decode_record(ByteView bytes);

} // namespace torgo::reading
