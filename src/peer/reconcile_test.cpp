#include "peer/reconcile.hpp"
#include "peer/test_receipts.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::peer {

namespace {

using Kind = Difference::Kind;
using Fault = ChainFault::Kind;

constexpr std::int64_t second_ns = 1'000'000'000;

std::vector<std::pair<Kind, std::uint8_t>> kinds(const std::vector<Difference>& found) {
    std::vector<std::pair<Kind, std::uint8_t>> out;
    for (const auto& one : found)
        out.emplace_back(one.kind, one.receipt.trace.bytes[0]);
    return out;
}

Difference only(const std::vector<Difference>& found) {
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? Difference{} : found.front();
}

Chain read(const std::vector<KeptBatch>& batches, const std::optional<Seen>& seen = std::nullopt) {
    return read_chain(batches, peer_of(key_number(1)), test_repo, seen);
}

std::vector<KeptBatch> five_batches() {
    return make_chain({{make_receipt(0)},
                       {make_receipt(1)},
                       {make_receipt(2)},
                       {make_receipt(3)},
                       {make_receipt(4)}});
}

} // namespace

// PEER-35
TEST(Reconcile, finds_lost_extra_altered_and_late) {
    const std::vector ours{make_receipt(1), make_receipt(2), make_receipt(3), make_receipt(4)};
    auto theirs = ours;
    EXPECT_TRUE(reconcile(ours, theirs, {}, {}, 0).empty());
    theirs[1].bytes += 1;
    theirs[2].time_ns += 50;
    theirs[3] = make_receipt(8);
    const auto found = reconcile(ours, theirs, {}, {}, 49);
    EXPECT_EQ(kinds(found),
              (std::vector<std::pair<Kind, std::uint8_t>>{
                  {Kind::altered, 2}, {Kind::late, 3}, {Kind::lost, 4}, {Kind::extra, 8}}));
    EXPECT_EQ(found[0].other, theirs[1]);
    EXPECT_EQ(reconcile(ours, theirs, {}, {}, 50).size(), 3U);
}

// PEER-35
TEST(Reconcile, an_end_that_knows_less_contradicts_nobody) {
    auto ours = make_receipt(1);
    auto theirs = ours;
    theirs.content = {};
    EXPECT_TRUE(reconcile({{ours}}, {{theirs}}).empty()) << "the content is not known there";
    theirs.content = make_receipt(2).content;
    EXPECT_EQ(only(reconcile({{ours}}, {{theirs}})).kind, Kind::altered);
    theirs = ours;
    theirs.failure = Errc::no_space;
    EXPECT_EQ(only(reconcile({{ours}}, {{theirs}})).kind, Kind::altered);
    std::swap(ours, theirs);
    EXPECT_EQ(only(reconcile({{ours}}, {{theirs}})).kind, Kind::altered);
    ours.failure = Errc::unavailable; // the answer was lost
    EXPECT_TRUE(reconcile({{ours}}, {{theirs}}).empty());
    EXPECT_TRUE(reconcile({{ours}}, {}).empty()) << "it never came there";
    theirs.failure = Errc::cancelled;
    EXPECT_TRUE(reconcile({}, {{theirs}}).empty()) << "nothing passed";
}

TEST(Reconcile, a_request_that_the_link_made_again_is_one_transfer) {
    const auto ours = make_receipt(1);
    auto first = ours;
    first.failure = Errc::cancelled;
    EXPECT_TRUE(reconcile({{ours}}, {{first, ours}}).empty());
    EXPECT_TRUE(reconcile({{ours}}, {{ours, ours}}).empty());
    EXPECT_EQ(reconcile({{ours, ours}}, {{ours}}).size(), 1U);
}

TEST(Reconcile, a_gap_gives_the_cause_and_nothing_else_does) {
    auto receipt = make_receipt(1);
    receipt.time_ns = 1000 * second_ns;
    const Gap gap{900 * second_ns, 950 * second_ns, Cause::unfinished};
    EXPECT_EQ(only(reconcile({{receipt}}, {}, {}, {{gap}}, 50 * second_ns)).cause,
              Cause::unfinished);
    EXPECT_EQ(only(reconcile({{receipt}}, {}, {}, {{gap}}, 49 * second_ns)).cause, Cause::none);
    EXPECT_EQ(only(reconcile({{receipt}}, {}, {{gap}}, {})).cause, Cause::none)
        << "what we lost is no reason for what they lack";
    EXPECT_EQ(only(reconcile({}, {{receipt}}, {{gap}}, {}, 50 * second_ns)).cause,
              Cause::unfinished);
}

