#include "seal/sealer.hpp"
#include "seal/test_keys.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <bit>

namespace torgo::seal {
namespace {

using crypto::SecretBytes;

struct Sealed {
    SealedHeader header;
    Bytes bytes;
};

/// One repository's keys, a sealer, and short ways to seal and open.
class Desk {
public:
    explicit Desk(Suite suite, std::uint32_t epoch = 7)
        : keys(test_keys(suite, epoch)), sealer(keys, 3, m_random) {}

    explicit Desk(Keys k) : keys(std::move(k)), sealer(keys, 3, m_random) {}

    Sealed seal(ByteView m, const Payload& payload, bool random_v = false,
                ChunkType type = ChunkType::data) {
        Sealed out{.header = {}, .bytes = Bytes(payload.bytes.size() + tag_size)};
        out.header = sealer.seal(type, keys.id(type, m), m, payload, random_v, out.bytes).value();
        return out;
    }

    Sealed seal(ByteView m, bool random_v = false, ChunkType type = ChunkType::data) {
        return seal(m, sealer.compress(m), random_v, type);
    }

    std::optional<Bytes> open(const SealedHeader& header, ByteView sealed) {
        Bytes plain{1, 2, 3};
        const auto result = sealer.open(header, sealed, plain);
        if (result) return plain;
        EXPECT_EQ(result.error().code(), Errc::authentication);
        EXPECT_EQ(result.error().detail(), "chunk does not authenticate");
        EXPECT_TRUE(plain.empty());
        return std::nullopt;
    }

    std::optional<Bytes> open(const Sealed& sealed) { return open(sealed.header, sealed.bytes); }

