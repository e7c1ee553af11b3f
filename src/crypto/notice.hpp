#pragma once

#include <string_view>

namespace torgo::crypto {

/// Says once for each text, to the receiver of on_notice, that a fast path is not used.
void notice(std::string_view text);

} // namespace torgo::crypto
