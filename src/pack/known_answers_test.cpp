#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "pack/footer.hpp"
#include "pack/shares.hpp"
#include "pack/test_repository.hpp"

#include <gtest/gtest.h>
#include <jsoncons/json.hpp>

#include <fstream>

namespace torgo::pack {
namespace {

using jsoncons::json;

/// Made by tests/vectors/make_pack_vectors.py, which shares no code with this program.
const json& vectors() {
    static const json all = [] {
        std::ifstream file(std::string(TORGO_VECTORS) + "/pack.json");
        return json::parse(file);
    }();
    return all;
}

Bytes hex_field(const json& object, const char* name) {
    return from_hex(object[name].as<std::string>()).value();
}

/// SHA-256("torgo test pack" || u64 i), one after another, `size` bytes of them.
Bytes noise(std::size_t size) {
    Writer out;
    for (std::uint64_t i = 0; out.size() < size; ++i) {
        Writer in;
        in.raw(as_bytes("torgo test pack")).put(i);
        out.raw(crypto::sha256(in.view()).view());
    }
    auto bytes = std::move(out).take();
    bytes.resize(size);
    return bytes;
}

/// The published pack, put together from its published parts.
Bytes published_pack() {
    const auto& vector = vectors()["pack"];
    auto pack = hex_field(vector, "content");
    const auto padding = noise(vector["trailer_offset"].as<std::size_t>() - pack.size());
    const auto trailer = hex_field(vector, "trailer");
    const auto footer = hex_field(vector, "footer");
    pack.insert(pack.end(), padding.begin(), padding.end());
    pack.insert(pack.end(), trailer.begin(), trailer.end());
    pack.insert(pack.end(), footer.begin(), footer.end());
    return pack;
}

TEST(KnownAnswers, the_published_pack_can_be_read) {
    const auto& vector = vectors()["pack"];
    const auto pack = published_pack();
    ASSERT_EQ(crypto::sha256(pack).hex(), vector["pack_sha256"].as<std::string>());
    TestRepository repository;
    const auto entries = repository.read(pack);
    ASSERT_TRUE(entries) << entries.error().detail();
    ASSERT_EQ(entries->size(), vector["chunks"].size());
    for (std::size_t i = 0; i < entries->size(); ++i) {
        const auto& chunk = vector["chunks"][i];
        const auto& header = entries->at(i).header;
        EXPECT_EQ(static_cast<unsigned>(header.type), chunk["type"].as<unsigned>());
        EXPECT_EQ(header.id.hex(), chunk["id"].as<std::string>());
        EXPECT_EQ(header.sealed_size(), chunk["sealed_size"].as<std::size_t>());
        EXPECT_EQ(repository.open(pack, entries->at(i)).value(), hex_field(chunk, "message"));
    }
    EXPECT_EQ(encode_entries(*entries), hex_field(vector, "trailer_plaintext"));
}

/// Gives the published V where a trailer wants a random one.
class PublishedV final : public env::Random {
public:
    void fill(ByteSpan out) override {
        const auto v = hex_field(vectors()["pack"], "trailer_v");
        std::ranges::copy_n(v.begin(), static_cast<std::ptrdiff_t>(out.size()), out.begin());
    }
};

TEST(KnownAnswers, the_published_chunks_give_the_published_trailer_and_footer) {
    const auto& vector = vectors()["pack"];
    TestRepository repository;
    const auto footer_key = repository.keys.footer_key();
    EXPECT_EQ(to_hex(footer_key.view()), vectors()["footer_key"].as<std::string>());
    PublishedV random;
    seal::Sealer sealer(repository.keys, 1, random);
    Builder builder(PackClass::data);
    for (const auto& chunk : vector["chunks"].array_range())
        ASSERT_TRUE(repository.add(builder, hex_field(chunk, "message"),
                                   seal::ChunkType{chunk["type"].as<std::uint8_t>()}));
    const auto packs = builder.finish(sealer, repository.keys, random, true).value();
    const auto expected = published_pack();
    const auto made = packs.at(0).bytes();
    ASSERT_EQ(made.size(), expected.size());
    const auto content = hex_field(vector, "content").size();
    EXPECT_TRUE(std::ranges::equal(made.first(content), ByteView(expected).first(content)));
    const auto end = expected.size() - vector["trailer_offset"].as<std::size_t>();
    EXPECT_EQ(to_hex(made.last(end)), to_hex(ByteView(expected).last(end)));
}

TEST(KnownAnswers, the_ladder_is_climbed_as_published) { // [PACK-11]
    ASSERT_EQ(vectors()["ladder"].size(), 27U);
    for (const auto& vector : vectors()["ladder"].array_range()) {
        std::vector<Entry> entries;
        for (const auto& run : vector["payloads"].array_range()) {
            Entry entry;
            entry.header.plain_size = run[1].as<std::uint32_t>();
            entry.header.payload_size = run[1].as<std::uint32_t>();
            entries.resize(entries.size() + run[0].as<std::size_t>(), entry);
        }
        std::vector<Share> expected;
        for (const auto& pack : vector["packs"].array_range())
            expected.push_back({pack[0].as<std::size_t>(), pack[1].as<std::size_t>()});
        EXPECT_EQ(shares(entries), expected) << vector.to_string();
    }
}

} // namespace
} // namespace torgo::pack
