#include "mesh/blob_server.hpp"

#include "base/codec.hpp"

namespace torgo::mesh {

namespace {
/// An answer to a group comes after a while, or all would speak at once (Mesh
/// Protocol 1.1, 3.7.3.1).
constexpr std::chrono::milliseconds answer_delay_min{20};
constexpr std::uint32_t answer_delay_spread_ms = 480;

constexpr std::uint8_t record_version = 2;

/// Without a chunk, until a server in pull mode asks again (T_BPI of the standard, 6.2.3).
constexpr std::chrono::seconds report_pause{10};
/// Time for two such questions and their answers, whatever timeout the transfer has.
constexpr auto pull_timeout_min = 2 * report_pause;
/// How often it says that it has a block, which the client may not have heard.
constexpr unsigned reports_max = 4;

Time random_delay(env::Random& random) {
    std::array<std::uint8_t, 2> bytes{};
    random.fill(bytes);
    const auto value = static_cast<std::uint32_t>(bytes[0] | bytes[1] << 8U);
    return answer_delay_min + std::chrono::milliseconds(value % answer_delay_spread_ms);
}
} // namespace

BlobServer::BlobServer(Node& node, std::uint8_t element, BlobSink& sink, env::Random& random,
                       Store* store)
    : m_node(node), m_element(element), m_sink(sink), m_random(random), m_store(store) {
    if (store == nullptr) return;
    Bytes record;
    store->each([&](RecordKey key, ByteView value) {
        if (key == record_key(RecordKind::blob, element)) record.assign(value.begin(), value.end());
    });
    // A record that cannot be read is a transfer that must begin anew: nothing else depends on it.
    if (!record.empty() && !load(record)) forget();
}

bool BlobServer::load(ByteView record) {
    Fields in(record);
    if (in.u8() != record_version) return false;
    const bool started = in.u8() != 0;
    m_timeout_base = in.le16();
    m_ttl = in.u8();
    m_shape.id = in.little(8);
    if (!started) {
        m_phase = BlobPhase::waiting_for_start;
        return in.done();
    }
    m_shape.size = static_cast<std::uint32_t>(in.little(4));
    m_shape.block_log = in.u8();
    m_mtu = in.le16();
    m_mode = in.u8() == static_cast<std::uint8_t>(BlobMode::pull) ? BlobMode::pull : BlobMode::push;
    if (m_shape.judge() != BlobError::success) return false;
    const auto bits = in.take((m_shape.block_count() + 7) / 8);
    for (std::size_t i = 0; in.ok() && i < m_shape.block_count(); ++i)
        m_missing[i] = (bits[i / 8] >> (i % 8) & 1U) != 0;
    m_phase = m_missing.any() ? BlobPhase::suspended : BlobPhase::complete;
    return in.done();
}

// [MESH-31]
bool BlobServer::save() {
    if (m_store == nullptr) return true;
    const bool started = m_phase > BlobPhase::waiting_for_start;
    Writer out;
    out.put(record_version).put(std::uint8_t{started}).put(m_timeout_base).put(m_ttl);
    out.put(m_shape.id);
    if (started) {
        out.put(m_shape.size).put(m_shape.block_log).put(m_mtu);
        out.put(static_cast<std::uint8_t>(m_mode));
        for (std::uint32_t i = 0; i < m_shape.block_count(); i += 8) {
            unsigned byte = 0;
            for (std::uint32_t j = i; j < std::min(i + 8, m_shape.block_count()); ++j)
                byte |= static_cast<unsigned>(m_missing[j]) << (j - i);
            out.put(static_cast<std::uint8_t>(byte));
        }
    }
    return m_store->save(record_key(RecordKind::blob, m_element), out.view()).has_value();
}

void BlobServer::forget() {
    m_phase = BlobPhase::inactive;
    m_shape = {};
    m_told = false;
    m_mode = BlobMode::none;
    m_missing.reset();
    m_chunks.reset();
    m_block = {};
    m_suspend_due = never;
    m_report_due = never;
    if (m_store != nullptr)
        (void)m_store->save(record_key(RecordKind::blob, m_element), ByteView{});
}

/// [MESH-47] In pull mode long enough that the server asks again before it gives up waiting.
Time BlobServer::timeout() const {
    const Time base = std::chrono::seconds(10) * (m_timeout_base + 1);
    return m_mode == BlobMode::pull ? std::max<Time>(base, pull_timeout_min) : base;
}

void BlobServer::cancel() {
    forget();
}

Result<> BlobServer::expect(BlobId id, std::uint16_t timeout_base, std::uint8_t ttl) {
    const bool fresh = m_phase == BlobPhase::inactive || m_phase == BlobPhase::complete ||
                       m_phase == BlobPhase::waiting_for_start;
    if (!fresh) return fail(Errc::unavailable, "another BLOB is coming in");
    forget();
    m_shape.id = id;
    m_timeout_base = timeout_base;
    m_ttl = ttl;
    m_phase = BlobPhase::waiting_for_start;
    if (!save()) return fail(Errc::io, "the node's store refuses");
    return {};
}

BlobError BlobServer::on_start(const BlobStart& message) {
    if (m_phase == BlobPhase::inactive) return BlobError::wrong_phase;
    if (message.shape.id != m_shape.id) return BlobError::wrong_blob;
    if (m_phase != BlobPhase::waiting_for_start) {
        // The same again, or the way on after a break.
        if (message.shape != m_shape || message.mode != m_mode) return BlobError::wrong_phase;
        if (m_phase == BlobPhase::complete) {
            tell_complete();
            return BlobError::success;
        }
        m_phase = BlobPhase::waiting_for_block;
        m_chunks.reset();
        m_block = {};
        m_report_due = never;
        return BlobError::success;
    }
    if (const auto error = message.shape.judge(); error != BlobError::success) return error;
    m_shape = message.shape;
    m_mode = message.mode;
    m_mtu = std::min<std::uint16_t>(message.mtu, access_payload_max);
    for (std::size_t i = 0; i < m_shape.block_count(); ++i)
        m_missing.set(i);
    m_phase = BlobPhase::waiting_for_block;
    if (save()) return BlobError::success;
    m_phase = BlobPhase::waiting_for_start;
    return BlobError::internal;
}

BlobError BlobServer::on_block_start(const BlobBlockStart& message) {
    if (m_phase < BlobPhase::waiting_for_block || m_phase == BlobPhase::suspended)
        return BlobError::wrong_phase;
    if (m_phase == BlobPhase::waiting_for_chunk)
        return message == m_block ? BlobError::success : BlobError::wrong_phase;
    if (message.block >= m_shape.block_count()) return BlobError::invalid_block_number;
    if (message.chunk_size == 0 || message.chunk_size > blob_chunk_size_max ||
        m_shape.chunk_count(message.block, message.chunk_size) > blob_chunks_max)
        return BlobError::invalid_chunk_size;
    m_block = message;
    m_chunks.reset();
    if (!m_missing[message.block]) return BlobError::success;
    for (std::size_t i = 0; i < m_shape.chunk_count(message.block, message.chunk_size); ++i)
        m_chunks.set(i);
    m_phase = BlobPhase::waiting_for_chunk;
    return BlobError::success;
}

BlobError BlobServer::block_get_error() const {
    if (m_phase == BlobPhase::suspended) return BlobError::information_unavailable;
    return m_phase < BlobPhase::waiting_for_block ? BlobError::wrong_phase : BlobError::success;
}

// [MESH-30] A chunk is written in its place once, and only with the length that place has.
void BlobServer::on_chunk(ByteView parameters) {
    Fields in(parameters);
    const auto number = in.le16();
    const auto data = in.rest();
    if (m_phase != BlobPhase::waiting_for_chunk || number >= blob_chunks_max || !m_chunks[number])
        return;
    const auto from = std::uint32_t{number} * m_block.chunk_size;
    const auto size = m_shape.block_size(m_block.block);
    if (data.size() != std::min<std::uint32_t>(m_block.chunk_size, size - from)) return;
    if (!m_sink.write(m_shape.block_begin(m_block.block) + from, data)) return;
    m_chunks.reset(number);
    m_asked.reset(number);
    if (m_chunks.none()) finish_block();
}

/// A block that the disk does not take is missing still, and is sent again.
void BlobServer::finish_block() {
    m_phase = BlobPhase::waiting_for_block;
    m_missing.reset(m_block.block);
    if (m_missing.none()) m_phase = BlobPhase::complete;
    if (!m_sink.sync() || !save()) {
        m_missing.set(m_block.block);
        m_phase = BlobPhase::waiting_for_chunk;
        for (std::size_t i = 0; i < m_shape.chunk_count(m_block.block, m_block.chunk_size); ++i)
            m_chunks.set(i);
        return;
    }
    if (m_phase != BlobPhase::complete) return;
    m_suspend_due = never;
    tell_complete();
}

void BlobServer::tell_complete() {
    if (m_told) return;
    m_told = true;
    m_sink.complete(m_shape.id);
}

/// [MESH-47] Some of what is missing, from the first on.
BlobChunks BlobServer::next_asked() const {
    BlobChunks out;
    if (m_phase != BlobPhase::waiting_for_chunk) return out;
    std::size_t count = 0;
    for (auto i = m_chunks._Find_first(); i < m_chunks.size() && count < blob_asked_max;
         i = m_chunks._Find_next(i), ++count)
        out.set(i);
    return out;
}

/// After a message in pull mode: more is asked for when all that was asked for has come, or nothing
/// comes any more.
void BlobServer::plan_report(Time now, BlobPhase before) {
    if (m_mode != BlobMode::pull) return;
    if (m_phase == BlobPhase::waiting_for_chunk) {
        const bool all_came = before == BlobPhase::waiting_for_chunk && m_asked.none();
        m_report_due = all_came ? now : now + report_pause;
    } else if (before == BlobPhase::waiting_for_chunk &&
               (m_phase == BlobPhase::waiting_for_block || m_phase == BlobPhase::complete)) {
        m_reports_left = reports_max;
        m_report_due = now;
    }
}

void BlobServer::report(Time now) {
    m_asked = next_asked();
    const bool repeats = m_asked.any() || --m_reports_left > 0;
    m_report_due = repeats ? now + report_pause : never;
    // One that finds no room is sent again.
    (void)m_node.send(now, {.element = m_element,
                            .dst = m_client,
                            .app_index = m_client_app,
                            .ttl = m_ttl,
                            .payload = encode_blob_report(m_asked).view()});
}

bool BlobServer::on_message(Time now, const Received& received) {
    if (received.model != blob_server || received.element != m_element) return false;
    const auto parameters = received.parameters;
    const auto before = m_phase;
    auto kind = Reply::transfer;
    auto error = BlobError::success;
    if (received.opcode == op::blob_chunk) {
        on_chunk(parameters);
        kind = Reply::none;
    } else if (received.opcode == op::blob_start) {
        const auto message = decode_blob_start(parameters);
        if (!message) return true;
        error = on_start(*message);
        if (error == BlobError::success) {
            m_client = received.src;
            m_client_app = received.app_index;
        }
    } else if (received.opcode == op::blob_block_start) {
        const auto message = decode_blob_block_start(parameters);
        if (!message) return true;
        error = on_block_start(*message);
        kind = Reply::block;
    } else if (received.opcode == op::blob_block_get && parameters.empty()) {
        error = block_get_error();
        kind = Reply::block;
    } else if (received.opcode == op::blob_cancel) {
        const auto id = decode_blob_cancel(parameters);
        if (!id) return true;
        if (m_phase != BlobPhase::inactive && *id != m_shape.id)
            error = BlobError::wrong_blob;
        else
            forget();
    } else if (received.opcode == op::blob_info_get && parameters.empty()) {
        kind = Reply::information;
    } else if (received.opcode != op::blob_get || !parameters.empty()) {
        return false;
    }
    if (m_phase == BlobPhase::waiting_for_block || m_phase == BlobPhase::waiting_for_chunk)
        m_suspend_due = now + timeout();
    if (received.opcode == op::blob_chunk || received.opcode == op::blob_block_start)
        plan_report(now, before);
    if (kind != Reply::none) reply(now, received, kind, error);
    return true;
}

void BlobServer::reply(Time now, const Received& to, Reply kind, BlobError error) {
    m_reply = kind;
    m_reply_error = error;
    m_reply_to = to.src;
    m_reply_app = to.app_index;
    m_reply_due = is_unicast(to.dst) ? now : now + random_delay(m_random);
}

AccessPayload BlobServer::reply_payload() const {
    if (m_reply == Reply::information) return encode_blob_information();
    if (m_reply == Reply::transfer)
        return encode(
            BlobStatus{.error = m_reply_error,
                       .mode = m_phase > BlobPhase::waiting_for_start ? m_mode : BlobMode::none,
                       .phase = m_phase,
                       .shape = m_shape,
                       .mtu = m_mtu,
                       .missing = m_missing});
    using Missing = BlobBlockStatus::Missing;
    const bool known = m_phase > BlobPhase::waiting_for_start && m_block.chunk_size != 0;
    const auto chunks = known ? m_shape.chunk_count(m_block.block, m_block.chunk_size) : 0;
    if (known && m_mode == BlobMode::pull)
        return encode(BlobBlockStatus{.error = m_reply_error,
                                      .format = Missing::listed,
                                      .block = m_block,
                                      .missing = next_asked()},
                      chunks);
    const auto format = m_chunks.none()              ? Missing::none
                        : m_chunks.count() == chunks ? Missing::all
                                                     : Missing::some;
    return encode(BlobBlockStatus{.error = m_reply_error,
                                  .format = known ? format : Missing::all,
                                  .block = m_block,
                                  .missing = m_chunks},
                  chunks);
}

void BlobServer::on_wake(Time now) {
    if (m_suspend_due <= now) {
        m_suspend_due = never;
        m_phase = BlobPhase::suspended;
        m_chunks.reset();
        m_block = {};
        m_report_due = never;
    }
    if (m_report_due <= now) report(now);
    if (m_reply_due > now) return;
    m_reply_due = never;
    if (m_reply == Reply::block) m_asked = next_asked();
    // An answer that finds no room is asked for again.
    (void)m_node.send(now, {.element = m_element,
                            .dst = m_reply_to,
                            .app_index = m_reply_app,
                            .ttl = m_ttl,
                            .payload = reply_payload().view()});
}

} // namespace torgo::mesh
