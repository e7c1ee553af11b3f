#include "head/open.hpp"
#include "head/spool.hpp"
#include "head/spool_head.hpp"
#include "head/testing/conformance_case.hpp"
#include "head/testing/fault_head.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace torgo::head {

namespace {

constexpr unsigned heads = 4;
constexpr std::uint64_t limit = 100'000;
constexpr std::uint64_t seeds = 10;
constexpr SpoolLimits limits{.bytes = limit, .reserve = 1};

class SpoolTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(create("dir:///disk/head", m_files, conformance_repository, conformance_index)
                        .has_value());
        auto made = Spool::create(m_files, "/disk/spool", conformance_repository, heads, limits);
        ASSERT_EQ(outcome(made), "success");
        m_spool = *std::move(made);
        auto fault = std::make_unique<FaultHead>(*open("dir:///disk/head", m_files));
        m_real = fault.get();
        m_head = std::make_unique<SpoolHead>(std::move(fault), "dir:///disk/head", part(),
                                             m_spool->mirror());
    }

    Head& part() { return m_spool->part(conformance_index); }

    void lose_the_head() {
        m_real->vanish();
        EXPECT_EQ(outcome(m_head->probe()), "unavailable");
        m_real->reappear(); // it is not asked again all the same
    }

    sim::FileSystem m_files;
    std::unique_ptr<Spool> m_spool;
    FaultHead* m_real = nullptr;
    std::unique_ptr<SpoolHead> m_head;
};

} // namespace

// SPOOL-7
TEST_F(SpoolTest, a_head_that_is_away_shows_what_waits_for_it_and_the_mirror) {
    ASSERT_EQ(outcome(put_segment(*m_real, make_name(1), make_content(100))), "success");
    ASSERT_EQ(outcome(put_segment(part(), make_name(2), make_content(200))), "success");
    ASSERT_EQ(outcome(put_segment(m_spool->mirror(), make_name(3), make_content(300))), "success");
    ASSERT_EQ(outcome(part().put_root("batch-2", make_content(20))), "success");
    ASSERT_EQ(outcome(m_spool->mirror().put_root("descriptor", make_content(30))), "success");
    lose_the_head();
    EXPECT_EQ(read_whole(*m_head, make_name(2)), make_content(200));
    EXPECT_EQ(read_whole(*m_head, make_name(3)), make_content(300));
    EXPECT_EQ(outcome(read_whole(*m_head, make_name(1))), "unavailable");
    EXPECT_EQ(outcome(m_head->list_segments(SegmentId{}, 9)), "unavailable");
    EXPECT_EQ(m_head->list_roots(""), (std::vector<std::string>{"batch-2", "descriptor"}));
    EXPECT_EQ(m_head->get_root("descriptor"), make_content(30));
    EXPECT_EQ(outcome(m_head->get_root("key-1")), "unavailable");
    EXPECT_EQ(outcome(m_head->begin_segment(1)), "unavailable");
    EXPECT_EQ(outcome(m_head->put_root("batch-3", {})), "unavailable");
    const auto status = m_head->status();
    ASSERT_EQ(outcome(status), "success");
    EXPECT_EQ(status->index, conformance_index);
}

TEST_F(SpoolTest, a_head_that_is_there_comes_first_and_the_mirror_never) {
    ASSERT_EQ(outcome(put_segment(*m_real, make_name(1), make_content(100))), "success");
    ASSERT_EQ(outcome(put_segment(part(), make_name(1), make_content(100, 9))), "success");
    ASSERT_EQ(outcome(put_segment(part(), make_name(2), make_content(200))), "success");
    ASSERT_EQ(outcome(part().put_root("snapshot-2", make_content(20))), "success");
    ASSERT_EQ(outcome(m_real->put_root("snapshot-1", make_content(10))), "success");
    ASSERT_EQ(outcome(m_spool->mirror().put_root("key-9", make_content(30))), "success");
    EXPECT_EQ(read_whole(*m_head, make_name(1)), make_content(100));
    EXPECT_EQ(read_whole(*m_head, make_name(2)), make_content(200));
    EXPECT_EQ(m_head->list_segments(SegmentId{}, 9), (std::vector{make_name(1), make_name(2)}));
    EXPECT_EQ(m_head->list_segments(SegmentId{}, 1), (std::vector{make_name(1)}));
    EXPECT_EQ(m_head->list_segments(make_name(1), 9), (std::vector{make_name(2)}));
    EXPECT_EQ(m_head->list_roots(""), (std::vector<std::string>{"snapshot-1", "snapshot-2"}));
    EXPECT_EQ(outcome(m_head->get_root("key-9")), "not_found");
}

TEST_F(SpoolTest, what_is_removed_does_not_wait_any_more) {
    ASSERT_EQ(outcome(part().put_root("snapshot-2", make_content(20))), "success");
    lose_the_head();
    EXPECT_EQ(outcome(m_head->remove_root("snapshot-2")), "unavailable");
    EXPECT_TRUE(part().list_roots("")->empty());
}

