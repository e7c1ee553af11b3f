#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "seal/sealer.hpp"
#include "seal/test_keys.hpp"

#include <gtest/gtest.h>
#include <jsoncons/json.hpp>

#include <fstream>

namespace torgo::seal {
namespace {

using jsoncons::json;

/// The published vectors: two programs that share no code with this one agree on them.
const json& vectors() {
    static const json all = [] {
        std::ifstream file(std::string(TORGO_VECTORS) + "/chimera.json");
        return json::parse(file);
    }();
    return all;
}

Bytes hex_field(const json& object, const char* name) {
    return from_hex(object[name].as<std::string>()).value();
}

Bytes message_of(const json& vector) {
    Bytes m(vector["length"].as<std::size_t>());
    for (std::size_t i = 0; i < m.size(); ++i)
        m[i] = static_cast<std::uint8_t>(i % 251);
    return m;
}

void expect_vector(const json& vector, crypto::Path path) {
    const auto suite = suite_from(vector["suite"].as<std::uint16_t>()).value();
    const auto keys = test_keys(suite);
    FixedRandom random(1);
    Sealer sealer(keys, 1, random, path);
    const auto m = message_of(vector);
    const bool compressed = vector["compressed"].as<bool>();
    const auto frame = compressed ? hex_field(vector, "payload_hex") : Bytes{};
    const Payload payload{.bytes = compressed ? frame : m,
                          .flags = compressed ? flag_compressed : std::uint8_t{0}};
    const auto id = keys.id(ChunkType::data, m);
    Bytes sealed(payload.bytes.size() + tag_size);
    const auto header = sealer.seal(ChunkType::data, id, m, payload, false, sealed).value();

    EXPECT_EQ(id.hex(), vector["id"].as<std::string>());
    EXPECT_EQ(to_hex(header.v), vector["v"].as<std::string>());
    EXPECT_EQ(to_hex(header.encode()), vector["hdr"].as<std::string>());
    EXPECT_EQ(to_hex(header.kc), vector["kc"].as<std::string>());
    EXPECT_EQ(to_hex(ByteView(sealed).last(tag_size)), vector["tag"].as<std::string>());
    EXPECT_EQ(crypto::sha256(ByteView(sealed).first(payload.bytes.size())).hex(),
              vector["ciphertext_sha256"].as<std::string>());
    Bytes plain;
    ASSERT_TRUE(sealer.open(header, sealed, plain).has_value());
    EXPECT_EQ(plain, m);
}

TEST(KnownAnswers, are_twenty_one_under_the_keys_of_these_tests) {
    EXPECT_EQ(vectors()["vectors"].size(), 21U);
    EXPECT_EQ(vectors()["repo_id"].as<std::string>(), test_repo().hex());
    EXPECT_EQ(vectors()["dedup_secret"].as<std::string>(), to_hex(test_dedup().view()));
    EXPECT_EQ(vectors()["epoch"].as<std::uint32_t>(), test_keys(Suite::chimera256).epoch());
}

// [SEAL-31]
TEST(KnownAnswers, the_reference_path_reproduces_and_opens_every_vector) {
    for (const auto& vector : vectors()["vectors"].array_range())
        expect_vector(vector, crypto::Path::reference);
}

// [SEAL-30] [SEAL-31]
TEST(KnownAnswers, the_fast_path_reproduces_and_opens_every_vector) {
    for (const auto& vector : vectors()["vectors"].array_range())
        expect_vector(vector, crypto::Path::fast);
}

} // namespace
} // namespace torgo::seal
