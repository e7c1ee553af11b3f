// Responses come from peers. Oracle: cutting the bytes elsewhere changes nothing, and what is
// accepted keeps its limits and, written again, is read the same.
#include "base/ensure.hpp"
#include "peer/http_response.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace {

using torgo::ByteView;
using torgo::peer::HttpResponseHead;
using torgo::peer::HttpResponseParser;

struct Read {
    std::optional<HttpResponseHead> head;
    std::size_t used = 0;
};

Read read(ByteView bytes, std::size_t piece, bool of_head_request) {
    HttpResponseParser parser;
    parser.set_of_head_request(of_head_request);
    Read read;
    while (read.used < bytes.size() && !parser.complete()) {
        const auto rest = bytes.subspan(read.used);
        const auto used = parser.feed(rest.first(std::min(piece, rest.size())));
        if (!used) return {};
        read.used += *used;
    }
    if (parser.complete()) read.head = parser.take();
    return read;
}

std::string write(const HttpResponseHead& head) {
    std::string text = "HTTP/1.1 " + std::to_string(head.status) + " x\r\n";
    for (const auto& field : head.fields)
        text += field.name + ":" + field.value + "\r\n";
    return text + "\r\n";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool of_head_request = (data[0] & 1U) != 0;
    const ByteView bytes(data + 1, size - 1);
    const auto whole = read(bytes, bytes.size(), of_head_request);
    const auto slow = read(bytes, 1, of_head_request);
    ENSURE(whole.head == slow.head && whole.used == slow.used);
    if (!whole.head) return 0;
    ENSURE(whole.used <= torgo::peer::http_head_size_max);
    ENSURE(whole.head->fields.size() <= torgo::peer::http_fields_max);
    ENSURE(whole.head->body_size == 0 || whole.head->body_size == whole.head->announced_size);
    const auto text = write(*whole.head);
    if (text.size() > torgo::peer::http_head_size_max) return 0;
    ENSURE(read(torgo::as_bytes(text), text.size(), of_head_request).head == whole.head);
    return 0;
}
