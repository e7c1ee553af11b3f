#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "index/location.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace torgo::index {

/// What a run keeps in memory: of each id, in order, 16 bits. Ids are sorted and uniform, so their
/// first k bits fall into 2^k buckets of 16 to 32 entries and only the table of bucket starts is
/// kept of them; of each entry the next 16 bits are. An unknown id finds its 16 bits in its bucket
/// once in 2,000 to 4,000 times; a known one finds its exact place in the file. 2.1 to 2.3 bytes an
/// entry.
///
/// Holds for every set of ids; a skewed one costs time, never a wrong answer.
class Summary {
public:
    /// Entry numbers [first, last) whose ids may be the one asked for.
    struct Range {
        std::uint32_t first = 0;
        std::uint32_t last = 0;

        bool empty() const noexcept { return first == last; }
    };

    static constexpr unsigned bucket_bits_max = 28;

    /// An empty summary for about `expected` entries.
    explicit Summary(std::uint64_t expected);

    /// The inverse of `buckets_view` and `remainders_view`.
    ///
    /// errors  `corrupt` when the parts do not fit each other
    static Result<Summary> from(unsigned bucket_bits, std::vector<std::uint32_t> starts,
                                std::vector<std::uint16_t> remainders);

    /// The next entry, by rising id.
    void add(const ChunkId& id);

    /// After the last `add` and before anything below.
    void finish();

    Range candidates(const ChunkId& id) const noexcept;

    /// Brings what `candidates` will read into the processor's cache: first the bucket, then, when
    /// that has arrived, its remainders.
    void prefetch_bucket(const ChunkId& id) const noexcept;
    void prefetch_remainders(const ChunkId& id) const noexcept;

    std::uint64_t count() const noexcept { return m_remainders.size(); }

    unsigned bucket_bits() const noexcept { return m_bucket_bits; }

    ByteView buckets_view() const noexcept;
    ByteView remainders_view() const noexcept;
    std::size_t resident_bytes() const noexcept;

private:
    Summary() = default;
    std::size_t bucket_of(std::uint64_t prefix) const noexcept;
    std::uint16_t remainder_of(std::uint64_t prefix) const noexcept;

    unsigned m_bucket_bits = 0;
    std::vector<std::uint32_t> m_starts; ///< 2^bits + 1: number of the first entry of each bucket
    std::vector<std::uint16_t> m_remainders;
};

} // namespace torgo::index
