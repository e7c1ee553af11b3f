#include "crypto/hash.hpp"
#include "maml/signature.hpp"
#include "maml/test_documents.hpp"

#include <gtest/gtest.h>

#include <array>

namespace torgo::maml {
namespace {

constexpr const char* moment = "2026-01-02T03:05:00Z";

crypto::SigningKey key_of(std::uint8_t seed,
                          crypto::SignatureScheme scheme = crypto::SignatureScheme::ml_dsa_65) {
    std::array<std::uint8_t, 32> bytes{};
    bytes.fill(seed);
    return *crypto::SigningKey::from_seed(scheme, crypto::SecretBytes::copy_of(bytes));
}

Document document(const std::string& text) {
    return *read(text, Level::lenient).document;
}

std::string signed_by(std::uint8_t seed, const std::string& text) {
    return *sign(document(text), {}, key_of(seed), moment, crypto::SignMode::deterministic);
}

std::string id_of(std::uint8_t seed) {
    return key_id(key_of(seed).public_key());
}

TEST(Signature, holds_for_the_file_and_its_history) { // MAML-52 MAML-53
    const auto signature = signed_by(1, workflow());
    const auto good = verify(document(workflow()), {}, signature, id_of(1));
    ASSERT_TRUE(good) << good.error().detail();
    EXPECT_EQ(good->signer, "agent://night-shift");
    EXPECT_EQ(good->signed_at, moment);
    const auto later =
        *with_history(workflow(), {.time = moment, .verb = "RUN", .text = "went well"});
    EXPECT_TRUE(verify(document(later), {}, signature, id_of(1)));
}

TEST(Signature, does_not_hold_for_anything_else) { // MAML-53
    const auto signature = signed_by(1, workflow());
    auto changed = workflow();
    changed.replace(changed.find("beds"), 4, "bugs");
    EXPECT_EQ(verify(document(changed), {}, signature, id_of(1)).error().code(),
              Errc::authentication);
    EXPECT_EQ(verify(document(workflow()), {}, signature, id_of(2)).error().code(),
              Errc::authentication);
    EXPECT_FALSE(verify(document(workflow()), {}, signature, ""));
    auto other = workflow();
    other.replace(other.find("night-shift"), 11, "day-shift  ");
    EXPECT_FALSE(read(other, Level::strict).document);
    other = workflow();
    other.replace(other.find("night-shift"), 11, "nigth-shift");
    EXPECT_TRUE(
        verify(document(other), {}, signature, id_of(1)).error().detail().contains("origin"));
}

TEST(Signature, holds_for_the_files_of_contracts_too) { // MAML-52 MAML-53
    const auto file = document(workflow());
    const auto specs_of = [](std::string_view text) {
        return std::vector<SpecFile>{{"a.mli", crypto::sha256(as_bytes(text))},
                                     {"b.mli", crypto::sha256(as_bytes("val b : int"))}};
    };
    const auto specs = specs_of("val a : int");
    const auto signature = *sign(file, specs, key_of(1), moment);
    EXPECT_TRUE(verify(file, specs, signature, id_of(1)));
    auto missing = specs;
    missing[1].hash.reset();
    const auto exchanged = std::vector{specs[1], specs[0]};
    for (const auto& others : {specs_of("val a : bool"), missing, exchanged, {specs[0]}, {}})
        EXPECT_EQ(verify(file, others, signature, id_of(1)).error().code(), Errc::authentication);
    EXPECT_EQ(sign(file, missing, key_of(1), moment).error().code(), Errc::invalid_argument);
}

TEST(Signature, no_byte_of_its_file_may_change) { // MAML-53
    const auto signature = signed_by(1, workflow());
    const auto file = document(workflow());
    for (std::size_t at = 0; at < signature.size(); at += at < 120 || at > 4050 ? 7 : 97) {
        auto changed = signature;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_FALSE(verify(file, {}, changed, id_of(1))) << at;
    }
    for (const auto& text : {signature + "\n", signature.substr(0, signature.size() - 1),
                             std::string(), "x" + signature, signature + signature})
        EXPECT_EQ(verify(file, {}, text, id_of(1)).error().code(), Errc::corrupt);
}

TEST(Signature, needs_an_origin_that_is_a_uri_and_a_key_of_its_scheme) { // MAML-52
    auto prose = workflow();
    prose.replace(prose.find("\"agent://night-shift\""), 21, "Night Shift");
    EXPECT_EQ(sign(document(prose), {}, key_of(1), moment).error().code(), Errc::invalid_argument);
    EXPECT_EQ(sign(document(workflow()), {}, key_of(1, crypto::SignatureScheme::ml_dsa_87), moment)
                  .error()
                  .code(),
              Errc::unsupported);
    EXPECT_FALSE(sign(document(workflow()), {}, key_of(1), "today"));
}

} // namespace
} // namespace torgo::maml
