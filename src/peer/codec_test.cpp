// Everything that comes from the other end of a link: round trips, and what is refused.
#include "peer/base64url.hpp"
#include "peer/capability.hpp"
#include "peer/invite.hpp"
#include "peer/messages.hpp"
#include "peer/targets.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::peer {

namespace {

template <class IdType>
IdType id_of(std::uint8_t byte) {
    IdType id;
    id.bytes.fill(byte);
    return id;
}

Invite make_invite() {
    return {id_of<PeerId>(1), {{Address::Way::tcp, "a", 1}}, id_of<InviteSecret>(2), 1_MiB};
}

} // namespace

// PEER-6
TEST(Targets, have_one_spelling) {
    const auto repo = "/v1/" + std::string(32, 'a');
    const auto id = std::string(64, 'b');
    for (const auto& text :
         {std::string("/v1/status"), "/v1/repositories/" + std::string(32, 'a') + "/join",
          repo + "/status", repo + "/have", repo + "/receipts", repo + "/segments/" + id,
          repo + "/receipts?from=0", repo + "/receipts/" + id + "?from=18446744073709551615",
          repo + "/segments/" + id + "/audit",
          repo + "/segments/" + id + "/combined?factor=255&first=18446744073709551615&max=64",
          repo + "/segments/" + id + "/combined?factor=0&first=0&max=1",
          repo + "/segments?after=" + id + "&max=65536", repo + "/roots/key-1",
          repo + "/roots?prefix=&after=&max=1", repo + "/roots?prefix=key-&after=key-0&max=9"}) {
        const auto target = parse_target(text);
        ASSERT_TRUE(target.has_value()) << text;
        EXPECT_EQ(format_target(*target), text);
    }
    for (const auto& text : {std::string(),
                             std::string("/"),
                             std::string("/v1"),
                             std::string("/v1/"),
                             std::string("/v1/status/"),
                             std::string("/v1/status?"),
                             repo,
                             repo + "/",
                             repo + "/status/",
                             "/v1/repositories/" + std::string(32, 'a'),
                             "/v1/repositories/" + std::string(32, 'a') + "/join/",
                             "/v1/" + std::string(32, 'A') + "/have",
                             repo + "/segments/" + id + "/",
                             repo + "/segments/" + id + "0",
                             repo + "/segments/" + id + "/combined",
                             repo + "/segments/" + id + "/combined?factor=256&first=0&max=1",
                             repo + "/segments/" + id + "/combined?factor=-1&first=0&max=1",
                             repo + "/segments/" + id + "/combined?factor=00&first=0&max=1",
                             repo + "/segments/" + id + "/combined?factor=0&max=1&first=0",
                             repo + "/segments/" + id + "/combined?factor=0&first=0&max=0",
                             repo + "/segments/" + id + "/combined?factor=0&first=0&max=65",
                             repo + "/segments/" + id + "/combined?factor=0&first=0&max=1&max=1",
                             repo + "/segments/" + id + "/x/combined?factor=0&first=0&max=1",
                             repo + "/segments/combined?factor=0&first=0&max=1",
                             repo + "/segments",
                             repo + "/receipts/",
                             repo + "/receipts?",
                             repo + "/receipts?from=",
                             repo + "/receipts?from=01",
                             repo + "/receipts?from=18446744073709551616",
                             repo + "/receiptsfrom=1",
                             repo + "/receipts/" + id,
                             repo + "/receipts/" + id + "?",
                             repo + "/receipts/" + id + "from=1",
                             repo + "/receipts/" + std::string(32, 'a') + "?from=1",
                             repo + "/segments?max=1&after=" + id,
                             repo + "/segments?after=" + id + "&max=0",
                             repo + "/segments?after=" + id + "&max=01",
                             repo + "/segments?after=" + id + "&max=65537",
                             repo + "/segments?after=" + id + "&max=1&max=1",
                             repo + "/roots/",
                             repo + "/roots/a%62",
                             repo + "/roots/a/b",
                             repo + "/roots?prefix=A&after=&max=1",
                             repo + "/roots?prefix=",
                             repo + "/roots/" + std::string(101, 'a'),
                             repo + "/x" + std::string(600, 'a')})
        EXPECT_FALSE(parse_target(text).has_value()) << text;
    EXPECT_EQ(parse_target("/v2/status").error().code(), Errc::unsupported);
}

