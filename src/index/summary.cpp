#include "index/summary.hpp"

#include "base/ensure.hpp"
#include "index/run_format.hpp"

#include <algorithm>
#include <cstring>

namespace torgo::index {

namespace {

constexpr std::uint64_t bucket_entries_min = 16;

/// The first eight bytes as a number that orders as the ids do.
std::uint64_t prefix_of(const ChunkId& id) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, id.bytes.data(), sizeof value);
    return std::byteswap(value);
}

template <class T>
ByteView bytes_of(const std::vector<T>& values) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(T)};
}

} // namespace

Summary::Summary(std::uint64_t expected) {
    while (m_bucket_bits < bucket_bits_max &&
           (expected >> (m_bucket_bits + 1)) >= bucket_entries_min)
        ++m_bucket_bits;
    m_starts.reserve((std::size_t{1} << m_bucket_bits) + 1);
    m_starts.push_back(0);
    m_remainders.reserve(expected);
}

Result<Summary> Summary::from(unsigned bucket_bits, std::vector<std::uint32_t> starts,
                              std::vector<std::uint16_t> remainders) {
    const bool fits = bucket_bits <= bucket_bits_max &&
                      starts.size() == (std::size_t{1} << bucket_bits) + 1 && starts.front() == 0 &&
                      starts.back() == remainders.size() && std::ranges::is_sorted(starts);
    if (!fits) return fail(Errc::corrupt, "a run's summary contradicts itself");
    Summary summary;
    summary.m_bucket_bits = bucket_bits;
    summary.m_starts = std::move(starts);
    summary.m_remainders = std::move(remainders);
    return summary;
}

std::size_t Summary::bucket_of(std::uint64_t prefix) const noexcept {
    return static_cast<std::size_t>((prefix >> 1U) >> (63U - m_bucket_bits));
}

std::uint16_t Summary::remainder_of(std::uint64_t prefix) const noexcept {
    return static_cast<std::uint16_t>((prefix << m_bucket_bits) >> 48U);
}

void Summary::add(const ChunkId& id) {
    ENSURE(m_remainders.size() < run_entries_max);
    const auto prefix = prefix_of(id);
    const auto number = static_cast<std::uint32_t>(m_remainders.size());
    while (m_starts.size() <= bucket_of(prefix))
        m_starts.push_back(number);
    m_remainders.push_back(remainder_of(prefix));
}

void Summary::finish() {
    m_starts.resize((std::size_t{1} << m_bucket_bits) + 1,
                    static_cast<std::uint32_t>(m_remainders.size()));
    m_remainders.shrink_to_fit();
}

Summary::Range Summary::candidates(const ChunkId& id) const noexcept {
    const auto prefix = prefix_of(id);
    const auto bucket = bucket_of(prefix);
    const auto wanted = remainder_of(prefix);
    const auto* const all = m_remainders.data();
    const auto* const end = all + m_starts[bucket + 1];
    const auto* const first = std::lower_bound(all + m_starts[bucket], end, wanted);
    const auto* last = first;
    if (first != end && *first == wanted) last = std::upper_bound(first, end, wanted);
    return {static_cast<std::uint32_t>(first - all), static_cast<std::uint32_t>(last - all)};
}

void Summary::prefetch_bucket(const ChunkId& id) const noexcept {
    __builtin_prefetch(m_starts.data() + bucket_of(prefix_of(id)));
}

void Summary::prefetch_remainders(const ChunkId& id) const noexcept {
    __builtin_prefetch(m_remainders.data() + m_starts[bucket_of(prefix_of(id))]);
}

ByteView Summary::buckets_view() const noexcept {
    return bytes_of(m_starts);
}

ByteView Summary::remainders_view() const noexcept {
    return bytes_of(m_remainders);
}

std::size_t Summary::resident_bytes() const noexcept {
    return m_starts.capacity() * sizeof(m_starts[0]) +
           m_remainders.capacity() * sizeof(m_remainders[0]);
}

} // namespace torgo::index
