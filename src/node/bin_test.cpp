#include "node/age.hpp"
#include "node/bin_keeper.hpp"
#include "node/test_loop.hpp"
#include "sim/clock.hpp"

namespace torgo::node {

namespace {

using peer::Method;

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t day_ns = 24 * 3600 * second_ns;

class BinTest : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(node.outcome(1, Method::put, segment_target(id), segment), "ok");
        ASSERT_EQ(put_root("batch-1", "old"), "ok");
        ASSERT_EQ(put_root("descriptor", "old"), "ok");
        node.store->keep_deleted(7);
    }

    std::string put_root(const std::string& name, const char* content) {
        return node.outcome(1, Method::put, in_repository("roots/" + name), as_bytes(content));
    }

    std::string remove(const std::string& target) {
        return node.outcome(1, Method::remove, target);
    }

    std::string get(const std::string& name) {
        auto answer = node.ask(1, Method::get, in_repository("roots/" + name));
        if (answer.outcome() != "ok") return std::string(answer.outcome());
        return std::string(as_text(read_all(answer)));
    }

    std::uint64_t bytes() { return node.store->find(test_repository)->totals()->bytes; }

    TestNode node;
    SegmentId id;
    Bytes segment = make_segment(3, 5, id);
};

} // namespace

// NODE-9
TEST_F(BinTest, what_is_deleted_comes_back) {
    const auto before = bytes();
    EXPECT_EQ(remove(segment_target(id)), "ok");
    EXPECT_EQ(remove(segment_target(id)), "ok") << "an answer was lost";
    EXPECT_EQ(remove(in_repository("roots/batch-1")), "ok");
    EXPECT_EQ(node.outcome(1, Method::get, segment_target(id)), "not_found");
    EXPECT_EQ(bytes(), before) << "it takes its room";
    node.reopen();
    EXPECT_EQ(bytes(), before);
    const auto back = node.store->find(test_repository)->retrieve();
    ASSERT_TRUE(back);
    EXPECT_EQ(back->segments, 1U);
    EXPECT_EQ(back->roots, 1U);
    EXPECT_EQ(node.outcome(1, Method::get, segment_target(id)), "ok");
    EXPECT_EQ(get("batch-1"), "old");
    EXPECT_EQ(bytes(), before);
}

// NODE-9
TEST_F(BinTest, what_is_replaced_is_kept_as_often_as_it_is_replaced) {
    EXPECT_EQ(put_root("descriptor", "new"), "ok");
    EXPECT_EQ(put_root("descriptor", "newest"), "ok");
    const auto folder = "/node/repositories/" + test_repository.hex() + "/bin";
    const Bin bin(node.files, folder);
    const auto items = bin.items();
    ASSERT_TRUE(items);
    ASSERT_EQ(items->size(), 2U);
    EXPECT_EQ(items->front().name, "r-descriptor");
    EXPECT_EQ(as_text(*env::read_file(node.files, items->front().path, 100)), "old");
    EXPECT_EQ(as_text(*env::read_file(node.files, items->back().path, 100)), "new");
    EXPECT_EQ(node.store->find(test_repository)->retrieve()->left, 2U);
    EXPECT_EQ(get("descriptor"), "newest");
}

// NODE-9
TEST_F(BinTest, is_emptied_of_what_came_before_a_day) {
    const auto before = bytes();
    EXPECT_EQ(remove(segment_target(id)), "ok");
    node.store->keep_deleted(8);
    EXPECT_EQ(remove(in_repository("roots/batch-1")), "ok");
    EXPECT_EQ(node.store->empty_bins(7).items, 0U);
    EXPECT_EQ(bytes(), before);
    const auto emptied = node.store->empty_bins(8);
    EXPECT_EQ(emptied.items, 1U);
    EXPECT_EQ(emptied.bytes, segment.size());
    EXPECT_EQ(emptied.failed, 0U);
    EXPECT_EQ(bytes(), before - segment.size());
    const auto back = node.store->find(test_repository)->retrieve();
    EXPECT_EQ(back->segments, 0U);
    EXPECT_EQ(back->roots, 1U);
}

// NODE-9
TEST_F(BinTest, no_quota_is_filled_by_replacing) {
    const auto quota = node.store->find(test_repository)->totals()->quota;
    std::string content(8'000'000, 'x');
    std::string last = "ok";
    for (int i = 0; i < 20 && last == "ok"; ++i) {
        content[0] = static_cast<char>('a' + i);
        last = put_root("descriptor", content.c_str());
    }
    EXPECT_EQ(last, "no_space");
    EXPECT_LE(bytes(), quota);
}

