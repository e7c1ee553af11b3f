#include "crypto/hash.hpp"
#include "place/rank.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace torgo::place {
namespace {

SegmentId segment(unsigned number) {
    return SegmentId{crypto::sha256(as_bytes("segment " + std::to_string(number))).bytes};
}

std::vector<Member> group(std::size_t count, std::size_t domains,
                          const std::vector<std::uint32_t>& weights = {1}) {
    std::vector<Member> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back({.name = "dir:///disk" + std::to_string(i),
                       .domain = "site" + std::to_string(i % domains),
                       .weight = weights[i % weights.size()]});
    return out;
}

std::vector<std::string> names_by_rank(const std::vector<Member>& members, const SegmentId& of) {
    std::vector<std::string> out;
    for (const auto at : rank(members, of))
        out.push_back(members[at].name);
    return out;
}

TEST(Rank, a_member_that_goes_moves_its_own_segments_only) {
    const auto all = group(9, 9, {1, 2, 3});
    for (std::size_t gone = 0; gone < all.size(); ++gone) {
        auto left = all;
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(gone));
        for (unsigned i = 0; i < 200; ++i) {
            auto wanted = names_by_rank(all, segment(i));
            std::erase(wanted, all[gone].name);
            EXPECT_EQ(names_by_rank(left, segment(i)), wanted);
        }
    }
}

TEST(Rank, the_order_in_which_members_are_named_does_not_matter) {
    auto members = group(12, 4, {1, 5});
    const auto before = names_by_rank(members, segment(1));
    std::ranges::reverse(members);
    EXPECT_EQ(names_by_rank(members, segment(1)), before);
}

/// Pearson's sum of squares against its 99.9 % bound, for the first of each ranking.
TEST(Rank, load_follows_the_weights) {
    struct Shape {
        std::vector<std::uint32_t> weights;
        double bound; ///< chi-square of (members - 1) degrees at 0.999
    };
    constexpr unsigned draws = 20'000;
    for (const auto& [weights, bound] : {Shape{{1, 1, 1, 1}, 16.27}, Shape{{1, 2, 3, 4}, 16.27},
                                         Shape{{1, 1000}, 10.83}, Shape{{7, 1, 1}, 13.82}}) {
        const auto members = group(weights.size(), weights.size(), weights);
        std::vector<double> hits(weights.size());
        for (unsigned i = 0; i < draws; ++i)
            hits[rank(members, segment(i)).front()] += 1;
        double total = 0;
        for (const auto weight : weights)
            total += weight;
        double chi_square = 0;
        for (std::size_t i = 0; i < hits.size(); ++i) {
            const auto wanted = draws * weights[i] / total;
            chi_square += std::pow(hits[i] - wanted, 2) / wanted;
        }
        EXPECT_LT(chi_square, bound) << weights.size() << " members, the first hit " << hits[0];
    }
}

TEST(Choose, segments_of_a_pack_lie_in_different_domains_as_long_as_there_are_any) {
    for (const std::size_t domains : {1U, 2U, 3U, 5U, 6U}) {
        const auto members = group(6, domains);
        for (unsigned pack = 0; pack < 50; ++pack) {
            std::vector<SegmentId> slots;
            for (unsigned i = 0; i < 4; ++i)
                slots.push_back(segment(4 * pack + i));
            const auto at = assign(members, slots);
            ASSERT_EQ(at.size(), slots.size());
            EXPECT_EQ(at.front(), rank(members, slots.front()).front());
            std::map<std::string, unsigned> in_domain;
            for (const auto member : at)
                ++in_domain[members[member].domain];
            EXPECT_EQ(in_domain.size(), std::min<std::size_t>(domains, slots.size()));
            for (const auto& [domain, count] : in_domain)
                EXPECT_LE(count, (slots.size() + domains - 1) / domains) << "least used first";
            EXPECT_EQ(std::set(at.begin(), at.end()).size(), 4U) << "no member twice";
        }
    }
}

TEST(Choose, one_that_is_left_out_is_not_chosen) {
    const auto members = group(4, 4);
    const auto order = rank(members, segment(3));
    EXPECT_EQ(choose(members, segment(3), {}), order[0]);
    EXPECT_EQ(choose(members, segment(3), {}, mask_of(order[0])), order[1]);
    const std::vector<std::size_t> taken{order[1], order[0]};
    EXPECT_EQ(choose(members, segment(3), taken), order[2]);
    EXPECT_EQ(choose(members, segment(3), taken, mask_of(order[2]) | mask_of(order[3])), order[0]);
    EXPECT_EQ(choose(members, segment(3), {}, 0xF), std::nullopt);
}

std::size_t by_trying_all(const std::vector<std::vector<std::size_t>>& places_of, std::size_t at,
                          std::set<std::size_t>& used) {
    if (at == places_of.size()) return 0;
    auto best = by_trying_all(places_of, at + 1, used);
    for (const auto place : places_of[at]) {
        if (!used.insert(place).second) continue;
        best = std::max(best, 1 + by_trying_all(places_of, at + 1, used));
        used.erase(place);
    }
    return best;
}

RC_GTEST_PROP(Happiness, is_the_largest_matching, ()) {
    const auto segments = *rc::gen::inRange<std::size_t>(0, 7);
    std::vector<std::vector<std::size_t>> places_of(segments);
    for (auto& places : places_of)
        places = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 6));
    for (auto& places : places_of)
        places.resize(std::min<std::size_t>(places.size(), 4));
    std::set<std::size_t> used;
    RC_ASSERT(happiness(places_of, 6) == by_trying_all(places_of, 0, used));
}

} // namespace
} // namespace torgo::place
