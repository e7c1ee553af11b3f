#include "node/tally.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"

#include <limits>

namespace torgo::node {

namespace {
constexpr std::string_view magic = "TGA1";
constexpr std::uint8_t version = 1;

/// a + b, or the largest number.
template <class Number>
Number saturating_sum(Number a, Number b) {
    return b > std::numeric_limits<Number>::max() - a ? std::numeric_limits<Number>::max() : a + b;
}
} // namespace

void Streak::miss(std::uint64_t since_last_s) noexcept {
    if (misses != 0) lasted_s = saturating_sum(lasted_s, since_last_s);
    misses = saturating_sum(misses, std::uint32_t{1});
}

std::optional<unsigned> Tally::lost(const peer::Order& order,
                                    const std::vector<std::string>& places) const {
    std::optional<unsigned> found;
    for (unsigned i = 0; i < heads.size() && i < places.size(); ++i) {
        const bool allowed = order.head == peer::spare_index || order.head == i;
        // One that can not be audited is never seen to be lost.
        if (!allowed || places[i].empty() || !heads[i].is_lost(order.rule)) continue;
        if (!found || heads[i].lasted_s > heads[*found].lasted_s) found = i;
    }
    return found;
}

// NODE-3
Bytes encode(const Tally& tally) {
    Writer out;
    out.raw(as_bytes(magic)).put(version).put(static_cast<std::uint8_t>(tally.heads.size()));
    for (const auto& streak : tally.heads)
        out.put(streak.misses).put(streak.lasted_s);
    out.raw(crypto::sha256(out.view()).view());
    return std::move(out).take();
}

Result<Tally> decode_tally(ByteView bytes) {
    if (bytes.size() < Digest::size) return fail(Errc::corrupt, "a tally is cut");
    const auto fields = bytes.first(bytes.size() - Digest::size);
    if (crypto::sha256(fields).bytes != Digest::from(bytes.last(Digest::size))->bytes)
        return fail(Errc::corrupt, "a tally is damaged");
    Reader in(fields);
    TRY(const auto found, in.raw(magic.size()));
    if (as_text(found) != magic) return fail(Errc::corrupt, "no tally");
    TRY(const auto number, in.get<std::uint8_t>());
    if (number != version) return fail(Errc::unsupported, "a tally of a later version");
    TRY(const auto count, in.get<std::uint8_t>());
    if (count > peer::max_order_heads) return fail(Errc::corrupt, "a tally of too many heads");
    Tally tally;
    for (unsigned i = 0; i < count; ++i) {
        Streak streak;
        TRY(streak.misses, in.get<std::uint32_t>());
        TRY(streak.lasted_s, in.get<std::uint64_t>());
        tally.heads.push_back(streak);
    }
    CHECK_OK(in.done());
    return tally;
}

} // namespace torgo::node