    Keys keys;

private:
    FixedRandom m_random{42};

public:
    Sealer sealer;
};

RC_GTEST_PROP(Sealer, round_trip, ()) {
    const auto suite = *rc::gen::elementOf(test_suites);
    const auto size = *rc::gen::inRange<std::size_t>(0, 200'000);
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const auto m = *rc::gen::arbitrary<bool>() ? test_noise(size, seed) : test_text(size, seed);
    const auto type = *rc::gen::element(ChunkType::data, ChunkType::tree, ChunkType::snapshot);
    const bool random_v = *rc::gen::arbitrary<bool>();
    Desk desk(suite);
    const auto sealed = desk.seal(m, random_v, type);
    RC_ASSERT(sealed.bytes.size() == sealed.header.sealed_size());
    RC_ASSERT(desk.open(sealed) == m);
    const auto again = desk.seal(m, random_v, type);
    RC_ASSERT((again.bytes == sealed.bytes) == !random_v);
}

/// Small chunks of both payload kinds with both kinds of V.
std::vector<Sealed> samples(Desk& desk) {
    const auto text = test_text(300, 1);
    const auto noise = test_noise(50, 2);
    std::vector<Sealed> out;
    for (const bool random_v : {false, true}) {
        out.push_back(desk.seal(text, random_v, ChunkType::tree));
        out.push_back(desk.seal(noise, random_v));
        out.push_back(desk.seal({}, random_v));
    }
    EXPECT_EQ(out[0].header.flags & flag_compressed, flag_compressed);
    return out;
}

template <class Field>
void expect_every_flip_refused(Desk& desk, const Sealed& sealed, Field field) {
    auto changed = sealed;
    const ByteSpan bytes = field(changed);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
        bytes[bit / 8] ^= mask;
        ASSERT_FALSE(desk.open(changed).has_value()) << "bit " << bit;
        bytes[bit / 8] ^= mask;
    }
}

// [SEAL-17] [SEAL-19] [SEAL-22] [SEAL-25]
TEST(Sealer, refuses_every_flipped_bit_of_v_kc_ciphertext_and_tag) {
    for (const auto suite : test_suites) {
        Desk desk(suite);
        for (const auto& sealed : samples(desk)) {
            expect_every_flip_refused(desk, sealed, [](Sealed& s) { return ByteSpan(s.header.v); });
            expect_every_flip_refused(desk, sealed,
                                      [](Sealed& s) { return ByteSpan(s.header.kc); });
            expect_every_flip_refused(desk, sealed, [](Sealed& s) { return ByteSpan(s.bytes); });
            ASSERT_TRUE(desk.open(sealed).has_value());
        }
    }
}

TEST(Sealer, refuses_every_flipped_bit_of_the_header) {
    for (const auto suite : test_suites) {
        Desk desk(suite);
        for (const auto& sealed : samples(desk)) {
            const auto hdr = sealed.header.encode();
            for (std::size_t bit = 0; bit < 8 * hdr.size(); ++bit) {
                auto changed = hdr;
                changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
                auto header = SealedHeader::decode(changed);
                if (!header) continue;
                header->v = sealed.header.v;
                header->kc = sealed.header.kc;
                ASSERT_FALSE(desk.open(*header, sealed.bytes).has_value()) << "bit " << bit;
            }
        }
    }
}

TEST(Sealer, refuses_every_other_length_and_swapped_chunks) {
    Desk desk(Suite::chimera2048);
    const auto all = samples(desk);
    for (const auto& sealed : all) {
        for (std::size_t size = 0; size < sealed.bytes.size(); ++size)
            ASSERT_FALSE(desk.open(sealed.header, ByteView(sealed.bytes).first(size)));
        auto longer = sealed.bytes;
        longer.push_back(0);
        ASSERT_FALSE(desk.open(sealed.header, longer));
    }
    const auto a = desk.seal(test_noise(100, 5));
    const auto b = desk.seal(test_noise(100, 6));
    EXPECT_FALSE(desk.open(a.header, b.bytes));
    auto mixed = a.header;
    mixed.v = b.header.v;
    EXPECT_FALSE(desk.open(mixed, a.bytes));
    mixed.kc = b.header.kc;
    EXPECT_FALSE(desk.open(mixed, a.bytes));
    mixed.id = b.header.id;
    EXPECT_FALSE(desk.open(mixed, a.bytes));
    EXPECT_TRUE(desk.open(mixed, b.bytes));
}

// [SEAL-5]
TEST(Sealer, refuses_a_wrong_head_in_any_position_and_any_other_secret) {
    for (const auto suite : test_suites) {
        Desk desk(suite);
        const auto sealed = desk.seal(test_noise(100, 1));
        for (std::size_t i = 0; i < head_count(suite); ++i)
            for (const std::size_t at : {std::size_t{0}, head_size(suite) - 1}) {
                auto heads = test_heads(suite);
                heads[i].span()[at] ^= 1;
                Desk other(Keys::derive(suite, test_repo(), 7, heads, test_dedup()).value());
                EXPECT_FALSE(other.open(sealed));
            }
        auto dedup = test_dedup();
        dedup.span()[63] ^= 1;
        auto repo = test_repo();
        repo.bytes[15] ^= 1;
        const auto heads = test_heads(suite);
        Desk other_dedup(Keys::derive(suite, test_repo(), 7, heads, dedup).value());
        Desk other_repo(Keys::derive(suite, repo, 7, heads, test_dedup()).value());
        Desk other_epoch(suite, 8);
        for (auto* other : {&other_dedup, &other_repo, &other_epoch})
            EXPECT_FALSE(other->open(sealed));
    }
}

TEST(Sealer, the_order_of_heads_matters) {
    Desk desk(Suite::chimera2048);
    const auto sealed = desk.seal(test_noise(100, 1));
    auto heads = test_heads(Suite::chimera2048);
    std::swap(heads[0], heads[3]);
    Desk swapped(Keys::derive(Suite::chimera2048, test_repo(), 7, heads, test_dedup()).value());
    EXPECT_FALSE(swapped.open(sealed));
}

// Trap a: the same plaintext as two frames; one V would give both one keystream. [SEAL-12]
// [SEAL-13]
TEST(Sealer, two_payloads_of_one_plaintext_never_share_v) {
    Desk desk(Suite::chimera2048);
    const auto m = test_text(100'000, 1);
    FixedRandom random(1);
    Sealer quick(desk.keys, 1, random);
    Sealer thorough(desk.keys, 19, random);
    const auto a = quick.compress(m);
    const auto b = thorough.compress(m);
    ASSERT_FALSE(std::ranges::equal(a.bytes, b.bytes)) << "the levels must differ for this test";
    const auto sealed_a = desk.seal(m, a);
    const auto sealed_b = desk.seal(m, b);
    const auto sealed_plain = desk.seal(m, {.bytes = m, .flags = 0});
    EXPECT_EQ(sealed_a.header.id, sealed_b.header.id);
    EXPECT_NE(sealed_a.header.v, sealed_b.header.v);
    EXPECT_NE(sealed_a.header.v, sealed_plain.header.v);
    EXPECT_EQ(desk.open(sealed_a), m);
    EXPECT_EQ(desk.open(sealed_b), m);
    EXPECT_EQ(desk.open(sealed_plain), m);
}

// Trap c: were a new epoch's ciphertext the old one XOR something of the replaced head alone,
// whoever kept the old one and that head could follow. All layers change, whichever head is
// replaced. [SEAL-8]
TEST(Sealer, a_new_epoch_changes_every_layer) {
    const auto m = test_noise(4096, 1);
    Desk before(Suite::chimera2048, 7);
    auto heads = test_heads(Suite::chimera2048);
    heads[1].span()[0] ^= 0xFF;
    Desk after(Keys::derive(Suite::chimera2048, test_repo(), 8, heads, test_dedup()).value());
    const auto old_chunk = before.seal(m);
    const auto new_chunk = after.seal(m);
    EXPECT_EQ(old_chunk.header.id, new_chunk.header.id);
    std::array<std::array<crypto::ShortLivedKey, 3>, 2> layers;
    std::array<crypto::ShortLivedKey, 2> outer;
    (void)before.keys.chunk_keys(old_chunk.header.v, layers[0], outer[0]);
    (void)after.keys.chunk_keys(new_chunk.header.v, layers[1], outer[1]);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_FALSE(std::ranges::equal(layers[0][i].view(), layers[1][i].view())) << i;
    EXPECT_FALSE(std::ranges::equal(outer[0].view(), outer[1].view()));
    EXPECT_FALSE(before.open(new_chunk));
    EXPECT_FALSE(after.open(old_chunk));
}

// [SEAL-14]
TEST(Sealer, a_random_v_is_fresh_marked_and_not_recomputed) {
    Desk desk(Suite::chimera2048);
    const auto m = test_text(1000, 1);
    const auto a = desk.seal(m, true, ChunkType::index);
    const auto b = desk.seal(m, true, ChunkType::index);
    EXPECT_NE(a.header.v, b.header.v);
    EXPECT_NE(a.bytes, b.bytes);
    EXPECT_EQ(a.header.flags, flag_random_v | flag_compressed);
    EXPECT_EQ(desk.open(a), m);
    auto unmarked = a;
    unmarked.header.flags = flag_compressed;
    EXPECT_FALSE(desk.open(unmarked));
    auto marked = desk.seal(m);
    marked.header.flags |= flag_random_v;
    EXPECT_FALSE(desk.open(marked));
}

// [SEAL-24]
TEST(Sealer, refuses_a_chunk_that_was_sealed_under_another_name) {
    Desk desk(Suite::chimera256);
    const auto m = test_noise(100, 1);
    const auto wrong = desk.keys.id(ChunkType::tree, m);
    for (const bool random_v : {false, true}) {
        Bytes out(m.size() + tag_size);
        const auto header =
            desk.sealer.seal(ChunkType::data, wrong, m, {.bytes = m, .flags = 0}, random_v, out);
        EXPECT_FALSE(desk.open(header.value(), out));
    }
}

/// Encrypts again under what the header says now, as only a holder of the keys can.
void seal_again(Desk& desk, Sealed& sealed, ByteView m) {
    const auto hdr = sealed.header.encode();
    std::array<crypto::ShortLivedKey, 3> heads;
    crypto::ShortLivedKey outer;
    const auto count = desk.keys.chunk_keys(sealed.header.v, heads, outer);
    Bytes aad(hdr.begin(), hdr.end());
    aad.insert(aad.end(), sealed.header.kc.begin(), sealed.header.kc.end());
    const ByteSpan out(sealed.bytes);
    crypto::Cascade().encrypt(std::span(heads).first(count), outer, aad, m, out.first(m.size()),
                              out.last<tag_size>());
}

// The tag alone would let these pass. [SEAL-17] [SEAL-24]
TEST(Sealer, refuses_a_v_or_kc_that_is_not_that_of_its_chunk) {
    for (const auto suite : test_suites) {
        Desk desk(suite);
        const auto m = test_noise(100, 1);
        const auto sealed = desk.seal(m);
        auto same = sealed;
        seal_again(desk, same, m);
        ASSERT_EQ(same.bytes, sealed.bytes);
        auto other_v = sealed;
        other_v.header.v[0] ^= 1;
        other_v.header.kc = desk.keys.commitment(other_v.header.v, other_v.header.encode()).bytes;
        seal_again(desk, other_v, m);
        EXPECT_FALSE(desk.open(other_v));
        auto other_kc = sealed;
        other_kc.header.kc[31] ^= 1;
        seal_again(desk, other_kc, m);
        EXPECT_FALSE(desk.open(other_kc));
    }
}

Bytes frame_of(ByteView m) {
    Bytes out(ZSTD_compressBound(m.size()));
    out.resize(ZSTD_compress(out.data(), out.size(), m.data(), m.size(), 3));
    return out;
}

/// A chunk of `plain_size` zeros whose payload is `frame`, sealed by someone who has the keys.
bool opens(Desk& desk, std::size_t plain_size, const Bytes& frame) {
    const Bytes m(plain_size);
    return desk.open(desk.seal(m, {.bytes = frame, .flags = flag_compressed})).has_value();
}

Bytes joined(const Bytes& a, const Bytes& b) {
    auto out = a;
    out.insert(out.end(), b.begin(), b.end());
    return out;
}

// [SEAL-11] [SEAL-23]
TEST(Sealer, refuses_frames_that_are_not_exactly_the_chunk) {
    Desk desk(Suite::chimera256);
    constexpr std::size_t size = 1000;
    const auto right = frame_of(Bytes(size));
    const Bytes skippable{0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4};
    EXPECT_TRUE(opens(desk, size, right));
    EXPECT_FALSE(opens(desk, size, frame_of(Bytes(16_MiB)))) << "a bomb";
    EXPECT_FALSE(opens(desk, size, frame_of(Bytes(size + 1))));
    EXPECT_FALSE(opens(desk, size, frame_of(Bytes(size - 1))));
    EXPECT_FALSE(opens(desk, size, joined(frame_of(Bytes(400)), frame_of(Bytes(600)))));
    EXPECT_FALSE(opens(desk, size, joined(right, skippable)));
    EXPECT_FALSE(opens(desk, size, joined(skippable, right)));
    EXPECT_FALSE(opens(desk, size, skippable));
    EXPECT_FALSE(opens(desk, size, joined(right, {0})));
    EXPECT_FALSE(opens(desk, size, Bytes(20, 0xFF)));
}

// [SEAL-21]
TEST(Sealer, takes_no_memory_for_a_header_over_the_limits) {
    Desk desk(Suite::chimera256);
    auto sealed = desk.seal(test_text(1000, 1));
    sealed.header.plain_size = UINT32_MAX;
    Bytes plain;
    EXPECT_FALSE(desk.sealer.open(sealed.header, sealed.bytes, plain));
    EXPECT_EQ(plain.capacity(), 0U);
    sealed.header.payload_size = UINT32_MAX - tag_size;
    EXPECT_FALSE(desk.sealer.open(sealed.header, sealed.bytes, plain));
    EXPECT_EQ(plain.capacity(), 0U);
}

TEST(Sealer, seal_refuses_what_could_not_be_opened) {
    Desk desk(Suite::chimera256);
    const auto seal = [&](ByteView m, const Payload& payload, std::size_t room) {
        Bytes out(room);
        const auto result = desk.sealer.seal(ChunkType::data, ChunkId{}, m, payload, false, out);
        return result ? Errc{} : result.error().code();
    };
    const Bytes large(chunk_size_max + 1);
    const Bytes m(160);
    const auto payload = [](ByteView bytes, std::uint8_t flags) {
        return Payload{.bytes = bytes, .flags = flags};
    };
    EXPECT_EQ(seal(large, payload(large, 0), large.size() + tag_size), Errc::limit_exceeded);
    EXPECT_EQ(seal(m, payload(m, 0), 160), Errc::invalid_argument);
    EXPECT_EQ(seal(m, payload(ByteView(m).first(100), 0), 116), Errc::invalid_argument);
    EXPECT_EQ(seal(m, payload(ByteView(m).first(151), flag_compressed), 167),
              Errc::invalid_argument);
    EXPECT_EQ(seal(m, payload(m, 0x04), 176), Errc::invalid_argument);
    EXPECT_EQ(seal(m, payload(ByteView(m).first(150), flag_compressed), 166), Errc{});
}

TEST(Sealer, the_largest_chunk_makes_the_round_trip) {
    Desk desk(Suite::chimera2048);
    for (const auto& m : {test_noise(chunk_size_max, 1), Bytes(chunk_size_max, 'x')})
        EXPECT_TRUE(desk.open(desk.seal(m)) == m);
}

TEST(Sealer, seals_in_place) {
    Desk desk(Suite::chimera2048);
    const auto m = test_noise(70'000, 1);
    const auto apart = desk.seal(m);
    auto buffer = m;
    buffer.resize(m.size() + tag_size);
    const auto place = ByteView(buffer).first(m.size());
    const auto id = desk.keys.id(ChunkType::data, m);
    const auto header =
        desk.sealer.seal(ChunkType::data, id, place, {.bytes = place, .flags = 0}, false, buffer);
    EXPECT_EQ(header.value(), apart.header);
    EXPECT_EQ(buffer, apart.bytes);
}

// [SEAL-11]
RC_GTEST_PROP(Compress, gains_a_sixteenth_or_leaves_the_chunk_alone, ()) {
    const auto size = *rc::gen::inRange<std::size_t>(0, 400'000);
    const auto noisy = *rc::gen::inRange<std::size_t>(0, size + 1);
    auto m = test_noise(noisy, 1);
    const auto text = test_text(size - noisy, 2);
    m.insert(m.end(), text.begin(), text.end());
    Desk desk(Suite::chimera256);
    const auto payload = desk.sealer.compress(m);
    if (payload.flags == 0)
        RC_ASSERT(payload.bytes.data() == m.data() && payload.bytes.size() == m.size());
    else
        RC_ASSERT(payload.bytes.size() * 16 <= m.size() * 15);
}

TEST(Compress, finds_text_wherever_it_is_among_noise) {
    Desk desk(Suite::chimera256);
    const auto text = test_text(256_KiB, 1);
    for (std::size_t at = 0; at <= 768_KiB; at += 128_KiB) {
        auto m = test_noise(1_MiB, at);
        std::ranges::copy(text, m.begin() + static_cast<std::ptrdiff_t>(at));
        EXPECT_EQ(desk.sealer.compress(m).flags, flag_compressed) << at;
    }
    EXPECT_EQ(desk.sealer.compress(test_noise(1_MiB, 1)).flags, 0);
    EXPECT_EQ(desk.sealer.compress(Bytes(1_MiB)).flags, flag_compressed);
}

TEST(Compress, levels_out_of_bounds_are_clamped) {
    const auto keys = test_keys(Suite::chimera256);
    FixedRandom random(1);
    const auto m = test_text(50'000, 1);
    const auto at_level = [&](int level) {
        Sealer sealer(keys, level, random);
        const auto bytes = sealer.compress(m).bytes;
        return Bytes(bytes.begin(), bytes.end());
    };
    EXPECT_EQ(at_level(-100), at_level(1));
    EXPECT_EQ(at_level(100), at_level(19));
}

} // namespace
} // namespace torgo::seal