// PEER-35: any mixture of changes is named, each once and nothing else.
RC_GTEST_PROP(Reconcile, names_every_change_and_no_other, ()) {
    const auto acts = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6));
    std::vector<Receipt> ours;
    std::vector<Receipt> theirs;
    std::map<Kind, std::size_t> expected;
    std::uint8_t number = 0;
    for (const auto act : acts) {
        auto receipt = make_receipt(1);
        receipt.trace.bytes[3] = ++number;
        auto other = receipt;
        if (act == 2) other.failure = Errc::corrupt;
        if (act == 3) other.content.bytes[0] ^= 1U;
        if (act == 4) other.time_ns += late_after_ns + 1;
        if (act != 5) ours.push_back(receipt);
        if (act != 1) theirs.push_back(other);
        if (act == 1) ++expected[Kind::lost];
        if (act == 2 || act == 3) ++expected[Kind::altered];
        if (act == 4) ++expected[Kind::late];
        if (act == 5) ++expected[Kind::extra];
    }
    std::ranges::reverse(theirs);
    std::map<Kind, std::size_t> found;
    for (const auto& difference : reconcile(ours, theirs))
        ++found[difference.kind];
    RC_ASSERT(found == expected);
}

// PEER-34
TEST(Chains, a_sound_one_has_no_faults) {
    const auto batches = five_batches();
    const auto chain = read(batches);
    EXPECT_TRUE(chain.faults.empty());
    EXPECT_TRUE(chain.gaps.empty());
    EXPECT_EQ(chain.receipts.size(), 5U);
    EXPECT_EQ(chain.last, (Seen{4, crypto::sha256(batches.back().bytes)}));
    EXPECT_TRUE(read(batches, chain.last).faults.empty());
}

// PEER-34
TEST(Chains, what_was_done_to_one_is_named) {
    auto batches = five_batches();
    batches.erase(batches.begin() + 2);
    auto chain = read(batches);
    EXPECT_EQ(chain.faults, (std::vector<ChainFault>{{Fault::missing, 3}}));
    EXPECT_EQ(chain.gaps,
              (std::vector<Gap>{{1 * second_ns, make_receipt(3).time_ns, Cause::damaged}}));
    EXPECT_EQ(chain.receipts.size(), 4U);

    batches = five_batches();
    batches[2].bytes[3000] ^= 1U;
    chain = read(batches);
    EXPECT_EQ(chain.faults, (std::vector<ChainFault>{{Fault::damaged, 2}}));
    EXPECT_EQ(chain.receipts.size(), 4U);

    batches = five_batches();
    batches[2] = make_chain({{}, {}, {make_receipt(9)}})[2];
    chain = read(batches);
    EXPECT_EQ(chain.faults, (std::vector<ChainFault>{{Fault::broken, 2}, {Fault::broken, 3}}));

    batches = five_batches();
    batches[2] = make_chain({{}, {}, {make_receipt(9)}}, key_number(2))[2];
    EXPECT_EQ(read(batches).faults, (std::vector<ChainFault>{{Fault::foreign, 2}}));

    batches = five_batches();
    batches[2].number = 1; // a batch in another's place
    EXPECT_FALSE(read(batches).faults.empty());
}

// PEER-34
TEST(Chains, history_that_was_seen_cannot_be_changed) {
    const auto seen = read(five_batches()).last;
    auto shorter = five_batches();
    shorter.pop_back();
    EXPECT_EQ(read(shorter, seen).faults, (std::vector<ChainFault>{{Fault::cut, 4}}));
    EXPECT_EQ(read({}, seen).faults, (std::vector<ChainFault>{{Fault::cut, 4}}));
    const auto other = make_chain({{}, {}, {}, {}, {make_receipt(4)}, {}});
    EXPECT_EQ(read(other, seen).faults, (std::vector<ChainFault>{{Fault::rewritten, 4}}));
}

// PEER-34
TEST(Reconcile, a_first_batch_that_is_damaged_excuses_only_itself) {
    auto batches = five_batches();
    batches.front().bytes.back() ^= 1U;
    const auto chain = read(batches);
    ASSERT_EQ(chain.faults, (std::vector<ChainFault>{{Fault::damaged, 0}}));
    ASSERT_EQ(chain.gaps.size(), 1U);
    EXPECT_EQ(chain.gaps.front().cause, Cause::damaged);
    EXPECT_EQ(chain.gaps.front().to_ns, make_receipt(1).time_ns);
}

// PEER-34
TEST(Reconcile, dropped_batches_end_where_the_first_sound_one_begins) {
    auto batches = five_batches();
    batches.erase(batches.begin());
    batches.front().bytes.back() ^= 1U;
    const auto chain = read(batches);
    ASSERT_EQ(chain.faults, (std::vector<ChainFault>{{Fault::damaged, 1}}));
    for (const auto& gap : chain.gaps)
        EXPECT_EQ(gap.to_ns, make_receipt(2).time_ns);
    EXPECT_EQ(chain.receipts.size(), 3U);
}

} // namespace torgo::peer
