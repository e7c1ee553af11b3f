// PEER-37 PEER-39: orders and takeovers come back as they were, and no other bytes do.
#include "base/codec.hpp"
#include "crypto/tls.hpp"
#include "peer/node_uri.hpp"
#include "peer/order.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::peer {

namespace {

crypto::SigningKey key_of(crypto::SignatureScheme scheme, std::uint8_t seed) {
    return *crypto::SigningKey::from_seed(scheme, crypto::SecretBytes::copy_of(Bytes(32, seed)));
}

const crypto::SigningKey& owner() {
    static const auto key = key_of(crypto::SignatureScheme::ml_dsa_87, 1);
    return key;
}

const crypto::SigningKey& standby() {
    static const auto key = key_of(crypto::SignatureScheme::ml_dsa_65, 2);
    return key;
}

constexpr RepoId repository{{1, 2, 3}};

std::string uri(std::uint8_t number) {
    PeerId id;
    id.bytes.fill(number);
    return format_node_uri({.address = {Address::Way::tcp, "a", number}, .node = id});
}

Order order() {
    Order out;
    out.repository = repository;
    out.standby = format_node_uri({.address = {Address::Way::tcp, "s", 1},
                                   .node = crypto::peer_id_of(standby().public_key())});
    out.head_count = 4;
    out.places.bytes.fill(0xab);
    out.bytes_a_second = 1'000'000;
    out.label = "attic";
    return out;
}

Takeover takeover(const Digest& id) {
    return {.repository = repository,
            .order = id,
            .head = 1,
            .addresses = {{Address::Way::tcp, "s", 1}, {Address::Way::tor, "x.onion", 7443}},
            .node = crypto::peer_id_of(standby().public_key())};
}

Bytes signed_order(const Order& what) {
    return sign(what, owner(), crypto::SignMode::deterministic).value();
}

} // namespace

RC_GTEST_PROP(RepairOrder, comes_back_as_it_was, ()) {
    auto made = order();
    made.head = *rc::gen::element(0U, 1U, 3U, spare_index);
    made.bytes_a_second = *rc::gen::inRange<std::uint64_t>(1, ~std::uint64_t{0});
    made.rule = {.audit_every_s = *rc::gen::inRange<std::uint32_t>(1, max_audit_every_s + 1),
                 .misses = *rc::gen::inRange<std::uint32_t>(1, max_misses + 1),
                 .lost_after_s = *rc::gen::inRange<std::uint32_t>(0, max_lost_after_s + 1)};
    made.not_after_ns = *rc::gen::arbitrary<std::int64_t>();
    made.label = *rc::gen::arbitrary<std::string>();
    made.head_count = *rc::gen::inRange<unsigned>(4, max_order_heads + 1);
    const auto record = signed_order(made);
    const auto opened = open_order(record, repository, owner().public_key());
    RC_ASSERT(opened.has_value());
    RC_ASSERT(*opened == made);
}

TEST(RepairOrder, of_which_one_byte_differs_is_refused) {
    const auto record = signed_order(order());
    const auto key = owner().public_key();
    for (std::size_t i = 0; i < record.size(); i += i < 200 ? 1 : 97) {
        auto other = record;
        other[i] ^= 4U;
        EXPECT_FALSE(open_order(other, repository, key)) << i;
        EXPECT_FALSE(open_order(ByteView(record).first(i), repository, key)) << i;
    }
    auto longer = record;
    longer.push_back(0);
    EXPECT_FALSE(open_order(longer, repository, key));
    EXPECT_EQ(open_order(record, RepoId{{9}}, key).error().code(), Errc::authentication);
    const auto stranger = key_of(crypto::SignatureScheme::ml_dsa_87, 3);
    EXPECT_EQ(open_order(record, repository, stranger.public_key()).error().code(),
              Errc::authentication);
}

TEST(RepairOrder, out_of_its_bounds_is_not_signed) {
    const auto refused = [](auto change) {
        auto made = order();
        change(made);
        return !sign(made, owner()).has_value();
    };
    EXPECT_TRUE(refused([](Order& o) { o.standby = "dir:///a"; }));
    EXPECT_TRUE(refused([](Order& o) { o.standby.clear(); }));
    EXPECT_TRUE(refused([](Order& o) { o.head_count = 0; }));
    EXPECT_TRUE(refused([](Order& o) { o.head_count = max_order_heads + 1; }));
    EXPECT_TRUE(refused([](Order& o) { o.head = 4; }));
    EXPECT_TRUE(refused([](Order& o) { o.bytes_a_second = 0; }));
    EXPECT_TRUE(refused([](Order& o) { o.rule.audit_every_s = 0; }));
    EXPECT_TRUE(refused([](Order& o) { o.rule.misses = 0; }));
    EXPECT_TRUE(refused([](Order& o) { o.rule.lost_after_s = max_lost_after_s + 1; }));
    EXPECT_TRUE(refused([](Order& o) { o.label = std::string(max_label + 1, 'a'); }));
    EXPECT_FALSE(sign(order(), standby()).has_value()) << "the wrong kind of key";
}

