// The records that lie on heads: what is written comes back, and nothing else is taken.
#include "base/codec.hpp"
#include "repo/batch.hpp"
#include "repo/index_record.hpp"
#include "repo/key_slot.hpp"
#include "repo/snapshot_record.hpp"
#include "seal/test_keys.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>

namespace torgo::repo {
namespace {

using crypto::SigningKey;
using rc::gen::arbitrary;
using rc::gen::inRange;

template <class IdType>
IdType any_id() {
    return IdType{*rc::gen::container<decltype(IdType::bytes)>(arbitrary<std::uint8_t>())};
}

template <class IdType>
std::vector<IdType> any_ids(std::size_t count_max) {
    std::vector<IdType> ids(*inRange<std::size_t>(0, count_max + 1));
    std::ranges::generate(ids, any_id<IdType>);
    return ids;
}

const SigningKey& signing_key(crypto::SignatureScheme scheme) {
    static const auto seed = crypto::SecretBytes::copy_of(Bytes(32, 1));
    static const auto pack = *SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_87, seed);
    static const auto record = *SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_65, seed);
    return scheme == crypto::SignatureScheme::ml_dsa_87 ? pack : record;
}

using Takes = std::function<bool(ByteView)>;

/// No record is taken that ends too early, nor one that goes on.
void expect_whole_only(const Bytes& record, const Takes& takes) {
    EXPECT_TRUE(takes(record));
    for (std::size_t size = 0; size < record.size(); size += 1 + size / 200)
        EXPECT_FALSE(takes(ByteView(record).first(size))) << size;
    EXPECT_FALSE(takes(ByteView(record).first(record.size() - 1)));
    auto longer = record;
    longer.push_back(0);
    EXPECT_FALSE(takes(longer));
}

segment::PackInfo any_pack() {
    segment::PackInfo pack;
    pack.cls = *rc::gen::element(segment::PackClass::data, segment::PackClass::metadata);
    pack.code.n = *inRange<std::uint8_t>(1, 6);
    pack.code.k = *inRange<std::uint8_t>(1, static_cast<std::uint8_t>(pack.code.n + 1));
    pack.size = *inRange<std::uint64_t>(1, 1025) * segment::cell_size;
    pack.segments.resize(pack.code.n);
    std::ranges::generate(pack.segments, any_id<SegmentId>);
    return pack;
}

Bytes encoded(const Batch& batch) {
    return *encode_batch(batch, signing_key(crypto::SignatureScheme::ml_dsa_87));
}

} // namespace

RC_GTEST_PROP(BatchRecord, round_trip, ()) {
    Batch batch{.repo = any_id<RepoId>(), .writer = any_id<WriterId>(), .packs = {}};
    batch.packs.resize(*inRange<std::size_t>(0, 5));
    std::ranges::generate(batch.packs, any_pack);
    const auto got = decode_batch(encoded(batch)).value();
    RC_ASSERT(got.repo == batch.repo);
    RC_ASSERT(got.writer == batch.writer);
    RC_ASSERT(got.packs == batch.packs);
}

TEST(BatchRecord, is_taken_whole_or_not_at_all) {
    segment::PackInfo pack;
    pack.size = segment::cell_size;
    pack.segments.resize(pack.code.n);
    const auto record = encoded({.repo = RepoId{{1}}, .writer = WriterId{{2}}, .packs = {pack}});
    expect_whole_only(record, [](ByteView bytes) { return decode_batch(bytes).has_value(); });
    auto other = record;
    other[0] ^= 1U;
    EXPECT_EQ(decode_batch(other).error().code(), Errc::corrupt);
    other = record;
    other[4] = 2;
    EXPECT_EQ(decode_batch(other).error().code(), Errc::unsupported);
}

RC_GTEST_PROP(IndexRecord, round_trip, ()) {
    IndexRecord record{.packs = any_ids<PackId>(4), .chunks = {}};
    const auto packs = static_cast<std::uint32_t>(record.packs.size());
    if (packs != 0) record.chunks.resize(*inRange<std::size_t>(0, 6));
    for (auto& chunk : record.chunks)
        chunk = {any_id<ChunkId>(), *inRange(std::uint32_t{0}, packs), *arbitrary<std::uint32_t>()};
    RC_ASSERT(decode_index(encode_index(record)).value() == record);
}

