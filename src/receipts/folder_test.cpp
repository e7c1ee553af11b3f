#include "markup/receipt_text.hpp"
#include "markup/test_markup.hpp"
#include "receipts/chain.hpp"
#include "receipts/folder.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"
#include "sim/random.hpp"

#include <gtest/gtest.h>

namespace torgo::receipts {
namespace {

using markup::test_key;

class FolderTest : public ::testing::Test {
protected:
    markup::Receipt facts(const std::string& command) const {
        markup::Receipt out;
        out.command = command;
        out.ended_ns = 1'800'000'000'000'000'000;
        return out;
    }

    void append(int count) {
        for (int i = 0; i < count; ++i)
            ASSERT_TRUE(folder.append(facts("backup"), test_key(), random));
    }

    Chain verified() { return *verify_chain(folder, markup::test_receipt().author); }

    void change(const std::string& path, const std::string& text) {
        ASSERT_TRUE(env::write_file_atomically(files, path, as_bytes(text)));
    }

    std::vector<std::string> faults() {
        std::vector<std::string> out;
        for (const auto& fault : verified().faults)
            out.push_back(std::string(name(fault.kind)) + " " + std::to_string(fault.number));
        return out;
    }

    sim::Clock clock;
    sim::FileSystem files;
    sim::Random random{1};
    Folder folder{files, clock, "/state/receipts"};
};

// RECEIPT-13
TEST_F(FolderTest, counts_no_file_that_it_would_not_have_named_so) {
    append(1);
    ASSERT_TRUE(files.make_directory("/state/receipts/18446744073709551"));
    ASSERT_TRUE(files.make_directory("/state/receipts/0"));
    for (const auto* const name : {"000000/7.mu", "000000/0000000007.mu",
                                   "18446744073709551/18446744073709551615.mu", "0/000000000.mu"})
        change("/state/receipts/" + std::string(name), "x");
    append(1);
    EXPECT_EQ(*folder.numbers(), (std::vector<std::uint64_t>{0, 1}));
    EXPECT_TRUE(faults().empty());
}

// RECEIPT-13
TEST_F(FolderTest, numbers_and_chains_what_is_appended) {
    EXPECT_EQ(*folder.newest(), std::nullopt);
    append(3);
    EXPECT_EQ(*folder.numbers(), (std::vector<std::uint64_t>{0, 1, 2}));
    const auto first = *markup::verify_receipt(*folder.mirror_of(0));
    const auto second = *markup::verify_receipt(*folder.mirror_of(1));
    EXPECT_TRUE(first.receipt.prev.is_zero());
    EXPECT_EQ(second.receipt.prev, first.hash);
    EXPECT_NE(second.receipt.id, first.receipt.id);
    EXPECT_EQ(*folder.text_of(1), second.text);
    EXPECT_EQ(verified().verified, 3U);
    EXPECT_TRUE(faults().empty());
}

// RECEIPT-14
TEST_F(FolderTest, a_power_cut_afterwards_loses_no_receipt) {
    append(1);
    for (std::uint64_t seed = 0; seed < 32; ++seed) {
        const auto disk = files.crash(seed);
        EXPECT_EQ(*(Folder{*disk, clock, "/state/receipts"}.newest()), 0U) << seed;
    }
}

TEST_F(FolderTest, lies_in_folders_of_a_thousand) {
    EXPECT_EQ(folder.mirror_path(999), "/state/receipts/000000/000000999.mu");
    EXPECT_EQ(folder.text_path(1000), "/state/receipts/000001/000001000.md");
}

// RECEIPT-15
TEST_F(FolderTest, names_what_was_changed_taken_away_or_put_in) {
    append(7);
    change(folder.text_path(1), "other\n");
    auto damaged = *folder.mirror_of(2);
    damaged[damaged.size() / 2] ^= 1;
    change(folder.mirror_path(2), damaged);
    ASSERT_TRUE(files.remove(folder.mirror_path(4)));
    EXPECT_EQ(faults(), (std::vector<std::string>{"altered 1", "damaged 2", "missing 5"}));
    change(folder.mirror_path(6), *folder.mirror_of(5));
    change(folder.text_path(6), *folder.text_of(5));
    EXPECT_EQ(faults().back(), "foreign 6");
}

// RECEIPT-15
TEST_F(FolderTest, names_one_that_was_written_anew_in_the_middle) {
    append(3);
    auto forged = markup::verify_receipt(*folder.mirror_of(1))->receipt;
    forged.command = "restore";
    change(folder.mirror_path(1), *markup::sign_receipt(forged, forged.id, test_key()));
    change(folder.text_path(1), markup::write_receipt(forged));
    EXPECT_EQ(faults(), (std::vector<std::string>{"broken 2"}));
    const auto stranger = *crypto::SigningKey::from_seed(
        crypto::SignatureScheme::ml_dsa_65, crypto::SecretBytes::copy_of(Bytes(32, 8)));
    forged.author = crypto::peer_id_of(stranger.public_key());
    change(folder.mirror_path(1), *markup::sign_receipt(forged, forged.id, stranger));
    change(folder.text_path(1), markup::write_receipt(forged));
    EXPECT_EQ(faults(), (std::vector<std::string>{"foreign 1", "broken 2"}));
}

// RECEIPT-14
TEST_F(FolderTest, goes_on_behind_a_damaged_one) {
    append(2);
    change(folder.mirror_path(1), "rubbish");
    append(1);
    EXPECT_EQ(faults(), (std::vector<std::string>{"damaged 1"}));
}

// RECEIPT-14
TEST_F(FolderTest, goes_on_behind_one_that_can_not_be_read) {
    append(2);
    const auto whole = *folder.mirror_of(1);
    change(folder.mirror_path(1), whole + std::string(6U << 20U, 'x'));
    append(2);
    EXPECT_EQ(verified().verified, 3U);
    EXPECT_EQ(faults(), (std::vector<std::string>{"damaged 1"}));
    change(folder.mirror_path(1), whole);
    EXPECT_EQ(faults(), (std::vector<std::string>{"broken 2"}));
    EXPECT_TRUE(verified().faults.front().why.contains("could not be read"));
}

// RECEIPT-14, RECEIPT-15
TEST_F(FolderTest, what_a_power_cut_takes_of_the_markdown_is_no_fault) {
    append(4);
    ASSERT_TRUE(files.remove(folder.text_path(0)));
    change(folder.text_path(1), "");
    change(folder.text_path(2), std::string(100, '\0'));
    EXPECT_TRUE(faults().empty());
    EXPECT_EQ(verified().verified, 4U);
    EXPECT_EQ(verified().without_text, (std::vector<std::uint64_t>{0, 1, 2}));
    ASSERT_TRUE(folder.restore_text(0, markup::verify_receipt(*folder.mirror_of(0))->text));
    EXPECT_EQ(verified().without_text, (std::vector<std::uint64_t>{1, 2}));
    change(folder.text_path(0), *folder.text_of(3));
    change(folder.text_path(1), std::string(1U << 20U, '\0'));
    EXPECT_EQ(faults(), (std::vector<std::string>{"altered 0", "altered 1"}));
}

// RECEIPT-15
TEST_F(FolderTest, names_what_a_ledger_knows_and_the_files_do_not_show) {
    append(6);
    std::vector<Row> rows;
    for (std::uint64_t number = 0; number < 6; ++number) {
        Row row;
        row.number = number;
        row.hash = markup::hash_text(markup::verify_receipt(*folder.mirror_of(number))->hash);
        rows.push_back(row);
    }
    EXPECT_TRUE(compare_with_ledger(folder, rows)->empty());
    for (const auto number : {3U, 4U, 5U})
        ASSERT_TRUE(files.remove(folder.mirror_path(number)));
    append(2);
    EXPECT_TRUE(faults().empty()) << "the chain alone does not show it";
    change(folder.mirror_path(0), "rubbish");
    std::vector<std::uint64_t> cut;
    const auto found = *compare_with_ledger(folder, rows);
    for (const auto& fault : found) {
        EXPECT_EQ(fault.kind, Fault::Kind::cut);
        cut.push_back(fault.number);
    }
    EXPECT_EQ(cut, (std::vector<std::uint64_t>{3, 4, 5}));
}

// RECEIPT-16
TEST_F(FolderTest, an_id_begins_with_the_time) {
    const auto id = make_uuid(random, 1'800'000'000'123'000'000);
    EXPECT_EQ(markup::urn_of(id).substr(0, 24), "urn:uuid:01a3185c-507b-7");
    EXPECT_NE(make_uuid(random, 0), make_uuid(random, 0));
}

} // namespace
} // namespace torgo::receipts
