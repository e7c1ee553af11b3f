#include "node/served.hpp"

#include "node/http_reply.hpp"
#include "node/server_limits.hpp"

#include <algorithm>
#include <utility>

namespace torgo::node {

void Served::begin(Service& service, const peer::Request& request, const PeerId& peer,
                   Manner manner) {
    m_exchange = service.begin(request, peer);
    if (m_exchange->answered() || request.body_size == 0) answer(m_exchange->finish(), manner);
}

void Served::take(ByteView part, bool last, Manner manner) {
    m_exchange->write(part);
    if (m_exchange->answered() || last) answer(m_exchange->finish(), manner);
}

void Served::answer(Response response, Manner manner) {
    m_exchange.reset();
    m_answered = true;
    const auto head = format_head(response, manner.keep_alive);
    m_left = manner.is_head || response.status() == 204 ? 0 : response.size();
    const auto size = std::min<std::uint64_t>(body_piece_size, head.size() + m_left);
    if (m_piece.size() < size) m_piece.resize(static_cast<std::size_t>(size));
    std::ranges::copy(as_bytes(head), m_piece.begin());
    m_filled = head.size();
    m_response = std::move(response);
    fill();
    // Nothing is sent yet, so that the truth can still be told.
    if (m_failed && !std::exchange(m_told, true)) {
        m_failed = false;
        answer(Response::refuse({Errc::io, "what was asked for cannot be read"}), manner);
    }
}

void Served::refill() {
    m_filled = 0;
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(body_piece_size, m_left));
    if (m_piece.size() < size) m_piece.resize(size);
    fill();
}

void Served::fill() {
    while (m_left > 0 && m_filled < m_piece.size()) {
        const auto room = ByteSpan(m_piece).subspan(m_filled);
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), m_left));
        const auto got = m_response->read(room.first(size));
        m_failed = !got || *got == 0;
        if (m_failed) return drop();
        m_filled += *got;
        m_left -= *got;
    }
    if (m_left == 0) m_response.reset();
}

void Served::drop() {
    m_exchange.reset();
    m_response.reset();
}

} // namespace torgo::node