// REPO-1
TEST(IndexRecord, is_taken_whole_or_not_at_all) {
    IndexRecord record{.packs = {PackId{{1}}, PackId{{2}}}, .chunks = {{ChunkId{{3}}, 1, 70}}};
    expect_whole_only(encode_index(record),
                      [](ByteView bytes) { return decode_index(bytes).has_value(); });
    record.chunks.front().pack = 2;
    EXPECT_EQ(decode_index(encode_index(record)).error().code(), Errc::corrupt) << "no such pack";
    auto later = encode_index({});
    later[0] = 2;
    EXPECT_EQ(decode_index(later).error().code(), Errc::unsupported);
}

namespace {

/// Keys that seal the bodies of snapshots.
struct Owner {
    seal::Keys keys = seal::test_keys(seal::Suite::chimera256);
    seal::FixedRandom random{1};
    seal::Sealer sealer{keys, seal::zstd_level_default, random};

    Bytes encode(const Snapshot& snapshot) {
        return *encode_snapshot(RepoId{{1}}, snapshot, keys, sealer,
                                signing_key(crypto::SignatureScheme::ml_dsa_65));
    }
};

Snapshot any_snapshot() {
    Snapshot out{.id = {},
                 .writer = any_id<WriterId>(),
                 .counter = *inRange<std::uint64_t>(1, UINT64_MAX),
                 .parents = any_ids<SnapshotId>(4),
                 .body = {}};
    out.body = {.time_ns = *arbitrary<std::int64_t>(),
                .host = *arbitrary<std::string>(),
                .user = *arbitrary<std::string>(),
                .paths = *arbitrary<std::vector<std::string>>(),
                .tags = *arbitrary<std::vector<std::string>>(),
                .tree = any_id<ChunkId>(),
                .files = *arbitrary<std::uint64_t>(),
                .directories = *arbitrary<std::uint64_t>(),
                .bytes = *arbitrary<std::uint64_t>(),
                .bytes_new = *arbitrary<std::uint64_t>(),
                .program = *arbitrary<std::string>()};
    return out;
}

auto fields_of(const SnapshotBody& body) {
    return std::tie(body.time_ns, body.host, body.user, body.paths, body.tags, body.tree,
                    body.files, body.directories, body.bytes, body.bytes_new, body.program);
}

} // namespace

RC_GTEST_PROP(SnapshotRecord, round_trip, ()) {
    Owner owner;
    const auto snapshot = any_snapshot();
    const auto frame = decode_snapshot_frame(owner.encode(snapshot)).value();
    RC_ASSERT(frame.repo == RepoId{{1}});
    RC_ASSERT(frame.sealed.size() % 1024 == seal::tag_size); // REPO-27: it does not tell lengths
    const auto got = open_snapshot(frame, owner.sealer).value();
    RC_ASSERT(got.id == frame.id);
    RC_ASSERT(got.writer == snapshot.writer);
    RC_ASSERT(got.counter == snapshot.counter);
    RC_ASSERT(got.parents == snapshot.parents);
    RC_ASSERT(fields_of(got.body) == fields_of(snapshot.body));
}

// REPO-28
TEST(SnapshotRecord, is_taken_whole_or_not_at_all) {
    Owner owner;
    Snapshot snapshot{.id = {}, .writer = {}, .counter = 7, .parents = {{}, {}}, .body = {}};
    const auto record = owner.encode(snapshot);
    expect_whole_only(record,
                      [](ByteView bytes) { return decode_snapshot_frame(bytes).has_value(); });
    auto later = record;
    later[4] = 2;
    EXPECT_EQ(decode_snapshot_frame(later).error().code(), Errc::unsupported);
    for (const std::uint64_t counter : {std::uint64_t{0}, UINT64_MAX}) {
        snapshot.counter = counter;
        EXPECT_FALSE(decode_snapshot_frame(owner.encode(snapshot)).has_value()) << counter;
    }
    auto frame = *decode_snapshot_frame(record);
    frame.sealed[5] ^= 1U;
    EXPECT_EQ(open_snapshot(frame, owner.sealer).error().code(), Errc::authentication);
}

