#pragma once

#include "base/error.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace torgo::crypto {

/// Known answers of every primitive and the agreement of fast and reference paths; about 0.3 s.
/// Errors: `corrupt`, naming the primitive whose answer is wrong.
Result<> self_test();

/// Which programs are in use, one line: "OpenSSL 3.5.1; heads: VAES 256-bit; SHA-256 lanes: …".
std::string description();

/// Is told, once a reason, that a fast path is not used and why ("fall back, never silently").
/// Reasons that came up before are told at once. One receiver for the process; thread-safe.
void on_notice(std::function<void(std::string_view)> receiver);

} // namespace torgo::crypto