// SPOOL-5
TEST_F(SpoolTest, nothing_waits_that_may_change_or_let_somebody_in) {
    for (const auto* name : {"descriptor", "key-1", "capability-1", "revocation-1", "order-1"})
        EXPECT_EQ(outcome(part().put_root(name, make_content(5))), "unsupported") << name;
    for (const auto* name : {"writer-1", "batch-1", "snapshot-1"})
        EXPECT_EQ(outcome(part().put_root(name, make_content(5))), "success") << name;
}

// SPOOL-4
TEST_F(SpoolTest, takes_no_more_than_its_limit_over_all_parts_and_names_it) {
    ASSERT_EQ(outcome(put_segment(part(), make_name(1), make_content(60'000))), "success");
    const auto refused = m_spool->part(0).begin_segment(60'000);
    EXPECT_EQ(outcome(refused), "no_space");
    EXPECT_TRUE(refused.error().detail().contains("reached its limit of 0 MiB"));
    EXPECT_TRUE(refused.error().detail().contains("--spool-limit"));
    // One that was given up takes nothing, nor does one that was removed; another process counts
    // what is there.
    {
        ASSERT_EQ(outcome(m_spool->part(0).begin_segment(40'000)), "success");
    }
    const auto other = *Spool::open(m_files, "/disk/spool", conformance_repository, heads, limits);
    EXPECT_EQ(outcome(other->part(1).begin_segment(60'000)), "no_space");
    ASSERT_EQ(outcome(part().remove_segment(make_name(1))), "success");
    EXPECT_EQ(outcome(m_spool->part(0).begin_segment(60'000)), "success");
}

// SPOOL-7
TEST_F(SpoolTest, what_another_process_brings_away_makes_room) {
    ASSERT_EQ(outcome(put_segment(part(), make_name(1), make_content(60'000))), "success");
    EXPECT_EQ(outcome(m_spool->part(0).begin_segment(60'000)), "no_space");
    const auto other = *Spool::open(m_files, "/disk/spool", conformance_repository, heads, limits);
    ASSERT_EQ(outcome(other->part(conformance_index).remove_segment(make_name(1))), "success");
    const auto writer = m_spool->part(0).begin_segment(60'000);
    ASSERT_EQ(outcome(writer), "success");
    EXPECT_EQ(outcome(m_spool->part(0).begin_segment(60'000)), "no_space")
        << "what is being written counts too";
}

// SPOOL-4
TEST_F(SpoolTest, leaves_room_on_its_disk) {
    const auto free = m_files.space("/disk")->free;
    const auto careful = *Spool::open(m_files, "/disk/spool", conformance_repository, heads,
                                      {.bytes = limit, .reserve = free - 1000});
    EXPECT_EQ(outcome(careful->part(0).begin_segment(900)), "success");
    EXPECT_EQ(outcome(careful->part(0).begin_segment(2000)), "no_space");
}

TEST_F(SpoolTest, counts_what_waits_for_each_head) {
    EXPECT_TRUE(m_spool->waiting()->none());
    ASSERT_EQ(outcome(put_segment(part(), make_name(1), make_content(1000))), "success");
    ASSERT_EQ(outcome(m_spool->part(0).put_root("batch-1", make_content(5))), "success");
    const auto one = m_spool->waiting(conformance_index);
    EXPECT_TRUE(one->segments == 1 && one->bytes == 1000 && one->roots == 0);
    const auto all = m_spool->waiting();
    EXPECT_TRUE(all->segments == 1 && all->bytes == 1000 && all->roots == 1);
}

TEST_F(SpoolTest, is_not_taken_for_another_repositorys) {
    EXPECT_EQ(outcome(Spool::open(m_files, "/disk/spool", RepoId{{1}}, heads)), "invalid_argument");
    EXPECT_EQ(outcome(Spool::open(m_files, "/disk/none", conformance_repository, heads)),
              "not_found");
}

// SPOOL-1
TEST(SpoolPowerCut, is_made_whole_by_the_next_one_and_keeps_what_was_acknowledged) {
    for (std::uint64_t operation = 1;; ++operation) {
        sim::FileSystem files;
        ASSERT_TRUE(env::make_directories(files, "/disk").has_value());
        files.set_crash_after(operation);
        const auto make = [&](env::FileSystem& disk) {
            return Spool::create(disk, "/disk/spool", conformance_repository, heads, limits);
        };
        const auto first = make(files);
        const bool segment =
            first && put_segment((*first)->part(1), make_name(1), make_content(700)).has_value();
        const bool root =
            segment && (*first)->part(1).put_root("batch-1", make_content(70)).has_value();
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            SCOPED_TRACE(std::to_string(operation) + ", seed " + std::to_string(seed));
            const auto found = files.crash(seed);
            const auto again = make(*found);
            ASSERT_EQ(outcome(again), "success");
            auto& part = (*again)->part(1);
            EXPECT_TRUE(!segment || read_whole(part, make_name(1)) == make_content(700));
            EXPECT_TRUE(!root || part.get_root("batch-1") == make_content(70));
        }
        if (root) return;
    }
}

} // namespace torgo::head
