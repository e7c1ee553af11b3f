#pragma once

#include "radio/time.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <vector>

namespace torgo::radio {

/// Something that happens at a moment. `who`, then `what`, break ties, so that equal times have one
/// order too.
struct Event {
    Time time = 0;
    std::uint32_t who = 0;
    std::uint32_t what = 0;

    bool operator<(const Event& other) const {
        if (time != other.time) return time < other.time;
        return who != other.who ? who < other.who : what < other.what;
    }
};

/// The events of one thread in the order of time, then of `who`.
///
/// A wheel of two rings: buckets of 128 µs for the epoch at hand (half a second), buckets of one
/// epoch each for the nine minutes after it, and one list for what is later still. An event is
/// linked into its bucket unsorted and sorted only with the few that share the bucket when its turn
/// comes. So pushing and popping cost the same however many events wait, where a heap's cost and
/// its cache misses grow with their number (docs/design/mesh-simulator.md has the figures).
class EventQueue {
public:
    EventQueue();

    /// Room for so many events that wait at once; more are taken, too.
    void reserve(std::size_t events);

    /// `event.time` may be anything from the last popped event's time on.
    void push(const Event& event);

    /// The earliest event's time, or `never`.
    Time next_time();

    /// Takes the earliest event; the queue must not be empty.
    Event pop();

    std::size_t size() const noexcept { return m_size; }

    /// Memory at its largest so far, in bytes.
    std::size_t memory() const;

private:
    static constexpr unsigned bucket_shift = 7;
    static constexpr unsigned near_bits = 12;
    static constexpr unsigned epoch_shift = bucket_shift + near_bits;
    static constexpr std::size_t near_count = std::size_t{1} << near_bits;
    static constexpr std::size_t far_count = 1024;
    static constexpr std::size_t gone_most = 256;   ///< events that m_ready may keep for nothing
    static constexpr std::size_t ready_kept = 4096; ///< events that m_ready keeps room for
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    template <std::size_t N>
    struct Ring {
        std::vector<std::uint32_t> heads = std::vector<std::uint32_t>(N, none);
        std::array<std::uint64_t, N / 64> used{};

        /// First used bucket from `from` on, or N.
        std::size_t find(std::size_t from) const {
            for (std::size_t word = from / 64; word < used.size(); ++word) {
                auto bits = used[word];
                if (word == from / 64) bits &= ~std::uint64_t{0} << from % 64;
                if (bits != 0) return word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
            }
            return N;
        }
    };

    template <std::size_t N>
    void link(Ring<N>& ring, std::size_t bucket, std::uint32_t slot) {
        m_next[slot] = ring.heads[bucket];
        ring.heads[bucket] = slot;
        ring.used[bucket / 64] |= std::uint64_t{1} << bucket % 64;
    }

    template <std::size_t N>
    std::uint32_t unlink(Ring<N>& ring, std::size_t bucket) {
        const auto head = ring.heads[bucket];
        ring.heads[bucket] = none;
        ring.used[bucket / 64] &= ~(std::uint64_t{1} << bucket % 64);
        return head;
    }

    std::uint32_t take_slot(const Event& event);
    void place(std::uint32_t slot);
    void drop_gone();
    bool load();
    void load_bucket(std::size_t bucket);
    bool next_epoch();

    std::vector<Event> m_events; ///< slots of all events that are linked somewhere
    std::vector<std::uint32_t> m_next;
    std::uint32_t m_free = none;
    Ring<near_count> m_near;
    Ring<far_count> m_far;
    std::uint32_t m_later = none;
    std::uint64_t m_epoch = 0;  ///< which epoch m_near holds
    std::uint64_t m_loaded = 0; ///< all events of buckets before this are in m_ready or gone
    std::vector<Event> m_ready; ///< sorted; those before m_at are gone
    std::size_t m_at = 0;
    std::size_t m_size = 0;
};

} // namespace torgo::radio