TEST(Targets, a_range_has_one_spelling) {
    EXPECT_EQ(parse_range("bytes=0-18446744073709551615"), (Range{0, ~std::uint64_t{0}}));
    EXPECT_EQ(format_range({5, 14}), "bytes=5-14");
    for (const auto* text : {"", "bytes=", "bytes=-", "bytes=1-", "bytes=-1", "bytes=2-1",
                             "bytes=0-18446744073709551616", "bytes=01-2", "bytes=+1-2",
                             "bytes=1-2,3-4", "bytes=1-2-3", "bytes= 1-2", "Bytes=1-2"})
        EXPECT_FALSE(parse_range(text).has_value()) << text;
}

// The examples of docs/spec/peer-protocol.md 3
TEST(Messages, are_as_the_specification_shows) {
    RepositoryStatus status;
    for (std::uint8_t i = 0; i < 16; ++i)
        status.head.repository.bytes[i] = i;
    status.head.index = 2;
    status.head.free_bytes = 1000;
    status.head.total_bytes = 4096;
    status.rights.bits = Rights::read | Rights::write;
    EXPECT_EQ(to_hex(encode(status)), "01000102030405060708090a0b0c0d0e0f02e803000000000000"
                                      "0010000000000000030000");
    EXPECT_EQ(
        to_hex(encode_bitmap({true, false, true, false, false, false, false, false, false, true})),
        "0502");
    const std::vector<std::string> names{"batch-1", "descriptor"};
    EXPECT_EQ(to_hex(encode_names(names)), "0762617463682d310a64657363726970746f72");
}

// PEER-13
TEST(Messages, refuse_every_shorter_and_longer_form) {
    const NodeStatus node{"1.2.3", id_of<PeerId>(3), 77};
    RepositoryStatus status;
    status.write_error = Errc::read_only;
    const Join join{id_of<InviteSecret>(4),
                    5,
                    {Bytes(OwnerKeys::ml_dsa_size, 1), Bytes(OwnerKeys::slh_dsa_size, 2)}};
    EXPECT_EQ(decode_node_status(encode(node)), node);
    EXPECT_EQ(decode_repository_status(encode(status)), status);
    EXPECT_EQ(decode_join(encode(join)), join);
    EXPECT_EQ(encode(join).size(), join_size);
    const auto refuses = [](const Bytes& whole, auto decode) {
        for (std::size_t size = 0; size < whole.size(); size += 1 + size / 50)
            EXPECT_FALSE(decode(ByteView(whole).first(size)).has_value()) << size;
        auto longer = whole;
        longer.push_back(0);
        EXPECT_FALSE(decode(longer).has_value());
        auto later = whole;
        later[0] = 2;
        EXPECT_EQ(decode(later).error().code(), Errc::unsupported);
    };
    refuses(encode(node), decode_node_status);
    refuses(encode(status), decode_repository_status);
    refuses(encode(join), decode_join);
    auto unknown = encode(status);
    unknown[unknown.size() - 2] = 200;
    EXPECT_FALSE(decode_repository_status(unknown).has_value());
}

