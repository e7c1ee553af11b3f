#include "markup/envelope.hpp"
#include "markup/receipt_text.hpp"
#include "markup/signed_receipt.hpp"
#include "markup/test_markup.hpp"

#include <gtest/gtest.h>

namespace torgo::markup {
namespace {

constexpr auto same_each_time = crypto::SignMode::deterministic;

TEST(SignedReceipt, comes_back_with_its_hash) {
    const auto receipt = test_receipt();
    const auto mu = sign_receipt(receipt, Uuid{{1}}, test_key(), same_each_time);
    ASSERT_TRUE(mu);
    const auto back = verify_receipt(*mu);
    ASSERT_TRUE(back) << back.error().detail();
    EXPECT_EQ(back->receipt, receipt);
    EXPECT_EQ(back->hash, hash_of(write_receipt(receipt)));
}

// RECEIPT-12
TEST(SignedReceipt, mirror_and_receipt_must_say_the_same) {
    const auto receipt = test_receipt();
    Mu right{.type = MuType::receipt,
             .id = Uuid{{1}},
             .source_id = receipt.id,
             .created_ns = receipt.ended_ns,
             .prev = receipt.prev,
             .origin = {},
             .public_key = {},
             .signature = {},
             .source = write_receipt(receipt)};
    const auto verdict = [](const Mu& mu) {
        return verify_receipt(*write_mu(mu, test_key(), same_each_time)).has_value();
    };
    EXPECT_TRUE(verdict(right));
    for (const auto change : {0, 1, 2, 3, 4}) {
        auto wrong = right;
        if (change == 0) wrong.type = MuType::validation;
        if (change == 1) wrong.source_id.bytes[3] ^= 1;
        if (change == 2) wrong.created_ns += 1;
        if (change == 3) wrong.prev = {};
        if (change == 4) {
            auto other = receipt;
            other.author.bytes[0] ^= 1;
            wrong.source = write_receipt(other);
        }
        EXPECT_FALSE(verdict(wrong)) << change;
    }
}

} // namespace
} // namespace torgo::markup
