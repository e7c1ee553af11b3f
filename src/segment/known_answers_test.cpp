#include "segment/regenerate.hpp"
#include "segment/stored_segments.hpp"

#include <gtest/gtest.h>
#include <jsoncons/json.hpp>

#include <fstream>

namespace torgo::segment {
namespace {

using jsoncons::json;

/// Made by tests/vectors/make_segment_vectors.py, which shares no code with this program.
const json& vectors() {
    static const json all = [] {
        std::ifstream file(std::string(TORGO_VECTORS) + "/segment.json");
        return json::parse(file);
    }();
    return all;
}

std::string text(const json& object, const char* name) {
    return object[name].as<std::string>();
}

Stored expect_pack(const json& vector, CodeKind kind) {
    const Code code{vector["k"].as<std::uint8_t>(), vector["n"].as<std::uint8_t>(), kind};
    const PackClass cls{vector["class"].as<std::uint8_t>()};
    const auto stored = store(code, vector["size"].as<std::size_t>(), cls);
    SCOPED_TRACE(std::to_string(code.k) + " of " + std::to_string(code.n));
    EXPECT_EQ(stored.info.id(test_repo()).hex(), text(vector, "pack_id"));
    EXPECT_EQ(stored.info.segment_file_size(), vector["segment_file_size"].as<std::uint64_t>());
    for (unsigned i = 0; i < code.n; ++i) {
        EXPECT_EQ(stored.info.segments[i].hex(), vector["segments"][i].as<std::string>());
        EXPECT_EQ(crypto::sha256(stored.files[i]).hex(),
                  vector["file_sha256"][i].as<std::string>());
    }
    Writer record;
    stored.info.encode(record);
    EXPECT_EQ(crypto::sha256(record.view()).hex(), text(vector, "info_sha256"));
    return stored;
}

TEST(KnownAnswers, the_same_packs_give_the_same_names_and_files) {
    ASSERT_EQ(vectors()["packs"].size(), 11U);
    for (const auto& vector : vectors()["packs"].array_range())
        expect_pack(vector, CodeKind::reed_solomon);
}

TEST(KnownAnswers, the_same_packs_give_the_same_combinations_for_what_is_lost) { // [SEGMENT-17]
    ASSERT_EQ(vectors()["regenerating_packs"].size(), 4U);
    for (const auto& vector : vectors()["regenerating_packs"].array_range()) {
        const auto stored = expect_pack(vector, CodeKind::regenerating);
        const auto payload = stored.info.segment_payload_size();
        Bytes said(payload / 2);
        for (std::uint8_t lost = 0; lost < 4; ++lost)
            for (unsigned i = 0; i < 4; ++i) {
                combine_cells(ByteView(stored.files[i]).first(payload), lost, said);
                EXPECT_EQ(crypto::sha256(said).hex(),
                          vector["combined_sha256"][lost][i].as<std::string>());
            }
    }
}

TEST(KnownAnswers, the_same_trees_give_the_same_roots_and_proofs) {
    ASSERT_EQ(vectors()["trees"].size(), 12U);
    for (const auto& vector : vectors()["trees"].array_range()) {
        const auto count = vector["leaves"].as<std::uint32_t>();
        const auto index = vector["index"].as<std::uint32_t>();
        std::vector<Digest> leaves;
        for (std::uint32_t i = 0; i < count; ++i) {
            Writer out;
            leaves.push_back(leaf_hash(out.put(i).view()));
        }
        EXPECT_EQ(merkle_root(leaves).hex(), text(vector, "root"));
        Proof proof;
        for (const auto& hash : vector["proof"].array_range())
            proof.push_back(Digest::parse(hash.as<std::string>()).value());
        EXPECT_EQ(prove(leaves, index), proof);
        EXPECT_TRUE(check_proof(merkle_root(leaves), index, count, leaves[index], proof));
    }
}

} // namespace
} // namespace torgo::segment
