#include "pack/shares.hpp"

#include "base/ensure.hpp"

namespace torgo::pack {
namespace {

/// Bytes of a pack without padding: chunks, sealed trailer, footer.
class Need {
public:
    Need add(const seal::SealedHeader& header) const noexcept {
        Need more = *this;
        more.m_count += 1;
        more.m_bytes += header.sealed_size() + entry_size(header);
        return more;
    }

    std::size_t count() const noexcept { return m_count; }

    std::size_t bytes() const noexcept {
        return m_bytes + entries_overhead(m_count) + seal::tag_size + footer_size;
    }

private:
    std::size_t m_count = 0;
    std::size_t m_bytes = 0;
};

Need of_all(std::span<const Entry> entries) {
    Need need;
    for (const auto& entry : entries)
        need = need.add(entry.header);
    return need;
}

/// How many of the first chunks fit into a pack of `size` bytes.
std::size_t fitting(std::span<const Entry> entries, std::size_t size) {
    Need need;
    for (const auto& entry : entries) {
        const auto more = need.add(entry.header);
        if (more.bytes() > size) break;
        need = more;
    }
    return need.count();
}

std::size_t total(std::span<const Share> shares) {
    std::size_t size = 0;
    for (const auto& share : shares)
        size += share.size;
    return size;
}

} // namespace

std::vector<Share> shares(std::span<const Entry> entries) {
    if (entries.empty()) return {};
    const auto need = of_all(entries).bytes();
    const auto* const step = std::ranges::lower_bound(ladder, need);
    ENSURE(step != ladder.end());
    std::vector whole{Share{.chunks = entries.size(), .size = *step}};
    if (step == ladder.begin() || need >= *step / 4 * 3) return whole;
    // [PACK-11] a step that would be filled to less than 3/4 gives way to smaller ones
    const auto below = *std::prev(step);
    const auto count = fitting(entries, below);
    if (count == 0) return whole;
    std::vector split{Share{.chunks = count, .size = below}};
    const auto rest = shares(entries.subspan(count));
    split.insert(split.end(), rest.begin(), rest.end());
    return total(split) < *step ? split : whole;
}

} // namespace torgo::pack
