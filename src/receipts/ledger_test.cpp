#include "markup/receipt_text.hpp"
#include "markup/test_markup.hpp"
#include "receipts/ledger.hpp"
#include "receipts/test_postgresql.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"
#include "sim/random.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace torgo::receipts {
namespace {

using markup::test_key;

const PeerId me = markup::test_receipt().author;

markup::SignedReceipt numbered(std::uint64_t number, const std::string& command = "backup") {
    auto receipt = markup::test_receipt(number);
    receipt.command = command;
    receipt.id.bytes[0] = static_cast<std::uint8_t>(number >> 8U);
    auto text = markup::write_receipt(receipt);
    const auto hash = markup::hash_of(text);
    return {std::move(receipt), std::move(text), hash};
}

/// What every database must do.
void behaves(const std::string& url) {
    const auto ledger = Ledger::open(url);
    ASSERT_TRUE(ledger) << ledger.error().detail();
    auto& one = **ledger;
    EXPECT_EQ(*one.schema_version(), 2);
    for (const auto number : {0, 2, 1})
        ASSERT_TRUE(one.put(numbered(static_cast<std::uint64_t>(number))));
    ASSERT_TRUE(one.put(numbered(3, "key add")));
    ASSERT_TRUE(one.put(numbered(2))) << "again";
    EXPECT_EQ(one.put(numbered(2, "restore")).error().code(), Errc::exists) << "another";
    EXPECT_EQ(*one.numbers(me), (std::vector<std::uint64_t>{0, 1, 2, 3}));
    const auto all = one.list(me, {});
    ASSERT_TRUE(all) << all.error().detail();
    ASSERT_EQ(all->size(), 4U);
    EXPECT_EQ(all->at(3).command, "key add");
    EXPECT_EQ(all->at(0).user, "alice");
    EXPECT_EQ(all->at(0).outcome, "ok");
    EXPECT_EQ(all->at(0).undo, "");
    EXPECT_EQ(all->at(0).repository, markup::test_receipt().repository->hex());
    EXPECT_EQ(all->at(1).hash, markup::hash_text(numbered(1).hash));
    EXPECT_EQ(one.list(me, {.command = "key add", .repository = {}, .newest = 0})->size(), 1U);
    EXPECT_EQ(one.list(me, {.command = {}, .repository = "00", .newest = 0})->size(), 0U);
    EXPECT_EQ(one.list(me, {.command = {}, .repository = {}, .newest = 2})->at(0).number, 2U);
    EXPECT_EQ(one.list(PeerId{}, {})->size(), 0U);
    const auto again = Ledger::open(url);
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->numbers(me)->size(), 4U);
    ASSERT_TRUE((*again)->forget(me));
    EXPECT_EQ((*again)->numbers(me)->size(), 0U);
    ASSERT_TRUE((*again)->put(numbered(0)));
}

class LedgerTest : public ::testing::Test {
protected:
    LedgerTest() {
        std::string form = ::testing::TempDir() + "torgo-ledger-XXXXXX";
        path = ::mkdtemp(form.data());
    }

    ~LedgerTest() override { std::filesystem::remove_all(path); }

    std::string url() const { return "sqlite://" + path.string() + "/with space.sqlite"; }

    std::filesystem::path path;
};

// RECEIPT-17
TEST_F(LedgerTest, keeps_receipts_in_sqlite) {
    behaves(url());
}

// RECEIPT-17
TEST_F(LedgerTest, keeps_receipts_in_postgresql) {
    if (!TestPostgresql::is_here()) GTEST_SKIP() << "this machine has no PostgreSQL server";
    const TestPostgresql server(path);
    ASSERT_TRUE(server.runs()) << server.log();
    behaves(server.url());
}

// RECEIPT-18
TEST_F(LedgerTest, refuses_a_schema_of_a_later_version) {
    ASSERT_TRUE(Ledger::open(url()));
    const auto command = "python3 -c \"import sqlite3; c = sqlite3.connect('" + path.string() +
                         "/with space.sqlite'); c.execute('INSERT INTO torgo_schema VALUES (99)'); "
                         "c.commit()\"";
    ASSERT_EQ(std::system(command.c_str()), 0); // NOLINT(cert-env33-c): a fixed line
    EXPECT_EQ(Ledger::open(url()).error().code(), Errc::unsupported);
}

TEST_F(LedgerTest, refuses_other_urls_and_files_that_are_none) {
    for (const auto* wrong : {"", "mysql://x", "sqlite://relative", "sqlite:///a\"b"})
        EXPECT_EQ(Ledger::open(wrong).error().code(), Errc::invalid_argument) << wrong;
    EXPECT_FALSE(Ledger::open("sqlite:///nowhere/at/all"));
}

// RECEIPT-17
TEST_F(LedgerTest, takes_no_second_receipt_of_one_id_and_those_behind_it) {
    sim::Clock clock;
    sim::FileSystem files;
    sim::Random random{1};
    Folder folder(files, clock, "/receipts");
    auto facts = markup::test_receipt();
    for (int i = 0; i < 2; ++i)
        ASSERT_TRUE(folder.append(facts, test_key(), random));
    facts.id = {};
    ASSERT_TRUE(folder.append(facts, test_key(), random));
    const auto ledger = Ledger::open(url());
    ASSERT_TRUE(ledger);
    EXPECT_EQ(*catch_up(**ledger, folder, me), 2U);
    EXPECT_EQ(*(*ledger)->numbers(me), (std::vector<std::uint64_t>{0, 2}));
}

// RECEIPT-17
TEST_F(LedgerTest, catches_up_with_the_files_and_leaves_damaged_ones_out) {
    sim::Clock clock;
    sim::FileSystem files;
    sim::Random random{1};
    Folder folder(files, clock, "/receipts");
    for (int i = 0; i < 4; ++i) {
        auto facts = markup::test_receipt();
        facts.id = {};
        ASSERT_TRUE(folder.append(facts, test_key(), random));
    }
    ASSERT_TRUE(env::write_file_atomically(files, folder.mirror_path(2), as_bytes("x")));
    const auto ledger = Ledger::open(url());
    ASSERT_TRUE(ledger);
    EXPECT_EQ(*catch_up(**ledger, folder, me), 3U);
    EXPECT_EQ(*catch_up(**ledger, folder, me), 0U);
    EXPECT_EQ(*(*ledger)->numbers(me), (std::vector<std::uint64_t>{0, 1, 3}));
}

} // namespace
} // namespace torgo::receipts