// NODE-9: a file that can not be looked at is not one that is not there.
TEST_F(BinTest, nothing_is_deleted_that_can_not_be_put_aside) {
    for (const auto& target : {segment_target(id), in_repository("roots/batch-1")}) {
        std::uint64_t looks = 1; // each look fails once; at the end none does
        node.files.fail_nth(sim::Operation::status, looks, Errc::io);
        while (remove(target) != "ok") {
            ASSERT_LT(++looks, 20U);
            node.files.fail_nth(sim::Operation::status, looks, Errc::io);
        }
    }
    const auto back = node.store->find(test_repository)->retrieve();
    ASSERT_TRUE(back);
    EXPECT_EQ(back->segments, 1U);
    EXPECT_EQ(back->roots, 1U);
}

// NODE-9: what the owner took from somebody, or ordered no longer, was not lost.
TEST_F(BinTest, no_rights_and_no_orders_come_back) {
    const auto record =
        peer::sign(peer::Capability{test_repository, peer_number(10), {peer::Rights::read}, 0, ""},
                   test_owner().key, crypto::SignMode::deterministic);
    const auto name = peer::name_of_record(peer::capability_prefix, *record);
    ASSERT_EQ(node.outcome(1, Method::put, in_repository("roots/" + name), *record), "ok");
    const auto roots = "/node/repositories/" + test_repository.hex() + "/head/roots/";
    ASSERT_TRUE(env::write_file_atomically(node.files, roots + "order-1", as_bytes("x")));
    for (const auto& one : {name, std::string("order-1"), std::string("batch-1")})
        ASSERT_EQ(remove(in_repository("roots/" + one)), "ok");
    const auto back = node.store->find(test_repository)->retrieve();
    ASSERT_TRUE(back);
    EXPECT_EQ(back->roots, 1U) << "the batch";
    EXPECT_EQ(back->withheld, 2U);
    EXPECT_EQ(node.outcome(10, Method::get, in_repository("status")), "permission");
    EXPECT_EQ(get("order-1"), "not_found");
}

// NODE-9: else a thief of an admin's keys would lock the owner out for good.
TEST_F(BinTest, removed_key_slots_come_back) {
    ASSERT_EQ(put_root("key-1", "slot"), "ok");
    ASSERT_EQ(remove(in_repository("roots/key-1")), "ok");
    ASSERT_EQ(get("key-1"), "not_found");
    const auto back = node.store->find(test_repository)->retrieve();
    ASSERT_TRUE(back);
    EXPECT_EQ(back->withheld, 0U);
    EXPECT_EQ(get("key-1"), "slot");
}

// PEER-18 NODE-9
TEST_F(BinTest, a_capability_that_lies_in_the_bin_counts_for_nobody) {
    const auto record =
        peer::sign(peer::Capability{test_repository, peer_number(10), {peer::Rights::read}, 0, ""},
                   test_owner().key, crypto::SignMode::deterministic);
    const auto name = peer::name_of_record(peer::capability_prefix, *record);
    const auto target = in_repository("roots/" + name);
    std::uint64_t n = 0;
    std::string outcome;
    do {
        ASSERT_EQ(node.outcome(1, Method::put, target, *record), "ok");
        ASSERT_EQ(node.outcome(10, Method::get, in_repository("status")), "ok");
        node.files.fail_nth(sim::Operation::sync_directory, ++n, Errc::io);
        outcome = remove(target);
        const bool is_there = node.outcome(1, Method::get, target) == "ok";
        EXPECT_EQ(node.outcome(10, Method::get, in_repository("status")),
                  is_there ? "ok" : "permission")
            << n;
        ASSERT_LT(n, 20U);
    } while (outcome != "ok");
    EXPECT_GT(n, 3U);
}

