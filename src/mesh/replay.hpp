#pragma once

#include "mesh/address.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace torgo::mesh {

/// The last message of one source: what comes after it is new (Mesh Protocol 1.1, 3.8.8).
struct ReplayMark {
    Address src = unassigned;
    std::uint32_t iv_index = 0;
    std::uint32_t seq = 0;                    ///< greatest SEQ of anything taken
    std::optional<std::uint32_t> segmented{}; ///< first SEQ of the last segmented message taken

    bool operator==(const ReplayMark&) const = default;
};

/// The marks of all sources, bounded, 9 bytes each and in order of source. A source that finds no
/// room is not listened to: rather a message lost than a replay taken.
class ReplayList {
public:
    explicit ReplayList(std::uint16_t capacity) : m_capacity(capacity) {}

    /// Whether a PDU under this number is new. False for every source without room.
    bool is_new(Address src, std::uint32_t iv_index, std::uint32_t seq) const;

    /// Whether a segmented message that began with `first` is new, too.
    bool is_new_message(Address src, std::uint32_t iv_index, std::uint32_t first) const;

    /// Notes what was taken; the new mark, for the store. `first` for segmented messages.
    ReplayMark take(Address src, std::uint32_t iv_index, std::uint32_t seq,
                    std::optional<std::uint32_t> first = std::nullopt);

    /// A mark from the store.
    void restore(const ReplayMark& mark);

    /// Drops marks of IV Indexes before `oldest`: no such PDU is accepted any more.
    void forget_before(std::uint32_t oldest);

    std::optional<ReplayMark> find(Address src) const;

    std::size_t size() const { return m_entries.size(); }

    void clear() { m_entries.clear(); }

    /// Brings short lists nearer to the processor, for is_new().
    void expect() const { __builtin_prefetch(m_entries.data()); }

    std::size_t heap_bytes() const { return m_entries.capacity() * sizeof(Entry); }

private:
    /// Only the low byte of the IV Index is kept: forget_before() comes 255 updates earlier.
    struct Entry {
        std::array<std::uint8_t, 2> src;
        std::uint8_t iv;
        std::array<std::uint8_t, 3> seq;
        std::array<std::uint8_t, 3> segmented;
    };

    static_assert(sizeof(Entry) == 9);

    ReplayMark unpack(const Entry& entry) const;
    static Entry pack(const ReplayMark& mark);
    std::vector<Entry>::const_iterator position(Address src) const;

    std::uint16_t m_capacity;
    std::uint32_t m_iv_index = 0; ///< the greatest seen: completes the low bytes
    std::vector<Entry> m_entries;
};

} // namespace torgo::mesh
