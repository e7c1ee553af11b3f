#include "pack/shares.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

namespace torgo::pack {
namespace {

std::vector<Entry> entries_of(const std::vector<std::uint32_t>& payloads) {
    std::vector<Entry> entries;
    for (const auto size : payloads) {
        Entry entry;
        entry.header.plain_size = size;
        entry.header.payload_size = size;
        entries.push_back(entry);
    }
    return entries;
}

std::size_t need(std::span<const Entry> entries) {
    std::size_t sealed = 0;
    for (const auto& entry : entries)
        sealed += entry.header.sealed_size();
    return sealed + encode_entries(entries).size() + seal::tag_size + footer_size;
}

RC_GTEST_PROP(Shares, hold_every_chunk_once_and_always_fit, ()) { // [PACK-11]
    const auto sizes = *rc::gen::container<std::vector<std::uint32_t>>(
        rc::gen::inRange<std::uint32_t>(0, 1 << *rc::gen::inRange(4, 22)));
    const auto all = entries_of(sizes);
    RC_PRE(need(all) <= ladder.back());
    std::span<const Entry> rest(all);
    std::size_t total = 0;
    for (const auto& share : shares(all)) {
        RC_ASSERT(share.chunks > 0U && share.chunks <= rest.size());
        RC_ASSERT(on_ladder(share.size));
        RC_ASSERT(need(rest.first(share.chunks)) <= share.size);
        rest = rest.subspan(share.chunks);
        total += share.size;
    }
    RC_ASSERT(rest.empty());
    // never more than one pack would take
    if (!all.empty()) RC_ASSERT(total <= *std::ranges::lower_bound(ladder, need(all)));
}

TEST(Shares, entry_sizes_are_those_of_the_encoding) {
    for (const std::uint32_t size : {0U, 127U, 128U, 16'383U, 16'384U, 1U << 24U}) {
        const auto entries = entries_of({size});
        EXPECT_EQ(encode_entries(entries).size(),
                  entries_overhead(1) + entry_size(entries[0].header));
        EXPECT_LE(encode_entries(entries).size(), entries_size_bound(1));
    }
    const auto many = entries_of(std::vector<std::uint32_t>(300, 1U << 24U));
    EXPECT_EQ(encode_entries(many).size(), entries_size_bound(300));
}

} // namespace
} // namespace torgo::pack
