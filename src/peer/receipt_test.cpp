#include "peer/receipt.hpp"
#include "peer/test_receipts.hpp"

#include <gtest/gtest.h>

namespace torgo::peer {

// PEER-26
TEST(Receipts, a_batch_comes_back_and_no_other_byte_does) {
    const auto& key = key_number(1);
    auto failed = make_receipt(2);
    failed.failure = Errc::no_space;
    LedgerBatch batch{.public_key = key.public_key(),
                      .repository = test_repo,
                      .number = 7,
                      .previous = Digest{{2}},
                      .unsure = 8,
                      .time_ns = -3,
                      .receipts = {make_receipt(1), failed}};
    const auto bytes = *encode(batch, key);
    EXPECT_EQ(decode_batch(bytes), batch);
    EXPECT_EQ(batch.author(), peer_of(key));
    for (std::size_t i = 0; i < bytes.size(); i += i < 100 ? 1 : 61) {
        auto other = bytes;
        other[i] ^= 8U;
        EXPECT_FALSE(decode_batch(other).has_value()) << i;
        EXPECT_FALSE(parse_batch(ByteView(bytes).first(i)).has_value()) << i;
    }
    // Somebody else's name over the same signature.
    auto stolen = bytes;
    const auto thief = key_number(2).public_key();
    std::ranges::copy(thief, stolen.begin() + 5);
    EXPECT_EQ(decode_batch(stolen).error().code(), Errc::authentication);
    batch.unsure = 9;
    EXPECT_FALSE(encode(batch, key).has_value());
    batch.unsure = 0;
    batch.receipts.resize(max_receipts + 1);
    EXPECT_FALSE(encode(batch, key).has_value());
}

// PEER-13
TEST(Receipts, a_page_ascends_and_ends_where_it_ends) {
    Writer page;
    encode(page, 3, as_bytes("three"));
    encode(page, 5, as_bytes(""));
    const auto batches = decode_batch_page(page.view());
    ASSERT_TRUE(batches.has_value());
    EXPECT_EQ((*batches)[0].number, 3U);
    EXPECT_EQ((*batches)[0].bytes.size(), 5U);
    EXPECT_EQ((*batches)[1].number, 5U);
    for (std::size_t i = 1; i < page.size(); ++i) {
        const bool whole = i == kept_batch_overhead + 5;
        EXPECT_EQ(decode_batch_page(page.view().first(i)).has_value(), whole) << i;
    }
    encode(page, 5, as_bytes("again"));
    EXPECT_FALSE(decode_batch_page(page.view()).has_value());
    Writer large;
    large.put(std::uint64_t{0}).put(static_cast<std::uint32_t>(max_batch + 1));
    EXPECT_EQ(decode_batch_page(large.view()).error().code(), Errc::corrupt);
}

TEST(Receipts, a_traceparent_has_one_form) {
    const std::string id = "0af7651916cd43dd8448eb211c80319c";
    EXPECT_EQ(parse_traceparent("00-" + id + "-b7ad6b7169203331-01")->hex(), id);
    for (const auto& text :
         {std::string(), "01-" + id + "-b7ad6b7169203331-01", "00-" + id + "-b7ad6b7169203331-1",
          "00-" + id + "-b7ad6b716920333g-01", "00-" + id + "+b7ad6b7169203331-01",
          "00-" + std::string(32, '0') + "-b7ad6b7169203331-01",
          "00-" + id + "-b7ad6b7169203331-01-"})
        EXPECT_FALSE(parse_traceparent(text).has_value()) << text;
}

TEST(Receipts, only_transfers_have_them) {
    const auto repo = "/v1/" + test_repo.hex();
    const auto segment = repo + "/segments/" + std::string(64, 'b');
    const auto kind = [](const std::string& text, Method method) {
        const auto receipt = begin_receipt(*parse_target(text), method);
        return receipt ? name(receipt->kind) : "";
    };
    EXPECT_EQ(kind(segment, Method::put), "put segment");
    EXPECT_EQ(kind(segment, Method::head), "");
    EXPECT_EQ(kind(segment + "/audit", Method::post), "audit");
    EXPECT_EQ(kind(repo + "/roots/batch-1", Method::remove), "delete root");
    EXPECT_EQ(kind(repo + "/status", Method::get), "");
    EXPECT_EQ(kind(repo + "/receipts", Method::post), "");
    const auto root = begin_receipt(*parse_target(repo + "/roots/batch-1"), Method::get);
    EXPECT_EQ(root->subject, crypto::sha256(as_bytes("batch-1")));
}

} // namespace torgo::peer
