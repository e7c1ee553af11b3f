#include "peer/tracer.hpp"

#include "base/hex.hpp"
#include "crypto/hash.hpp"

#include <array>
#include <optional>
#include <utility>

namespace torgo::peer {

namespace {

/// What passes of a root is small, and hashed; a segment's bytes are the business of whoever
/// verifies them.
bool is_hashed(Transfer kind) {
    return kind == Transfer::put_root || kind == Transfer::get_root;
}

std::uint64_t bytes_of(Transfer kind, const Request& request, const Answer& answer) {
    switch (kind) {
    case Transfer::put_segment:
    case Transfer::put_root:
        return request.body_size;
    case Transfer::get_segment:
    case Transfer::get_root:
    case Transfer::audit:
        return answer.body_size;
    default:
        return 0;
    }
}

std::optional<Errc> failure_of(const Result<Answer>& answer) {
    if (!answer) return answer.error().code();
    if (answer->ok()) return std::nullopt;
    return error_of(*answer, {}).code();
}

} // namespace

std::string make_traceparent(env::Random& random) {
    std::array<std::uint8_t, TraceId::size> trace{};
    std::array<std::uint8_t, 8> span{};
    random.fill(trace);
    random.fill(span);
    return "00-" + to_hex(trace) + "-" + to_hex(span) + "-01";
}

Tracer::Tracer(Exchanger& inner, const PeerId& node, env::Clock& clock, env::Random& random,
               NoteReceipt note)
    : m_inner(inner), m_node(node), m_clock(clock), m_random(random), m_note(std::move(note)) {}

Result<Answer> Tracer::exchange(const Request& request, const BodySource& source,
                                const BodySink& sink) {
    const auto target = parse_target(request.target);
    auto receipt = target ? begin_receipt(*target, request.method) : std::nullopt;
    if (!receipt) return m_inner.exchange(request, source, sink);
    auto traced = request;
    if (find_header(request.headers, trace_header).empty())
        traced.headers.push_back({std::string(trace_header), make_traceparent(m_random)});
    crypto::Sha256 hash;
    const bool hashed = is_hashed(receipt->kind);
    const auto sending = [&](ByteSpan out) -> Result<std::size_t> {
        TRY(const auto got, source(out));
        if (hashed) hash.update(out.first(got));
        return got;
    };
    const auto taking = [&](const Answer& answer, ByteView bytes) -> Result<> {
        if (hashed && answer.ok()) hash.update(bytes);
        return sink(answer, bytes);
    };
    auto answer = m_inner.exchange(traced, sending, taking);
    receipt->trace =
        parse_traceparent(find_header(traced.headers, trace_header)).value_or(TraceId{});
    receipt->other = m_node;
    receipt->failure = failure_of(answer);
    receipt->time_ns = m_clock.wall_ns();
    if (!receipt->failure) {
        receipt->bytes = bytes_of(receipt->kind, request, *answer);
        if (hashed)
            receipt->content = hash.finish();
        else if (receipt->kind == Transfer::put_segment)
            receipt->content = receipt->subject; // the writer has made the name of the bytes
    }
    m_note(target->repository, *receipt);
    return answer;
}

} // namespace torgo::peer
