#include "node/transfer_note.hpp"

namespace torgo::node {

using peer::Transfer;

// PEER-36
std::optional<TransferNote> TransferNote::begin(const peer::Request& request,
                                                const peer::Target& target, const PeerId& client) {
    auto receipt = peer::begin_receipt(target, request.method);
    if (!receipt) return std::nullopt;
    receipt->other = client;
    const auto trace = peer::find_header(request.headers, peer::trace_header);
    receipt->trace = peer::parse_traceparent(trace).value_or(peer::TraceId{});
    return TransferNote(target.repository, request.body_size, *receipt);
}

void TransferNote::take(ByteView bytes) {
    if (m_receipt.kind == Transfer::put_root) m_hash.update(bytes);
}

peer::Receipt TransferNote::fail(Errc code, std::int64_t now_ns) {
    m_receipt.failure = code;
    m_receipt.time_ns = now_ns;
    return m_receipt;
}

peer::Receipt TransferNote::finish(const Response& response, std::int64_t now_ns) {
    if (response.status() >= 400)
        return fail(peer::errc_named(response.outcome()).value_or(Errc::io), now_ns);
    m_receipt.time_ns = now_ns;
    switch (m_receipt.kind) {
    case Transfer::put_segment: // verified by its name
        m_receipt.content = m_receipt.subject;
        m_receipt.bytes = m_size;
        break;
    case Transfer::put_root:
        m_receipt.content = m_hash.finish();
        m_receipt.bytes = m_size;
        break;
    case Transfer::get_root:
        m_receipt.content = crypto::sha256(response.in_memory());
        m_receipt.bytes = response.size();
        break;
    case Transfer::get_segment:
    case Transfer::audit:
        m_receipt.bytes = response.size();
        break;
    default:
        break;
    }
    return m_receipt;
}

} // namespace torgo::node
