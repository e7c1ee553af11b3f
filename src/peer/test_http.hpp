#pragma once

// For tests: feeds a parser in two pieces, and one byte at a time.

#include "base/bytes.hpp"

#include <string>
#include <string_view>

namespace torgo::peer {

/// What a parser makes of `text` cut at each of `cuts`; the parser is given by its `feed`, and the
/// whole must lie in one head. False when it refuses.
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
