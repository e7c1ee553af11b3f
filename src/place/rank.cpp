#include "place/rank.hpp"

#include "base/codec.hpp"
#include "base/ensure.hpp"
#include "crypto/hash.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>
#include <tuple>

namespace torgo::place {

namespace {

constexpr std::string_view label = "TORGO/PLACE/1";
constexpr unsigned fraction_bits = 32;

/// log2 of x / 2^31, which lies in [1, 2), in units of 2^-32: each squaring gives one more bit.
std::uint64_t log2_fraction(std::uint32_t x) {
    std::uint64_t fraction = 0;
    for (unsigned i = 0; i < fraction_bits; ++i) {
        const auto square = std::uint64_t{x} * x; // in [2^62, 2^64): 1 to 4
        const bool over = square >> 63U != 0;
        fraction = fraction << 1U | (over ? 1U : 0U);
        x = static_cast<std::uint32_t>(square >> (over ? 32U : 31U));
    }
    return fraction;
}

/// Names and weights of members with what one segment costs there.
struct Bid {
    std::uint64_t cost = 0;
    std::size_t member = 0;
};

} // namespace

// [PLACE-1]
std::uint64_t cost(std::string_view member, const SegmentId& segment) {
    Writer size;
    size.put(static_cast<std::uint16_t>(member.size()));
    const auto digest =
        crypto::sha256_of({as_bytes(label), size.view(), as_bytes(member), segment.view()});
    std::uint64_t draw = 0;
    for (unsigned i = 8; i-- > 0;)
        draw = draw << 8U | digest.bytes[i];
    draw = std::max<std::uint64_t>(draw, 1);
    const auto zeros = static_cast<unsigned>(std::countl_zero(draw));
    const auto top = static_cast<std::uint32_t>(draw << zeros >> 32U);
    return (std::uint64_t{zeros + 1} << fraction_bits) - log2_fraction(top);
}

// [PLACE-2]
std::vector<std::size_t> rank(const std::vector<Member>& members, const SegmentId& segment) {
    std::vector<Bid> bids(members.size());
    for (std::size_t i = 0; i < members.size(); ++i)
        bids[i] = {.cost = cost(members[i].name, segment), .member = i};
    // Costs are below 2^39 and weights below 2^10: no product overflows.
    std::ranges::sort(bids, [&](const Bid& a, const Bid& b) {
        const auto left = a.cost * members[b.member].weight;
        const auto right = b.cost * members[a.member].weight;
        return left != right ? left < right : members[a.member].name < members[b.member].name;
    });
    std::vector<std::size_t> order(members.size());
    std::ranges::transform(bids, order.begin(), &Bid::member);
    return order;
}

// [PLACE-4]
std::optional<std::size_t> choose(const std::vector<Member>& members, const SegmentId& segment,
                                  std::span<const std::size_t> taken, MemberMask left_out) {
    std::map<std::string_view, std::size_t> in_domain;
    std::vector<std::size_t> on_member(members.size());
    for (const auto at : taken) {
        ENSURE(at < members.size());
        ++in_domain[members[at].domain];
        ++on_member[at];
    }
    std::optional<std::size_t> best;
    const auto crowd = [&](std::size_t at) {
        return std::tuple(in_domain[members[at].domain], on_member[at]);
    };
    for (const auto at : rank(members, segment)) {
        if ((left_out & mask_of(at)) != 0) continue;
        if (!best || crowd(at) < crowd(*best)) best = at; // of equals the first stays
    }
    return best;
}

// [PLACE-5]
std::vector<std::size_t> assign(const std::vector<Member>& members,
                                std::span<const SegmentId> slots) {
    std::vector<std::size_t> taken;
    taken.reserve(slots.size());
    for (const auto& slot : slots)
        if (const auto at = choose(members, slot, taken)) taken.push_back(*at);
    return taken;
}

namespace {

/// A matching that grows by augmenting paths.
class Matching {
public:
    Matching(const std::vector<std::vector<std::size_t>>& places_of, std::size_t places)
        : m_places_of(places_of), m_holder(places) {}

    std::size_t size() {
        std::size_t count = 0;
        for (std::size_t i = 0; i < m_places_of.size(); ++i) {
            m_seen.assign(m_holder.size(), false);
            if (seat(i)) ++count;
        }
        return count;
    }

private:
    /// Recursion no deeper than there are places: each is seen once.
    // NOLINTNEXTLINE(misc-no-recursion)
    bool seat(std::size_t segment) {
        for (const auto place : m_places_of[segment]) {
            ENSURE(place < m_holder.size());
            if (m_seen[place]) continue;
            m_seen[place] = true;
            if (m_holder[place] && !seat(*m_holder[place])) continue;
            m_holder[place] = segment;
            return true;
        }
        return false;
    }

    const std::vector<std::vector<std::size_t>>& m_places_of;
    std::vector<std::optional<std::size_t>> m_holder; ///< by place
    std::vector<bool> m_seen;
};

} // namespace

std::size_t happiness(const std::vector<std::vector<std::size_t>>& places_of, std::size_t places) {
    return Matching(places_of, places).size();
}

} // namespace torgo::place
