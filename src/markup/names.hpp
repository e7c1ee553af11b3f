#pragma once

// Names and times as receipts spell them; each has one spelling only.

#include "base/error.hpp"
#include "base/id.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace torgo::markup {

using Uuid = Id<struct UuidTag, 16>;

/// "urn:uuid:018f3c7e-…", RFC 9562, in lower case.
std::string urn_of(const Uuid& id);
/// errors  `corrupt`
Result<Uuid> parse_urn(std::string_view text);

/// "sha256:…", or "none" of a zero digest.
std::string hash_text(const Digest& digest);
/// errors  `corrupt`
Result<Digest> parse_hash(std::string_view text);

/// "torgo:peer:…": who signs.
std::string origin_of(const PeerId& author);
/// errors  `corrupt`
Result<PeerId> parse_origin(std::string_view text);

/// RFC 3339 in UTC with nanoseconds. in  any time from 1678 to 2262
std::string time_text(std::int64_t wall_ns);
/// That form and no other. errors  `corrupt`
Result<std::int64_t> parse_time(std::string_view text);

} // namespace torgo::markup
