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

} // namespace

std::vector<Share> shares(std::span<const Entry> entries) {
    std::vector<Share> out;
    while (!entries.empty()) {
        const auto need = of_all(entries).bytes();
        const auto step = std::ranges::lower_bound(ladder, need);
        ENSURE(step != ladder.end());
        Share share{.chunks = entries.size(), .size = *step};
        // [PACK-10] a step that would be filled to less than 3/4 gives way to the one below
        if (step != ladder.begin() && need < *step / 4 * 3) {
            const auto below = *std::prev(step);
            const auto chunks = fitting(entries, below);
            if (chunks != 0) share = {.chunks = chunks, .size = below};
        }
        out.push_back(share);
        entries = entries.subspan(share.chunks);
    }
    return out;
}

} // namespace torgo::pack