/// The bytes in docs/spec/peer-protocol.md 7.1, from the order described there.
TEST(RepairOrder, has_the_bytes_of_the_specification) {
    auto made = order();
    made.standby = uri(5);
    made.head = 0;
    made.head_count = 2;
    const auto record = signed_order(made);
    const auto size = record.size() - 4627;
    std::string node;
    for (int i = 0; i < 32; ++i)
        node += "05";
    Writer expected;
    expected.raw(as_bytes("TGO1")).put(std::uint8_t{1}).raw(repository.view());
    expected.raw(Bytes{0x4a}).raw(as_bytes("tls://a:5/" + node)).raw(Bytes{0, 2});
    expected.raw(Bytes(32, 0xab));
    expected.raw(Bytes{0x40, 0x42, 0x0f, 0, 0, 0, 0, 0});      // 1,000,000 bytes a second
    expected.raw(Bytes{0x10, 0x0e, 0, 0, 0x48, 0, 0, 0});      // 3,600 s, 72 audits
    expected.raw(Bytes{0x80, 0xf4, 0x03, 0, 0}).text("attic"); // 259,200 s, no date
    EXPECT_EQ(Bytes(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(size)),
              std::move(expected).take());
}

RC_GTEST_PROP(RepairPlaces, come_back_as_they_were, ()) {
    std::vector<std::string> heads;
    for (auto left = *rc::gen::inRange<std::size_t>(1, max_order_heads + 1); left > 0; --left)
        heads.push_back(*rc::gen::element<std::string>("", uri(1), uri(200)));
    const auto record = encode_places(heads).value();
    RC_ASSERT(record.size() <= max_places);
    const auto back = decode_places(record);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == heads);
    RC_ASSERT(
        !decode_places(ByteView(record).first(*rc::gen::inRange<std::size_t>(0, record.size()))));
    auto longer = record;
    longer.push_back(0);
    RC_ASSERT(!decode_places(longer));
}

TEST(RepairPlaces, of_no_node_are_refused) {
    EXPECT_FALSE(encode_places({}));
    EXPECT_FALSE(encode_places({uri(1), "dir:///a"}));
    EXPECT_FALSE(encode_places(std::vector<std::string>(max_order_heads + 1)));
    auto record = encode_places({uri(1)}).value();
    EXPECT_TRUE(decode_places(record));
    record[7] ^= 1U; // tls:// becomes another scheme
    EXPECT_FALSE(decode_places(record));
}

TEST(RepairTakeover, comes_back_and_no_other_byte_does) {
    const auto id = *id_in_name(name_of_record(order_prefix, signed_order(order())));
    const auto made = takeover(id);
    const auto record = sign(made, standby()).value();
    EXPECT_EQ(open_takeover(record, repository), made);
    for (std::size_t i = 0; i < record.size(); i += i < 100 ? 1 : 97) {
        auto other = record;
        other[i] ^= 4U;
        EXPECT_FALSE(open_takeover(other, repository)) << i;
        EXPECT_FALSE(open_takeover(ByteView(record).first(i), repository)) << i;
    }
    EXPECT_FALSE(open_takeover(record, RepoId{{9}}));
    EXPECT_FALSE(sign(made, owner())) << "the wrong kind of key";
    auto nowhere = made;
    nowhere.addresses.clear();
    EXPECT_FALSE(sign(nowhere, standby()));
}

TEST(RepairTakeover, is_for_the_order_its_node_and_its_head_only) {
    const auto id = *id_in_name(name_of_record(order_prefix, signed_order(order())));
    auto made = order();
    EXPECT_TRUE(check_takeover(takeover(id), made, id));
    EXPECT_FALSE(check_takeover(takeover(id), made, Digest{}));
    auto other = takeover(id);
    other.node.bytes[0] ^= 1U;
    EXPECT_FALSE(check_takeover(other, made, id));
    made.head = 1;
    EXPECT_TRUE(check_takeover(takeover(id), made, id));
    made.head = 0;
    EXPECT_FALSE(check_takeover(takeover(id), made, id));
    other = takeover(id);
    other.head = 4;
    EXPECT_FALSE(check_takeover(other, order(), id));
}

} // namespace torgo::peer