TEST(Messages, lists_are_whole_and_ascend) {
    EXPECT_FALSE(decode_ids(Bytes(33)).has_value());
    EXPECT_EQ(decode_ids(Bytes(65'537 * 32)).error().code(), Errc::limit_exceeded);
    EXPECT_EQ(decode_ids({})->size(), 0U);
    EXPECT_FALSE(decode_bitmap(Bytes{0xFF}, 7).has_value()) << "a bit too many";
    EXPECT_FALSE(decode_bitmap(Bytes{0, 0}, 8).has_value());
    for (const auto& names : {std::vector<std::string>{"b", "a"}, {"a", "a"}, {"A"}, {""}})
        EXPECT_FALSE(decode_names(encode_names(names)).has_value()) << names[0];
}

RC_GTEST_PROP(Messages, a_bitmap_comes_back, (const std::vector<bool>& bits)) {
    RC_ASSERT(decode_bitmap(encode_bitmap(bits), bits.size()).value() == bits);
}

RC_GTEST_PROP(Base64url, every_byte_string_comes_back, (const Bytes& bytes)) {
    RC_ASSERT(from_base64url(to_base64url(bytes)).value() == bytes);
}

TEST(Base64url, refuses_other_spellings) {
    EXPECT_EQ(to_base64url(as_bytes("fo?>")), "Zm8_Pg");
    for (const auto* text : {"A", "Zm8=", "Zm8/", "Zm9", "Z m8", "AAAAA"})
        EXPECT_FALSE(from_base64url(text).has_value()) << text;
}

TEST(Invite, is_as_the_specification_shows) {
    EXPECT_EQ(*format_invite(make_invite()),
              "torgo-invite:"
              "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQd0Y3A6YToxAgICAgICAgICAgICAgICAgICAgIC"
              "AgICAgICAgICAgIAABAAAAAAAI_R6ws");
}

// PEER-23
TEST(Invite, comes_back_and_no_other_spelling_does) {
    auto invite = make_invite();
    const auto long_onion = std::string(113, 'a') + ".onion";
    for (int i = 1; i < 8; ++i)
        invite.addresses.push_back({Address::Way::tor, long_onion, 1234});
    invite.addresses[1] = {Address::Way::tcp, "fd00::1", 65535};
    const auto text = *format_invite(invite);
    EXPECT_LE(text.size(), max_invite_text);
    EXPECT_EQ(parse_invite(text), invite);
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto other = text;
        other[i] = other[i] == 'x' ? 'y' : 'x';
        EXPECT_FALSE(parse_invite(other).has_value()) << i;
        EXPECT_FALSE(parse_invite(text.substr(0, i)).has_value()) << i;
    }
    EXPECT_FALSE(parse_invite(text + "\n").has_value());
    invite.addresses.emplace_back(invite.addresses[1]);
    EXPECT_FALSE(format_invite(invite).has_value()) << "nine addresses";
    invite.addresses.clear();
    EXPECT_FALSE(format_invite(invite).has_value());
}

TEST(Invite, an_address_has_one_spelling) {
    for (const auto* text : {"tcp:a:1", "tcp:192.0.2.1:65535", "tcp:[::1]:80", "tor:a.onion:443"})
        EXPECT_EQ(format_address(*parse_address(text)), text);
    for (const auto* text :
         {"", "tcp:", "tcp:a", "tcp:a:", "tcp:a:0", "tcp:a:01", "tcp:a:65536", "tcp::1", "tcp:A:1",
          "tcp:a b:1", "tcp:[a]:1", "tcp:[::1:1", "tcp:::1:1", "tor:a.com:1", "tor:[::1]:1",
          "udp:a:1", "a:1", "tcp:a/:1"})
        EXPECT_FALSE(parse_address(text).has_value()) << text;
}

class RightsRecord : public ::testing::Test {
protected:
    crypto::SigningKey owner = *crypto::SigningKey::from_seed(
        crypto::SignatureScheme::ml_dsa_87, crypto::SecretBytes::copy_of(Bytes(32, 1)));
    Capability capability{id_of<RepoId>(1), id_of<PeerId>(2), {5}, -7, "laptop"};
    Revocation revocation{id_of<RepoId>(1), id_of<PeerId>(2), "stolen"};
};

// PEER-20
TEST_F(RightsRecord, comes_back_and_no_other_byte_does) {
    const auto key = owner.public_key();
    const auto given = *sign(capability, owner);
    EXPECT_EQ(open_capability(given, capability.repository, key), capability);
    const auto taken = *sign(revocation, owner);
    EXPECT_EQ(open_revocation(taken, revocation.repository, key), revocation);
    EXPECT_FALSE(open_revocation(given, capability.repository, key).has_value());
    EXPECT_FALSE(open_capability(taken, capability.repository, key).has_value());
    EXPECT_FALSE(open_capability(given, id_of<RepoId>(2), key).has_value());
    for (std::size_t i = 0; i < given.size(); i += i < 70 ? 1 : 97) {
        auto other = given;
        other[i] ^= 4U;
        EXPECT_FALSE(open_capability(other, capability.repository, key).has_value()) << i;
        EXPECT_FALSE(
            open_capability(ByteView(given).first(i), capability.repository, key).has_value());
    }
    for (std::size_t i = 0; i < taken.size(); i += i < 70 ? 1 : 97) {
        auto other = taken;
        other[i] ^= 4U;
        EXPECT_FALSE(open_revocation(other, revocation.repository, key).has_value()) << i;
        EXPECT_FALSE(
            open_revocation(ByteView(taken).first(i), revocation.repository, key).has_value());
    }
    auto longer = given;
    longer.push_back(0);
    EXPECT_FALSE(open_capability(longer, capability.repository, key).has_value());
}

TEST_F(RightsRecord, of_no_or_unknown_rights_is_not_signed) {
    for (const auto bits : std::initializer_list<std::uint8_t>{0, 16, 255}) {
        capability.rights.bits = bits;
        EXPECT_FALSE(sign(capability, owner).has_value());
    }
    capability.rights.bits = 1;
    capability.label = std::string(max_label + 1, 'a');
    EXPECT_FALSE(sign(capability, owner).has_value());
    capability.label.pop_back();
    EXPECT_LE(sign(capability, owner)->size(), max_rights_record);
    const auto other = crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_65,
                                                     crypto::SecretBytes::copy_of(Bytes(32, 1)));
    EXPECT_FALSE(sign(capability, *other).has_value());
}

// PEER-10
TEST_F(RightsRecord, a_name_with_a_hash_fits_one_content) {
    const auto name = name_of_record("batch-", as_bytes("content"));
    EXPECT_TRUE(fits_name(name, as_bytes("content")));
    EXPECT_FALSE(fits_name(name, as_bytes("other")));
    EXPECT_TRUE(fits_name("batch-1", as_bytes("other")));
    EXPECT_TRUE(fits_name(std::string(64, 'a'), as_bytes("other"))) << "nothing before the hash";
    EXPECT_TRUE(fits_name("writer-" + std::string(32, 'a'), as_bytes("other")));
}

// PEER-3 PEER-4
TEST(Answers, a_failure_is_what_the_header_says_and_nothing_else) {
    for (std::uint16_t number = 1; number <= static_cast<std::uint16_t>(Errc::timeout); ++number) {
        const Errc code{number};
        const Answer answer{status_of(code), {{"torgo-error", std::string(name(code))}}, 0};
        EXPECT_EQ(error_of(answer, {}).code(), code);
        EXPECT_GE(answer.status, 400);
    }
    EXPECT_EQ(error_of({404, {}, 0}, {}).code(), Errc::unavailable) << "no node says so";
    EXPECT_EQ(error_of({404, {{"torgo-error", "nonsense"}}, 0}, {}).code(), Errc::unavailable);
    EXPECT_EQ(error_of({302, {{"torgo-error", "not_found"}}, 0}, {}).code(), Errc::unavailable);
    const Answer answer{500, {{"torgo-error", "io"}}, 0};
    EXPECT_EQ(error_of(answer, as_bytes("a\x1b[2Jb\n")).detail(), "the node says: a[2Jb");
}

} // namespace torgo::peer
