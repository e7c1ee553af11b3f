#include "peer/ledger.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

namespace torgo::peer {

namespace {

Receipt make_receipt(std::uint8_t number) {
    Receipt receipt;
    receipt.trace.bytes.fill(number);
    receipt.subject.bytes.fill(static_cast<std::uint8_t>(number + 1));
    receipt.content.bytes.fill(static_cast<std::uint8_t>(number + 2));
    receipt.bytes = 1000U + number;
    receipt.time_ns = -5 + number;
    receipt.kind = Transfer::get_root;
    if (number % 2 == 0) receipt.failure = Errc::no_space;
    return receipt;
}

crypto::SigningKey make_key(std::uint8_t seed) {
    return *crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_65,
                                          crypto::SecretBytes::copy_of(Bytes(32, seed)));
}

} // namespace

// PEER-26
TEST(Ledger, a_batch_comes_back_and_no_other_byte_does) {
    const auto key = make_key(1);
    const LedgerBatch batch{PeerId{{1}}, 7, Digest{{2}}, {make_receipt(1), make_receipt(2)}};
    const auto bytes = *encode(batch, &key);
    EXPECT_EQ(decode_batch(bytes, key.public_key()), batch);
    EXPECT_EQ(decode_batch(bytes, {}), batch);
    EXPECT_FALSE(decode_batch(bytes, make_key(2).public_key()).has_value());
    EXPECT_EQ(decode_batch(*encode(batch, nullptr), {}), batch);
    EXPECT_FALSE(decode_batch(*encode(batch, nullptr), key.public_key()).has_value());
    for (std::size_t i = 0; i < bytes.size(); i += i < 100 ? 1 : 61) {
        auto other = bytes;
        other[i] ^= 8U;
        EXPECT_FALSE(decode_batch(other, key.public_key()).has_value()) << i;
        EXPECT_FALSE(decode_batch(ByteView(bytes).first(i), {}).has_value()) << i;
    }
}

// PEER-25
TEST(Ledger, goes_on_after_a_restart_and_misses_no_batch) {
    sim::FileSystem files;
    const auto key = make_key(1);
    for (std::uint8_t i = 0; i < 3; ++i) {
        const auto ledger = *Ledger::open(files, "/ledger", PeerId{{1}});
        ledger->add(make_receipt(i));
        EXPECT_TRUE(ledger->flush(&key).has_value());
        EXPECT_TRUE(ledger->flush(&key).has_value()) << "nothing waits";
        ledger->add(make_receipt(99)); // never flushed
    }
    const auto ledger = *Ledger::open(files, "/ledger", PeerId{{1}});
    const auto batches = ledger->read_all(key.public_key());
    ASSERT_TRUE(batches.has_value());
    ASSERT_EQ(batches->size(), 3U);
    EXPECT_EQ((*batches)[2].receipts, std::vector{make_receipt(2)});
    const auto other = LedgerBatch{PeerId{{1}}, 1, (*batches)[1].previous, {make_receipt(50)}};
    const auto path = "/ledger/" + std::string(15, '0') + "1.ledger";
    EXPECT_TRUE(env::write_file_atomically(files, path, *encode(other, &key)).has_value());
    EXPECT_FALSE(ledger->read_all(key.public_key()).has_value()) << "rewritten history";
}

TEST(Ledger, holds_no_more_than_a_batch_in_memory) {
    sim::FileSystem files;
    const auto ledger = *Ledger::open(files, "/ledger", PeerId{});
    for (std::size_t i = 0; i < max_receipts + 3; ++i)
        ledger->add(make_receipt(static_cast<std::uint8_t>(i)));
    EXPECT_EQ(ledger->given_up(), 3U);
    EXPECT_TRUE(ledger->flush(nullptr).has_value());
    EXPECT_EQ(ledger->read_all({})->front().receipts.size(), max_receipts);
}

TEST(Ledger, reconciling_finds_lost_extra_altered_and_late) {
    const std::vector ours{make_receipt(1), make_receipt(2), make_receipt(3), make_receipt(4),
                           make_receipt(1)};
    auto theirs = ours;
    EXPECT_TRUE(reconcile(ours, theirs, 0).clean());
    theirs[1].bytes += 1;
    theirs[2].time_ns += 50;
    theirs[3] = make_receipt(8);
    theirs.pop_back();
    const auto found = reconcile(ours, theirs, 49);
    EXPECT_EQ(found.lost, (std::vector{make_receipt(4), make_receipt(1)}));
    EXPECT_EQ(found.extra, std::vector{make_receipt(8)});
    EXPECT_EQ(found.altered, std::vector{make_receipt(2)});
    EXPECT_EQ(found.late, std::vector{make_receipt(3)});
    EXPECT_TRUE(reconcile(ours, theirs, 50).late.empty());
}

TEST(Ledger, a_traceparent_has_one_form) {
    const std::string id = "0af7651916cd43dd8448eb211c80319c";
    EXPECT_EQ(parse_traceparent("00-" + id + "-b7ad6b7169203331-01")->hex(), id);
    for (const auto& text :
         {std::string(), "01-" + id + "-b7ad6b7169203331-01", "00-" + id + "-b7ad6b7169203331-1",
          "00-" + id + "-b7ad6b716920333g-01", "00-" + id + "+b7ad6b7169203331-01",
          "00-" + std::string(32, '0') + "-b7ad6b7169203331-01",
          "00-" + id + "-b7ad6b7169203331-01-"})
        EXPECT_FALSE(parse_traceparent(text).has_value()) << text;
}

} // namespace torgo::peer
