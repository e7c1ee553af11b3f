#include "node/exchange.hpp"

#include <algorithm>

namespace torgo::node {

Response Response::of_size(std::uint64_t size) {
    Response response(200);
    response.m_size = size;
    response.m_has_body = false;
    return response;
}

Response Response::refuse(const Error& error) {
    return refuse(error, peer::status_of(error.code()));
}

Response Response::refuse(const Error& error, int status) {
    const auto text = peer::printable(error.detail());
    return Response(status, Bytes(text.begin(), text.end()))
        .with(peer::error_header, std::string(name(error.code())));
}

Response&& Response::with(std::string_view name, std::string value) && {
    m_headers.push_back({std::string(name), std::move(value)});
    return std::move(*this);
}

std::string_view Response::outcome() const noexcept {
    return m_status < 400 ? "ok" : peer::find_header(m_headers, peer::error_header);
}

Result<std::size_t> Response::read(ByteSpan out) {
    if (!m_has_body) return 0;
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), m_size - m_sent));
    if (count == 0) return 0;
    if (m_file) {
        TRY(const auto got, m_file->read_at(m_offset + m_sent, out.first(count)));
        if (got != count) return fail(Errc::corrupt, "the segment ended while it was sent");
    } else {
        std::copy_n(m_body.begin() + static_cast<std::ptrdiff_t>(m_sent), count, out.begin());
    }
    m_sent += count;
    return count;
}

} // namespace torgo::node
