// What listens on tor's control port may be anything. Replies are the same however they are cut,
// within their limits, and each has a form that reads back as itself.
#include "base/ensure.hpp"
#include "tor/control_reply.hpp"
#include "tor/onion_address.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace {

using torgo::tor::Reply;
using torgo::tor::ReplyParser;

/// All replies up to the first mistake.
std::vector<Reply> parse(torgo::ByteView input, std::size_t piece) {
    ReplyParser parser;
    std::vector<Reply> out;
    for (bool good = true; good && !input.empty();) {
        const auto size = std::min(piece, input.size());
        good = parser.feed(input.first(size)).has_value();
        input = input.subspan(size);
        while (auto reply = parser.next())
            out.push_back(std::move(*reply));
    }
    return out;
}

void check_words(std::string_view text) {
    if (const auto words = torgo::tor::split_words(text))
        for (const auto& [key, value] : words->values) {
            ENSURE(key.size() + value.size() < text.size());
            if (const auto quoted = torgo::tor::quote(value))
                ENSURE(torgo::tor::unquote(*quoted) == value);
        }
    if (const auto address = torgo::tor::OnionAddress::parse_service_id(text))
        ENSURE(address->service_id() == text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const torgo::ByteView input(data, size);
    const auto whole = parse(input, size);
    ENSURE(parse(input, 1) == whole);
    for (const auto& reply : whole) {
        ENSURE(!reply.lines.empty() && reply.lines.size() <= torgo::tor::max_reply_lines);
        ENSURE(reply.code >= 200 && reply.code <= 699);
        for (const auto& line : reply.lines) {
            ENSURE(line.text.size() <= torgo::tor::max_control_line);
            check_words(line.text);
        }
        // The last line has no data, and each line then one code.
        const auto text = torgo::tor::format_reply(reply);
        const auto again = parse(torgo::as_bytes(text), text.size());
        ENSURE(again.size() == 1 && again.front() == reply);
    }
    return 0;
}
