// Requests come from anybody who reaches a node. Oracle: cutting the bytes elsewhere changes
// nothing, what is refused has a status to answer, and what is accepted keeps its limits and,
// written again, is read the same.
#include "base/ensure.hpp"
#include "peer/http_request.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace {

using torgo::ByteView;
using torgo::peer::HttpRequestHead;
using torgo::peer::HttpRequestParser;

constexpr std::uint64_t body_size_max = 64ULL << 20U;

struct Read {
    std::optional<HttpRequestHead> head;
    int status = 0;
    std::size_t used = 0;

    bool operator==(const Read&) const = default;
};

Read read(ByteView bytes, std::size_t piece) {
    HttpRequestParser parser(body_size_max);
    Read read;
    while (read.used < bytes.size() && !parser.complete()) {
        const auto rest = bytes.subspan(read.used);
        const auto used = parser.feed(rest.first(std::min(piece, rest.size())));
        if (!used) return {.head = std::nullopt, .status = used.error().status, .used = 0};
        read.used += *used;
    }
    if (parser.complete()) read.head = parser.take();
    return read;
}

std::string write(const HttpRequestHead& head) {
    std::string text = head.method + " " + head.target + " HTTP/1.1\r\n";
    for (const auto& field : head.fields)
        text += field.name + ":" + field.value + "\r\n";
    return text + "\r\n";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    const auto whole = read(bytes, bytes.size());
    ENSURE(whole == read(bytes, 1));
    ENSURE(whole.status == 0 || (whole.status >= 400 && whole.status <= 505));
    if (!whole.head) return 0;
    ENSURE(whole.used <= torgo::peer::http_head_size_max);
    ENSURE(whole.head->fields.size() <= torgo::peer::http_fields_max);
    ENSURE(whole.head->body_size <= body_size_max);
    ENSURE(whole.head->target.starts_with('/') && !whole.head->target.contains(' '));
    const auto text = write(*whole.head);
    if (text.size() > torgo::peer::http_head_size_max) return 0;
    ENSURE(read(torgo::as_bytes(text), text.size()).head == whole.head);
    return 0;
}