namespace {

constexpr RepoId slot_repo{{9}};

Credential key_file() {
    return {.custody = Custody::key_file, .secret = crypto::SecretBytes::copy_of(Bytes(40, 5))};
}

SlotInput slot_input() {
    return {.repo = slot_repo, .slot = {1}, .salt = {2}, .cost = {}, .label = "a label"};
}

Secrets some_secrets() {
    seal::FixedRandom random(3);
    return Secrets::generate(seal::Suite::chimera2048, random);
}

bool same(const crypto::SecretBytes& a, const crypto::SecretBytes& b) {
    return std::ranges::equal(a.view(), b.view());
}

/// The slot with its first two wrapped secrets the other way round; each alone is in order.
Bytes with_heads_swapped(const Bytes& slot) {
    constexpr std::size_t fixed = 4 + 1 + 16 + 8 + 1 + 3 * 4 + 32;
    Reader in(slot);
    Writer out;
    out.raw(*in.raw(fixed)).blob(*in.blob(2000)).varint(*in.varint());
    const auto take = [&in] {
        Writer one;
        one.raw(*in.raw(5)).blob(*in.blob(2048));
        return std::move(one).take();
    };
    const auto first = take();
    out.raw(take()).raw(first).raw(*in.raw(in.left()));
    return std::move(out).take();
}

} // namespace

TEST(KeySlot, gives_every_secret_back) {
    const auto secrets = some_secrets();
    const auto slot = *seal_slot(slot_input(), key_file(), secrets);
    const auto opened = open_slot(slot, slot_repo, key_file());
    ASSERT_TRUE(opened.has_value()) << opened.error().detail();
    const auto& got = opened->secrets;
    EXPECT_TRUE(std::ranges::equal(got.heads, secrets.heads, same));
    EXPECT_TRUE(same(got.dedup, secrets.dedup));
    EXPECT_TRUE(same(got.root_ml_dsa, secrets.root_ml_dsa));
    EXPECT_TRUE(same(got.root_slh_dsa, secrets.root_slh_dsa));
    EXPECT_EQ(inspect_slot(slot, slot_repo, &secrets)->label, "a label");
    EXPECT_EQ(inspect_slot(slot, slot_repo, nullptr)->label, "");
    EXPECT_EQ(inspect_slot(slot, slot_repo, nullptr)->custody, Custody::key_file);
}

// REPO-8 REPO-11
TEST(KeySlot, opens_with_every_byte_as_it_was_and_no_other_way) {
    const auto secrets = some_secrets();
    const auto slot = *seal_slot(slot_input(), key_file(), secrets);
    expect_whole_only(
        slot, [](ByteView bytes) { return open_slot(bytes, slot_repo, key_file()).has_value(); });
    for (std::size_t i = 0; i < slot.size(); ++i) {
        auto other = slot;
        other[i] ^= 1U;
        const bool refused = !open_slot(other, slot_repo, key_file()) ||
                             !inspect_slot(other, slot_repo, &secrets); // the label is not opened
        EXPECT_TRUE(refused) << i;
    }
    EXPECT_FALSE(open_slot(slot, RepoId{{8}}, key_file()).has_value());
    auto wrong = key_file();
    wrong.secret = crypto::SecretBytes::copy_of(Bytes(40, 6));
    EXPECT_EQ(open_slot(slot, slot_repo, wrong).error().code(), Errc::wrong_password);
    const auto swapped = with_heads_swapped(slot);
    ASSERT_EQ(swapped.size(), slot.size());
    EXPECT_EQ(open_slot(swapped, slot_repo, key_file()).error().code(), Errc::corrupt);
}

} // namespace torgo::repo
