// What the owner's two root keys sign: the descriptor and the writers. One signature of SLH-DSA
// takes a second: few records are signed, and those serve all tests.
#include "repo/descriptor.hpp"
#include "repo/signing.hpp"
#include "repo/writer.hpp"
#include "seal/test_keys.hpp"

#include <gtest/gtest.h>

namespace torgo::repo {
namespace {

/// An owner with all that it signs.
struct Signed {
    seal::FixedRandom random{7};
    Secrets secrets = Secrets::generate(seal::Suite::chimera512, random);
    RootKeys root = *RootKeys::from(secrets);
    Descriptor descriptor{.id = RepoId{{1}},
                          .generation = 3,
                          .suite = seal::Suite::chimera512,
                          .lowest_suite = seal::Suite::chimera256,
                          .epoch = 5,
                          .data_code = {.k = 2, .n = 4},
                          .metadata_code = {.k = 1, .n = 3},
                          .root_ml_dsa = root.ml_dsa_public(),
                          .root_slh_dsa = root.slh_dsa_public()};
    Bytes record = *root.sign(descriptor_context, encode(descriptor));
    seal::Keys keys = *secrets.keys(seal::Suite::chimera512, descriptor.id, descriptor.epoch);
    seal::Sealer sealer{keys, seal::zstd_level_default, random};
    NewWriter writer = *create_writer(descriptor.id, root, keys, sealer, random);
};

Signed& the_owner() {
    static Signed owner;
    return owner;
}

/// Every byte of the fields, and a share of the two signatures.
template <class Refused>
void expect_no_other_byte(const Bytes& record, std::size_t fields, const Refused& refused) {
    for (std::size_t i = 0; i < record.size(); i += i < 60 ? 1 : i < fields ? 37 : 1009) {
        auto other = record;
        other[i] ^= 1U;
        EXPECT_TRUE(refused(other)) << i;
        EXPECT_TRUE(refused(ByteView(record).first(i))) << i;
    }
    auto longer = record;
    longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(fields), 0);
    EXPECT_TRUE(refused(longer)) << "a byte between the fields and the signatures";
}

} // namespace

TEST(DescriptorRecord, comes_back) {
    const auto& owner = the_owner();
    const auto got = decode_descriptor(owner.record, owner.descriptor.fingerprint());
    ASSERT_TRUE(got.has_value()) << got.error().detail();
    const auto& wanted = owner.descriptor;
    EXPECT_EQ(got->id, wanted.id);
    EXPECT_EQ(got->generation, wanted.generation);
    EXPECT_EQ(got->suite, wanted.suite);
    EXPECT_EQ(got->lowest_suite, wanted.lowest_suite);
    EXPECT_EQ(got->epoch, wanted.epoch);
    EXPECT_EQ(got->data_code, wanted.data_code);
    EXPECT_EQ(got->metadata_code, wanted.metadata_code);
    EXPECT_EQ(got->owner(), wanted.owner());
}

// REPO-3 REPO-4 REPO-5 REPO-15
TEST(DescriptorRecord, no_other_byte_does) {
    const auto& owner = the_owner();
    expect_no_other_byte(owner.record, encode(owner.descriptor).size(), [](ByteView bytes) {
        return !decode_descriptor(bytes, Digest{}).has_value();
    });
    EXPECT_EQ(decode_descriptor(owner.record, Digest{{1}}).error().code(), Errc::authentication);
    const auto other_context = owner.root.sign("torgo/writer/1", {});
    auto forged = encode(owner.descriptor);
    forged.insert(forged.end(), other_context->begin(), other_context->end());
    EXPECT_EQ(decode_descriptor(forged, Digest{}).error().code(), Errc::authentication);
    auto longer = encode(owner.descriptor);
    longer.push_back(0);
    const auto signed_longer = owner.root.sign(descriptor_context, longer);
    EXPECT_EQ(decode_descriptor(*signed_longer, Digest{}).error().code(), Errc::corrupt);
    auto weaker = owner.descriptor;
    weaker.lowest_suite = seal::Suite::chimera2048;
    const auto refused = decode_descriptor(encode(weaker), Digest{});
    EXPECT_EQ(refused.error().detail(), "descriptor: the suite is below the lowest allowed");
}

// REPO-44 REPO-45 REPO-47
TEST(DescriptorRecord, says_how_many_heads_there_are_where_that_is_not_n) {
    const auto& owner = the_owner();
    auto spread = owner.descriptor;
    spread.data_code = spread.metadata_code = {.k = 6, .n = 12};
    spread.heads = 4;
    EXPECT_EQ(spread.heads_to_restore(), 2U);
    EXPECT_EQ(spread.min_heads(), 3U);
    EXPECT_EQ(encode(spread).size(), encode(owner.descriptor).size() + 1);
    const auto record = owner.root.sign(descriptor_context, encode(spread));
    const auto got = decode_descriptor(*record, owner.descriptor.fingerprint());
    ASSERT_TRUE(got.has_value()) << got.error().detail();
    EXPECT_EQ(got->head_count(), 4U);
    spread.heads = 5;
    EXPECT_EQ(decode_descriptor(encode(spread), Digest{}).error().detail(),
              "descriptor: its segments cannot be spread evenly");
    auto later = encode(owner.descriptor);
    later[33] = 2; // a bit that nobody knows yet
    EXPECT_EQ(decode_descriptor(later, Digest{}).error().code(), Errc::unsupported);
}

TEST(WriterRecord, comes_back) {
    auto& owner = the_owner();
    const auto& keys = owner.writer.keys;
    const auto certificate = read_certificate(owner.writer.record, owner.descriptor);
    ASSERT_TRUE(certificate.has_value()) << certificate.error().detail();
    EXPECT_EQ(certificate->id, keys.id);
    EXPECT_EQ(certificate->pack_public, keys.pack_key.public_key());
    EXPECT_EQ(certificate->record_public, keys.record_key.public_key());
    const auto opened = open_writer(owner.writer.record, owner.descriptor, owner.sealer);
    ASSERT_TRUE(opened.has_value()) << opened.error().detail();
    EXPECT_EQ(opened->id, keys.id);
    EXPECT_EQ(opened->pack_key.public_key(), keys.pack_key.public_key());
    EXPECT_EQ(opened->record_key.public_key(), keys.record_key.public_key());
}

// REPO-13 REPO-15
TEST(WriterRecord, no_other_byte_does) {
    const auto& owner = the_owner();
    const auto fields =
        owner.writer.record.size() - (owner.record.size() - encode(owner.descriptor).size());
    expect_no_other_byte(owner.writer.record, fields, [&owner](ByteView bytes) {
        return !read_certificate(bytes, owner.descriptor).has_value();
    });
    Bytes longer(owner.writer.record.begin(),
                 owner.writer.record.begin() + static_cast<std::ptrdiff_t>(fields));
    longer.push_back(0);
    const auto signed_longer = owner.root.sign("torgo/writer/1", longer);
    EXPECT_EQ(read_certificate(*signed_longer, owner.descriptor).error().code(), Errc::corrupt);
    auto stranger = owner.descriptor;
    stranger.id = RepoId{{2}};
    EXPECT_EQ(read_certificate(owner.writer.record, stranger).error().code(), Errc::authentication);
}

} // namespace torgo::repo
