#pragma once

#include "envelope/session.hpp"
#include "reading/collector.hpp"

#include <cstdint>
#include <optional>

namespace torgo::reading {

struct IntakeCounts {
    std::uint64_t fresh = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t refused = 0; ///< too far ahead, or without a line: they come again
};

/// The gateway's end: gives what an envelope held to the collector. `arrival_ns` is used only for
/// readings whose line has no period.
///
/// errors  those of decode_bundle and of Collector; `unsupported` for a slot without a profile
Result<IntakeCounts> take(const envelope::Opened& opened, std::uint64_t source, const Plan& plan,
                          Collector& collector, std::int64_t arrival_ns);

/// The access payload with which to ask the sensor for what this session needs; nothing where it
/// needs nothing. Not to be sent more often than an answer takes. Errors: those of Session.
Result<std::optional<Bytes>> request(envelope::Session& session);

/// The access payload that acknowledges: short where it fits and no long
/// one is due. Errors: those of Session.
Result<Bytes> acknowledge(envelope::Session& session, const Ack& ack);

} // namespace torgo::reading
