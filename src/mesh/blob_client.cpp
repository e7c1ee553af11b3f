#include "mesh/blob_client.hpp"

#include <algorithm>

namespace torgo::mesh {

namespace {
constexpr std::chrono::seconds retry_base{2};
/// Between chunks that fit into one frame, which nobody acknowledges.
constexpr std::chrono::milliseconds short_chunk_pause{30};
/// Another look at whether the segments under way have ended.
constexpr std::chrono::milliseconds look_again{50};
/// Of one server, without a block between them that it got.
constexpr unsigned restarts_max = 8;
/// Of chunks, without a block finished between them: somebody does not keep what it gets.
constexpr unsigned rounds_max = 512;
/// Without a word of a server in pull mode, which asks by itself each 10 s, until it is asked; from
/// then on as often as any question.
constexpr std::chrono::seconds report_patience{11};
} // namespace

Result<BlobClient> BlobClient::begin(Node& node, BlobSource& source, Transfer transfer, Time now) {
    const auto& shape = transfer.shape;
    if (shape.judge() != BlobError::success || transfer.chunk_size == 0 ||
        transfer.chunk_size > blob_chunk_size_max ||
        shape.chunk_count(0, transfer.chunk_size) > blob_chunks_max)
        return fail(Errc::invalid_argument, "a BLOB cannot be cut like this");
    const bool good = std::ranges::all_of(transfer.targets, &is_unicast);
    if (!good || transfer.targets.empty() || transfer.targets.size() > targets_max)
        return fail(Errc::invalid_argument, "a BLOB goes to 1 to 32 elements");
    return BlobClient(node, source, std::move(transfer), now);
}

BlobClient::BlobClient(Node& node, BlobSource& source, Transfer transfer, Time now)
    : m_node(&node), m_source(&source), m_transfer(std::move(transfer)) {
    for (const auto address : m_transfer.targets)
        m_targets.push_back({.address = address});
    enter(Stage::start, now);
}

Time BlobClient::retry() const {
    const auto ttl = m_transfer.ttl == 0xFF ? m_node->config().states.default_ttl : m_transfer.ttl;
    return retry_base + std::chrono::milliseconds(100) * ttl;
}

Time BlobClient::timeout() const {
    return std::chrono::seconds(10) * (m_transfer.timeout_base + 2) + retry() - retry_base;
}

bool BlobClient::takes_part(const Target& target) const {
    if (target.state != Target::State::running) return false;
    return m_stage == Stage::start || target.blocks[m_block];
}

void BlobClient::enter(Stage stage, Time now) {
    m_stage = stage;
    m_chunk = 0;
    m_target = 0;
    m_due = now;
    m_give_up = now + timeout();
    for (auto& target : m_targets)
        target.answered = false;
}

AccessPayload BlobClient::question() const {
    if (m_stage == Stage::start)
        return encode(BlobStart{.mode = m_transfer.mode, .shape = m_transfer.shape});
    if (m_stage == Stage::block_get || m_stage == Stage::wait_report)
        return encode_access(op::blob_block_get, {});
    return encode(BlobBlockStart{.block = m_block, .chunk_size = m_transfer.chunk_size});
}

bool BlobClient::send(Time now, Address to, const AccessPayload& payload) {
    const auto number = m_node->send(now, {.element = m_transfer.element,
                                           .dst = to,
                                           .app_index = m_transfer.app_index,
                                           .ttl = m_transfer.ttl,
                                           .payload = payload.view()});
    if (!number) return false;
    // To an own element it has ended already.
    if (payload.size() + trans_mic_size(false) > unsegmented_access_max &&
        !m_node->config().element_of(to))
        m_under_way.insert(*number);
    return true;
}

void BlobClient::give_up_silent() {
    for (auto& target : m_targets) {
        if (takes_part(target) && !target.answered) target.state = Target::State::lost;
    }
}

/// Asks those that have not answered, again and again; on when all have.
void BlobClient::ask(Time now) {
    if (now >= m_give_up) give_up_silent();
    std::vector<Address> silent;
    for (const auto& target : m_targets) {
        if (takes_part(target) && !target.answered) silent.push_back(target.address);
    }
    if (silent.empty()) {
        next(now);
        return;
    }
    m_due = std::min(now + (m_under_way.empty() ? retry() : Time(look_again)), m_give_up);
    if (!m_under_way.empty()) return;
    const auto payload = question();
    if (silent.size() > 1 && m_transfer.group != unassigned) {
        (void)send(now, m_transfer.group, payload);
        return;
    }
    for (const auto address : silent)
        (void)send(now, address, payload);
}

void BlobClient::next(Time now) {
    if (m_stage == Stage::start) {
        next_block(now);
        return;
    }
    bool missing = false;
    for (auto& target : m_targets) {
        if (!takes_part(target)) continue;
        if (target.chunks.any())
            missing = true;
        else if (m_stage == Stage::block_get || is_pull())
            has_block(target);
    }
    if (missing)
        begin_round(now);
    else if (m_stage == Stage::block_get || is_pull())
        next_block(now);
    else
        enter(Stage::block_get, now);
}

/// Complete: this target is not asked about this block again. [MESH-32]
void BlobClient::has_block(Target& target) {
    target.blocks.reset(m_block);
    target.restarts = 0;
    m_rounds = 0;
}

void BlobClient::begin_round(Time now) {
    if (++m_rounds <= rounds_max) {
        enter(Stage::chunks, now);
        return;
    }
    for (auto& target : m_targets)
        if (takes_part(target) && target.chunks.any()) target.state = Target::State::lost;
    m_rounds = 0;
    if (m_stage == Stage::wait_report)
        m_due = now;
    else
        next(now);
}

/// What a server says it lacks, without numbers that the block has not.
BlobChunks BlobClient::of_block(const BlobChunks& chunks) const {
    const auto count = m_transfer.shape.chunk_count(m_block, m_transfer.chunk_size);
    return chunks & (BlobChunks().set() >> (blob_chunks_max - count));
}

void BlobClient::next_block(Time now) {
    std::size_t block = blob_blocks_max;
    for (auto& target : m_targets) {
        if (target.state != Target::State::running) continue;
        if (target.blocks.none()) target.state = Target::State::complete;
        block = std::min(block, target.blocks._Find_first());
    }
    if (block == blob_blocks_max) {
        m_stage = Stage::done;
        return;
    }
    m_block = static_cast<std::uint16_t>(block);
    for (auto& target : m_targets)
        target.chunks.reset();
    enter(Stage::block_start, now);
}

void BlobClient::end_unread() {
    m_stage = Stage::done;
    for (auto& target : m_targets)
        if (target.state == Target::State::running) target.state = Target::State::unread;
}

/// The next chunk that somebody misses: to the group where several do.
void BlobClient::send_chunk(Time now) {
    const auto& shape = m_transfer.shape;
    const auto count = shape.chunk_count(m_block, m_transfer.chunk_size);
    const auto misses = [&](const Target& t) {
        return takes_part(t) && t.chunks[m_chunk];
    };
    for (; m_chunk < count; ++m_chunk, m_target = 0) {
        const auto wanted = std::ranges::count_if(m_targets, misses);
        if (wanted == 0) continue;
        const bool grouped = wanted > 1 && m_transfer.group != unassigned;
        while (!grouped && m_target < m_targets.size() && !misses(m_targets[m_target]))
            ++m_target;
        if (m_target >= m_targets.size()) continue;
        const auto from = static_cast<std::uint32_t>(m_chunk * m_transfer.chunk_size);
        const auto size =
            std::min<std::uint32_t>(m_transfer.chunk_size, shape.block_size(m_block) - from);
        const auto data = m_source->read(shape.block_begin(m_block) + from, size);
        if (!data || data->size() != size) return end_unread();
        const auto payload = encode_blob_chunk(static_cast<std::uint16_t>(m_chunk), *data);
        m_due = now + short_chunk_pause;
        if (!send(now, grouped ? m_transfer.group : m_targets[m_target].address, payload)) return;
        ++m_chunks_sent;
        if (is_pull()) forget_sent(grouped);
        if (grouped)
            m_target = m_targets.size();
        else
            ++m_target;
        return;
    }
    after_chunks(now);
}

/// What was asked for is sent once, and again when it is asked for again. [MESH-47]
void BlobClient::forget_sent(bool to_all) {
    for (std::size_t i = 0; i < m_targets.size(); ++i)
        if (to_all || i == m_target) m_targets[i].chunks.reset(m_chunk);
}

void BlobClient::after_chunks(Time now) {
    if (!is_pull()) {
        enter(Stage::block_get, now);
        return;
    }
    enter(Stage::wait_report, now);
    m_poll = now + report_patience;
}

/// A server that asks is served; one that is silent for long is asked what it lacks, and is given
/// up in the end.
void BlobClient::wait_for_reports(Time now) {
    if (now >= m_give_up) give_up_silent();
    bool open = false;
    for (const auto& target : m_targets) {
        if (!takes_part(target)) continue;
        open = true;
        if (target.chunks.none()) continue;
        begin_round(now);
        return;
    }
    if (!open) {
        next_block(now);
        return;
    }
    if (now >= m_poll) {
        m_poll = now + retry();
        for (const auto& target : m_targets)
            if (takes_part(target)) (void)send(now, target.address, question());
    }
    m_due = std::min(m_poll, m_give_up);
}

void BlobClient::on_wake(Time now) {
    if (m_stage == Stage::done || now < m_due) return;
    if (m_stage == Stage::wait_report)
        wait_for_reports(now);
    else if (m_stage != Stage::chunks)
        ask(now);
    else if (m_under_way.empty())
        send_chunk(now);
    else
        m_due = now + look_again;
}

void BlobClient::on_ended(MessageNumber number) {
    if (m_under_way.erase(number) != 0 && m_under_way.empty() && m_stage == Stage::chunks)
        m_due = Time{0};
}

void BlobClient::on_status(Target& target, const BlobStatus& status) {
    if (m_stage != Stage::start) return;
    target.answered = true;
    target.error = status.error;
    if (status.error != BlobError::success || status.shape != m_transfer.shape)
        target.state = Target::State::refused;
    else
        target.blocks = status.missing;
}

/// All begin again, but who asks for that over and over is given up.
void BlobClient::restart(Time now, Target& target) {
    if (++target.restarts <= restarts_max) {
        enter(Stage::start, now);
        return;
    }
    target.state = Target::State::lost;
    m_due = now;
}

/// [MESH-47] That it has the block it says without the block's number: it is asked for that.
void BlobClient::on_report(Time now, Target& target, const BlobChunks& asked) {
    if (!is_pull() || (m_stage != Stage::chunks && m_stage != Stage::wait_report)) return;
    if (asked.none()) (void)send(now, target.address, encode_access(op::blob_block_get, {}));
    target.chunks = of_block(asked);
    if (m_stage == Stage::wait_report) m_due = now;
}

void BlobClient::on_block_status(Time now, Target& target, const BlobBlockStatus& status) {
    const bool pulled = is_pull() && (m_stage == Stage::chunks || m_stage == Stage::wait_report);
    if (m_stage != Stage::block_start && m_stage != Stage::block_get && !pulled) return;
    // It lost its power or its patience: begun again, it tells which blocks it has.
    if (status.error == BlobError::wrong_phase ||
        status.error == BlobError::information_unavailable) {
        restart(now, target);
        return;
    }
    if (status.error != BlobError::success) {
        target.error = status.error;
        target.state = Target::State::refused;
        return;
    }
    if (status.block.block != m_block) {
        if (m_stage == Stage::block_get || pulled) restart(now, target);
        return;
    }
    target.answered = true;
    target.chunks = of_block(status.missing);
    if (status.format == BlobBlockStatus::Missing::all)
        target.chunks = of_block(BlobChunks().set());
    if (status.format == BlobBlockStatus::Missing::none) target.chunks.reset();
    if (pulled && target.chunks.none()) has_block(target);
    if (pulled && m_stage == Stage::wait_report) m_due = now;
}

bool BlobClient::on_message(Time now, const Received& received) {
    if (received.model != blob_client || received.element != m_transfer.element) return false;
    const auto at = std::ranges::find(m_targets, received.src, &Target::address);
    if (at == m_targets.end() || !takes_part(*at)) return true;
    if (received.opcode == op::blob_status) {
        if (const auto status = decode_blob_status(received.parameters)) on_status(*at, *status);
    } else if (received.opcode == op::blob_block_status) {
        const auto status = decode_blob_block_status(received.parameters);
        if (status) on_block_status(now, *at, *status);
    } else if (received.opcode == op::blob_partial_block_report) {
        if (const auto asked = decode_blob_report(received.parameters)) on_report(now, *at, *asked);
    } else {
        return false;
    }
    const bool all = std::ranges::all_of(
        m_targets, [&](const Target& t) { return !takes_part(t) || t.answered; });
    if (all) m_due = now;
    return true;
}

} // namespace torgo::mesh
