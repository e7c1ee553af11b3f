#include "radio/histogram.hpp"

#include <algorithm>
#include <bit>

namespace torgo::radio {

namespace {

constexpr std::uint64_t linear = std::uint64_t{1} << Histogram::sub_bits;

} // namespace

/// Below `linear` each value has a bucket; above, the leading bit and the four after it choose.
std::size_t Histogram::bucket_of(std::uint64_t us) {
    if (us < linear) return us;
    const auto octave = static_cast<unsigned>(std::bit_width(us)) - 1 - sub_bits;
    return std::min<std::size_t>(octave * linear + (us >> octave), buckets - 1);
}

std::uint64_t Histogram::lower_us(std::size_t bucket) {
    if (bucket < 2 * linear) return bucket;
    const auto octave = bucket / linear - 1;
    return (bucket - octave * linear) << octave;
}

void Histogram::add(std::uint64_t us) {
    ++m_buckets[bucket_of(us)];
    ++m_count;
    m_sum += us;
    m_max = std::max(m_max, us);
}

Histogram& Histogram::operator+=(const Histogram& other) {
    for (std::size_t i = 0; i < buckets; ++i)
        m_buckets[i] += other.m_buckets[i];
    m_count += other.m_count;
    m_sum += other.m_sum;
    m_max = std::max(m_max, other.m_max);
    return *this;
}

double Histogram::mean_us() const {
    return m_count == 0 ? 0 : static_cast<double>(m_sum) / static_cast<double>(m_count);
}

double Histogram::quantile_us(double q) const {
    if (m_count == 0) return 0;
    const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(m_count - 1));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets; ++i) {
        seen += m_buckets[i];
        if (seen > rank)
            return std::min(static_cast<double>(m_max),
                            static_cast<double>(lower_us(i) + lower_us(i + 1)) / 2);
    }
    return static_cast<double>(m_max);
}

} // namespace torgo::radio
