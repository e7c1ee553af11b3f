#include "peer/ledger.hpp"
#include "peer/ledger_book.hpp"
#include "peer/reconcile.hpp"
#include "peer/test_receipts.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace torgo::peer {

namespace {

class LedgerTest : public ::testing::Test {
protected:
    std::unique_ptr<Ledger> open(std::uint64_t max_bytes = max_ledger_bytes) {
        return std::make_unique<Ledger>(files, clock, key_number(1),
                                        Ledger::Place{"/ledger", test_repo, max_bytes});
    }

    std::vector<KeptBatch> kept() {
        const BatchFolder folder(files, "/ledger", max_ledger_bytes);
        std::vector<KeptBatch> batches;
        const auto numbers = *folder.numbers();
        for (const auto number : numbers)
            batches.push_back({number, *folder.read(number)});
        return batches;
    }

    Chain read() { return read_chain(kept(), peer_of(key_number(1)), test_repo, std::nullopt); }

    sim::FileSystem files;
    sim::Clock clock;
};

} // namespace

// PEER-25
TEST_F(LedgerTest, goes_on_after_a_restart_and_misses_no_batch) {
    for (std::uint8_t i = 0; i < 3; ++i) {
        const auto ledger = open();
        ledger->add(make_receipt(i));
        EXPECT_TRUE(ledger->flush().has_value());
        EXPECT_TRUE(ledger->flush().has_value()) << "nothing waits";
    }
    EXPECT_EQ(kept().size(), 3U);
    const auto chain = read();
    EXPECT_TRUE(chain.faults.empty());
    EXPECT_TRUE(chain.gaps.empty());
    EXPECT_EQ(chain.receipts, (std::vector{make_receipt(0), make_receipt(1), make_receipt(2)}));
}

TEST_F(LedgerTest, ending_well_writes_what_waits) {
    open()->add(make_receipt(1));
    EXPECT_EQ(read().receipts, std::vector{make_receipt(1)});
    EXPECT_TRUE(read().gaps.empty());
}

TEST_F(LedgerTest, nothing_is_written_before_the_first_receipt) {
    EXPECT_TRUE(open()->flush().has_value());
    EXPECT_TRUE(files.files_below("/").empty());
}

// PEER-33
TEST_F(LedgerTest, a_process_that_ended_without_writing_is_told_of_by_the_next_batch) {
    const auto ledger = open();
    ledger->add(make_receipt(1));
    EXPECT_TRUE(ledger->flush().has_value());
    ASSERT_TRUE(env::write_file_atomically(files, "/ledger/run-9", Bytes{1, 0, 0, 0, 0, 0, 0, 0})
                    .has_value());
    EXPECT_EQ(ledger->open_elsewhere(), 1U);
    EXPECT_TRUE(ledger->flush().has_value());
    EXPECT_FALSE(ledger->open_elsewhere().has_value());
    const auto batches = kept();
    ASSERT_EQ(batches.size(), 2U);
    const auto told = *decode_batch(batches.back().bytes);
    EXPECT_TRUE(told.receipts.empty());
    EXPECT_EQ(told.unsure, 1U);
    const auto chain = read();
    ASSERT_EQ(chain.gaps.size(), 1U);
    EXPECT_EQ(chain.gaps.front().cause, Cause::unfinished);
    EXPECT_TRUE(ledger->flush().has_value());
    EXPECT_EQ(kept().size(), 2U) << "it is told once";
}

// PEER-32
TEST_F(LedgerTest, drops_the_oldest_batches_over_its_bound) {
    const auto size = [this] {
        open()->add(make_receipt(0));
        return kept().front().bytes.size();
    }();
    const auto ledger = open(3 * size + 10);
    for (std::uint8_t i = 1; i < 6; ++i) {
        ledger->add(make_receipt(i));
        EXPECT_TRUE(ledger->flush().has_value());
    }
    const auto batches = kept();
    ASSERT_EQ(batches.size(), 3U);
    EXPECT_EQ(batches.front().number, 3U);
    EXPECT_EQ(ledger->counts().dropped, 3U);
    const auto chain = read();
    EXPECT_TRUE(chain.faults.empty());
    ASSERT_EQ(chain.gaps.size(), 1U);
    EXPECT_EQ(chain.gaps.front().cause, Cause::dropped);
}

TEST_F(LedgerTest, writes_a_full_batch_and_one_that_waited_long) {
    const auto ledger = open();
    for (std::size_t i = 0; i < max_receipts + 3; ++i)
        ledger->add(make_receipt(1));
    EXPECT_EQ(ledger->counts().batches, 1U);
    EXPECT_EQ(read().receipts.size(), max_receipts);
    clock.advance_ns(100);
    EXPECT_TRUE(ledger->flush_older(101).has_value());
    EXPECT_EQ(ledger->counts().batches, 1U);
    EXPECT_TRUE(ledger->flush_older(100).has_value());
    EXPECT_EQ(read().receipts.size(), max_receipts + 3);
}

TEST_F(LedgerTest, several_threads_lose_nothing) {
    LedgerBook book(files, clock, key_number(1), [](const RepoId&) { return "/ledger"; });
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&book] {
                for (std::size_t n = 0; n < max_receipts / 2; ++n)
                    book.of(test_repo).add(make_receipt(1));
            });
    }
    EXPECT_TRUE(book.close().has_value());
    const auto counts = book.counts();
    EXPECT_EQ(counts.receipts, 2 * max_receipts);
    EXPECT_EQ(read().receipts.size() + counts.lost, 2 * max_receipts);
    EXPECT_TRUE(read().faults.empty());
}

// PEER-33
TEST_F(LedgerTest, says_that_receipts_are_lost_when_the_disk_refuses_them) {
    const auto ledger = open();
    ledger->add(make_receipt(1));
    EXPECT_TRUE(ledger->flush().has_value());
    ledger->add(make_receipt(2));
    files.set_capacity(0);
    EXPECT_FALSE(ledger->flush().has_value());
    EXPECT_EQ(ledger->counts().lost, 1U);
    files.set_capacity(1_GiB);
    ledger->add(make_receipt(3));
    EXPECT_TRUE(ledger->flush().has_value());
    const auto chain = read();
    EXPECT_EQ(chain.receipts, (std::vector{make_receipt(1), make_receipt(3)}));
    ASSERT_EQ(chain.gaps.size(), 1U);
    EXPECT_EQ(chain.gaps.front().cause, Cause::unfinished);
}

} // namespace torgo::peer
