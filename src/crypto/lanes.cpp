#include "crypto/lanes.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <array>

namespace torgo::crypto {

namespace {

/// A message on its way through a lane, as up to three runs of whole blocks: the block that holds
/// the prefix, the blocks of the body where they lie, the end with its padding.
class Lane {
public:
    void begin(LaneMessage& message) {
        m_message = &message;
        state = message.start;
        m_run_count = m_run = 0;
        auto body = message.body;
        m_end_used = 0;
        if (message.prefix) take_prefix(*message.prefix, body);
        const auto whole = m_end_used == 0 ? body.size() / sha256_block_size : 0;
        add_run(body.data(), whole);
        body = body.subspan(whole * sha256_block_size);
        std::ranges::copy(body, m_end.begin() + static_cast<std::ptrdiff_t>(m_end_used));
        m_end_used += body.size();
        add_run(m_end.data(), pad());
    }

    const std::uint8_t* at() const { return m_runs[m_run].data; }

    /// At least 1 until the message is done.
    std::size_t blocks_left() const { return m_runs[m_run].blocks; }

    /// Moves on; true when the message is done and its digest stored.
    bool advance(std::size_t blocks) {
        auto& run = m_runs[m_run];
        run.data += blocks * sha256_block_size;
        run.blocks -= blocks;
        if (run.blocks > 0 || ++m_run < m_run_count) return false;
        store_digest();
        return true;
    }

    Sha256State state{};

private:
    struct Run {
        const std::uint8_t* data = nullptr;
        std::size_t blocks = 0;
    };

    void add_run(const std::uint8_t* data, std::size_t blocks) {
        if (blocks > 0) m_runs[m_run_count++] = {data, blocks};
    }

    /// A prefix shifts the body against the blocks: its first 63 bytes are copied, the rest stays
    /// in place. A body shorter than that goes to the end with its prefix.
    void take_prefix(std::uint8_t prefix, ByteView& body) {
        constexpr auto room = sha256_block_size - 1;
        if (body.size() < room) {
            m_end[m_end_used++] = prefix;
            return;
        }
        m_first[0] = prefix;
        std::ranges::copy(body.first(room), m_first.begin() + 1);
        body = body.subspan(room);
        add_run(m_first.data(), 1);
    }

    /// FIPS 180-4 5.1.1: a one bit, zeros, the length in bits.
    std::size_t pad() {
        const auto& message = *m_message;
        const auto bits =
            8 * (message.bytes_before + (message.prefix ? 1U : 0U) + message.body.size());
        const auto blocks =
            (m_end_used + 1 + sizeof bits + sha256_block_size - 1) / sha256_block_size;
        const auto size = blocks * sha256_block_size;
        m_end[m_end_used] = 0x80;
        std::fill(m_end.begin() + static_cast<std::ptrdiff_t>(m_end_used) + 1,
                  m_end.begin() + static_cast<std::ptrdiff_t>(size), std::uint8_t{0});
        for (std::size_t i = 0; i < sizeof bits; ++i)
            m_end[size - 1 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
        return blocks;
    }

    void store_digest() {
        auto& out = m_message->digest.bytes;
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = static_cast<std::uint8_t>(state.words[i / 4] >> (24 - 8 * (i % 4)));
    }

    LaneMessage* m_message = nullptr;
    std::array<Run, 3> m_runs{};
    std::size_t m_run_count = 0;
    std::size_t m_run = 0;
    std::size_t m_end_used = 0;
    std::array<std::uint8_t, sha256_block_size> m_first{};
    std::array<std::uint8_t, 2 * sha256_block_size> m_end{};
};

} // namespace

void run_lanes(const Sha256Kernel& kernel, std::span<LaneMessage> messages) {
    std::array<Lane, sha256_lanes_max> lanes;
    std::array<Lane*, sha256_lanes_max> active{};
    std::size_t count = 0;
    std::size_t next = 0;
    ENSURE(kernel.lanes <= lanes.size());
    for (; count < kernel.lanes && next < messages.size(); ++count) {
        lanes[count].begin(messages[next++]);
        active[count] = &lanes[count];
    }
    while (count > 0) {
        std::array<Sha256State*, sha256_lanes_max> states{};
        std::array<const std::uint8_t*, sha256_lanes_max> data{};
        auto blocks = active[0]->blocks_left();
        for (std::size_t i = 0; i < count; ++i) {
            states[i] = &active[i]->state;
            data[i] = active[i]->at();
            blocks = std::min(blocks, active[i]->blocks_left());
        }
        kernel.compress(states.data(), data.data(), count, blocks);
        for (std::size_t i = 0; i < count;) {
            if (!active[i]->advance(blocks))
                ++i;
            else if (next < messages.size())
                active[i++]->begin(messages[next++]);
            else
                active[i] = active[--count]; // the moved one has not advanced yet: look at it now
        }
    }
}

} // namespace torgo::crypto
