#include "index/table.hpp"
#include "index/test_entries.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::index {

RC_GTEST_PROP(Table, holds_what_a_map_holds, (const std::vector<std::uint8_t>& numbers)) {
    Table table;
    Model model;
    for (std::uint64_t i = 0; i < numbers.size(); ++i) {
        const auto id = id_of(numbers[i]);
        const bool fresh = model.insert_or_assign(id, location_of(i)).second;
        RC_ASSERT(table.put(id, location_of(i)) == fresh);
    }
    RC_ASSERT(table.size() == model.size());
    for (std::uint64_t number = 0; number < 256; ++number) {
        const auto known = model.find(id_of(number));
        const auto found = table.find(id_of(number));
        RC_ASSERT(found.has_value() == (known != model.end()));
        if (found) RC_ASSERT(*found == known->second);
    }
    const auto all = table.sorted();
    RC_ASSERT(std::ranges::equal(all, model, [](const Entry& entry, const auto& pair) {
        return entry.id == pair.first && entry.location == pair.second;
    }));
}

TEST(Table, tells_apart_ids_that_share_slot_and_tag) {
    Table table;
    auto entries = some_entries(100);
    for (auto& entry : entries)
        std::fill_n(entry.id.bytes.begin() + 8, 8, std::uint8_t{7});
    for (const auto& entry : entries)
        EXPECT_TRUE(table.put(entry.id, entry.location));
    for (const auto& entry : entries)
        EXPECT_EQ(table.find(entry.id), entry.location);
}

TEST(Table, takes_at_most_63_bytes_an_entry_once_it_is_large) {
    Table table;
    for (std::uint64_t i = 0; i < 200'000; ++i) {
        table.put(id_of(i), location_of(i));
        if (i > 20'000 && i % 1000 == 0) {
            EXPECT_LT(table.resident_bytes(), (i + 1) * 63);
        }
    }
    EXPECT_EQ(table.size(), 200'000U);
}

} // namespace torgo::index
