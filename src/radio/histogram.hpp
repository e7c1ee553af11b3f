#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace torgo::radio {

/// Durations by log-linear buckets: 16 for each doubling, so that a quantile is right to 1/16.
/// Adding two histograms loses nothing.
class Histogram {
public:
    static constexpr unsigned sub_bits = 4;
    static constexpr std::size_t buckets = 40U << sub_bits;

    void add(std::uint64_t microseconds);

    Histogram& operator+=(const Histogram& other);

    std::uint64_t count() const { return m_count; }

    double mean_us() const;

    std::uint64_t max_us() const { return m_max; }

    /// The middle of the bucket that holds the share `q` (0 to 1) of all; 0 when empty.
    double quantile_us(double q) const;

    std::uint64_t in_bucket(std::size_t bucket) const { return m_buckets[bucket]; }

    /// The least duration of a bucket.
    static std::uint64_t lower_us(std::size_t bucket);

    bool operator==(const Histogram&) const = default;

private:
    static std::size_t bucket_of(std::uint64_t microseconds);

    std::array<std::uint64_t, buckets> m_buckets{};
    std::uint64_t m_count = 0;
    std::uint64_t m_sum = 0;
    std::uint64_t m_max = 0;
};

} // namespace torgo::radio
