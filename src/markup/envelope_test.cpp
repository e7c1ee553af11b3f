#include "markup/envelope.hpp"
#include "markup/mirror.hpp"
#include "markup/receipt_text.hpp"
#include "markup/test_markup.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::markup {
namespace {

Mu mu_of(std::string source) {
    const auto receipt = test_receipt();
    Mu out;
    out.id.bytes.fill(0x42);
    out.source_id = receipt.id;
    out.created_ns = receipt.ended_ns;
    out.prev = receipt.prev;
    out.source = std::move(source);
    return out;
}

const std::string& sealed() {
    static const auto text = *write_mu(mu_of(write_receipt(test_receipt())), test_key(),
                                       crypto::SignMode::deterministic);
    return text;
}

// RECEIPT-9
TEST(Mu, gives_the_receipt_again) {
    const auto mu = verify_mu(sealed());
    ASSERT_TRUE(mu) << mu.error().detail();
    EXPECT_EQ(mu->source, write_receipt(test_receipt()));
    EXPECT_EQ(*parse_receipt(mu->source), test_receipt());
    EXPECT_EQ(mu->origin, test_receipt().author);
    EXPECT_TRUE(sealed().contains("\n3 :rebmun\n")) << "it can be read backwards by eye";
    EXPECT_TRUE(sealed().ends_with("---\n"));
    EXPECT_TRUE(sealed().contains("source_hash: \"" + hash_text(hash_of(mu->source)) + "\""));
}

/// Wherever a byte differs the file is refused. (RECEIPT-9, -10, -11)
TEST(Mu, no_byte_can_be_changed) {
    for (std::size_t i = 0; i < sealed().size(); i += i % 5 == 0 ? 1 : 3) {
        auto changed = sealed();
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(verify_mu(changed)) << "byte " << i;
    }
    for (const auto size : {0UZ, 4UZ, sealed().size() / 2, sealed().size() - 1})
        EXPECT_FALSE(verify_mu(std::string_view(sealed()).substr(0, size))) << size;
    EXPECT_FALSE(verify_mu(sealed() + "\n"));
}

// RECEIPT-11
TEST(Mu, a_form_that_is_right_says_nothing_about_the_signature) {
    auto changed = sealed();
    const auto at = changed.find("prev: \"sha256:09");
    ASSERT_NE(at, std::string::npos);
    changed.replace(at, 16, "prev: \"sha256:08");
    EXPECT_TRUE(parse_mu(changed));
    const auto refused = verify_mu(changed);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::authentication);
}

// RECEIPT-10
TEST(Mu, another_key_can_not_sign_for_this_origin) {
    const auto other = *crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_65,
                                                      crypto::SecretBytes::copy_of(Bytes(32, 8)));
    auto mine = *write_mu(mu_of("x\n"), test_key(), crypto::SignMode::deterministic);
    const auto theirs = *write_mu(mu_of("x\n"), other, crypto::SignMode::deterministic);
    EXPECT_NE(verify_mu(mine)->origin, verify_mu(theirs)->origin);
    const auto block = theirs.substr(theirs.find("  key:"));
    mine.replace(mine.find("  key:"), std::string::npos, block);
    EXPECT_FALSE(verify_mu(mine));
    const auto too_strong = *crypto::SigningKey::from_seed(
        crypto::SignatureScheme::ml_dsa_87, crypto::SecretBytes::copy_of(Bytes(32, 8)));
    EXPECT_EQ(write_mu(mu_of("x\n"), too_strong).error().code(), Errc::invalid_argument);
}

TEST(Mu, what_is_newer_is_named_as_such) {
    auto text = sealed();
    text.replace(text.find("mu_version: \"1\""), 15, "mu_version: \"2\"");
    EXPECT_EQ(parse_mu(text).error().code(), Errc::unsupported);
}

// RECEIPT-9
RC_GTEST_PROP(Mu, any_text_comes_back, ()) {
    const auto source = with_lf(*rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127)));
    const auto text = write_mu(mu_of(source), test_key(), crypto::SignMode::deterministic);
    RC_ASSERT(text.has_value());
    RC_ASSERT(verify_mu(*text)->source == source);
}

} // namespace
} // namespace torgo::markup