// NODE-9
TEST_F(BinTest, what_can_not_be_removed_keeps_nothing_else_in_it) {
    for (int i = 0; i < 5; ++i)
        ASSERT_EQ(put_root("descriptor", std::to_string(i).c_str()), "ok");
    const auto bin = "/node/repositories/" + test_repository.hex() + "/bin";
    ASSERT_EQ(node.files.files_below(bin).size(), 5U);
    node.files.fail_nth(sim::Operation::remove, 2, Errc::io);
    const auto emptied = node.store->empty_bins(8);
    EXPECT_EQ(emptied.items, 4U);
    EXPECT_EQ(emptied.failed, 1U);
    ASSERT_TRUE(emptied.last);
    EXPECT_EQ(emptied.last->code(), Errc::io);
    EXPECT_EQ(node.files.files_below(bin).size(), 1U);
    EXPECT_EQ(bytes(), segment.size() + 3 + 1 + 1) << "what is left is counted, and no more";
    node.files.fail_next(sim::Operation::list, Errc::io);
    EXPECT_EQ(node.store->empty_bins(8).failed, 1U);
    EXPECT_EQ(node.store->empty_bins(8).items, 1U);
    EXPECT_TRUE(node.files.files_below(bin).empty());
}

// NODE-9: what was promised holds, and no longer, where the node is started again without it.
TEST_F(BinTest, keeps_and_ends_as_was_said_also_in_a_run_that_keeps_nothing_more) {
    const std::string path = "/node/keep";
    auto keeper = BinKeeper::make(*node.store, path, 30);
    ASSERT_TRUE(keeper);
    (void)keeper->tend(100);
    ASSERT_EQ(remove(in_repository("roots/batch-1")), "ok");
    node.reopen();
    auto later = BinKeeper::make(*node.store, path, 0);
    ASSERT_TRUE(later);
    EXPECT_EQ(later->days(), 30U);
    EXPECT_EQ(later->tend(130).items, 0U) << "30 whole days after that day";
    ASSERT_EQ(remove(segment_target(id)), "ok");
    EXPECT_EQ(bytes(), 6U) << "nothing more goes there";
    EXPECT_EQ(later->tend(131).items, 1U);
    EXPECT_EQ(bytes(), 3U);
}

// NODE-9
TEST_F(BinTest, whose_days_are_lost_keeps_for_as_long_as_any) {
    const std::string path = "/node/keep";
    EXPECT_EQ(BinKeeper::make(*node.store, path, 0)->days(), keep_days_max) << "never said";
    ASSERT_EQ(BinKeeper::make(*node.store, path, 30)->days(), 30U);
    ASSERT_EQ(BinKeeper::make(*node.store, path, 7)->days(), 7U);
    EXPECT_EQ(BinKeeper::make(*node.store, path, 0)->days(), 7U) << "what was said last";
    node.files.flip(path, 41);
    auto keeper = BinKeeper::make(*node.store, path, 0);
    EXPECT_EQ(keeper->days(), keep_days_max);
    ASSERT_EQ(remove(in_repository("roots/batch-1")), "ok"); // on day 7
    EXPECT_EQ(keeper->tend(7 + keep_days_max).items, 0U);
    EXPECT_EQ(keeper->tend(8 + keep_days_max).items, 1U);
}

// NODE-9: else a later run would not know how long.
TEST_F(BinTest, whose_days_can_not_be_written_down_does_not_begin) {
    node.files.set_read_only(true);
    EXPECT_FALSE(BinKeeper::make(*node.store, "/node/keep", 30));
}

TEST_F(BinTest, without_it_what_is_deleted_is_gone) {
    node.reopen();
    const auto before = bytes();
    EXPECT_EQ(remove(segment_target(id)), "ok");
    EXPECT_EQ(bytes(), before - segment.size());
    EXPECT_EQ(node.store->find(test_repository)->retrieve()->segments, 0U);
}

// NODE-10
TEST(Age, counts_what_runs_and_not_what_the_wall_says) {
    sim::FileSystem files;
    sim::Clock clock;
    Age first(files, clock, "/age");
    EXPECT_EQ(first.day(), 0U);
    clock.advance_ns(3 * day_ns / 2);
    EXPECT_EQ(first.day(), 1U);
    ASSERT_TRUE(first.save());
    clock.advance_ns(100 * day_ns); // the node does not run
    const Age second(files, clock, "/age");
    EXPECT_EQ(second.day(), 1U);
    clock.advance_ns(day_ns / 2);
    EXPECT_EQ(second.day(), 2U);
}

// NODE-10
TEST(Age, that_is_damaged_begins_anew) {
    sim::FileSystem files;
    sim::Clock clock;
    {
        const Age age(files, clock, "/age");
        clock.advance_ns(10 * day_ns);
        ASSERT_TRUE(age.save());
    }
    files.flip("/age", 60);
    EXPECT_EQ(Age(files, clock, "/age").day(), 0U);
}

} // namespace torgo::node
