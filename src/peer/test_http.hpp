#pragma once

// For tests of the parsers.

#include "base/bytes.hpp"

#include <string_view>

namespace torgo::peer {

/// Feeds `text` in pieces of so many bytes until a head is complete. False when it is refused, or
/// never complete.
template <class Parser>
bool feed_in_pieces(Parser& parser, std::string_view text, std::size_t piece) {
    while (!text.empty() && !parser.complete()) {
        const auto used = parser.feed(as_bytes(text.substr(0, piece)));
        if (!used) return false;
        text.remove_prefix(*used);
    }
    return parser.complete();
}

} // namespace torgo::peer
