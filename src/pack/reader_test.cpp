#include "base/codec.hpp"
#include "pack/footer.hpp"
#include "pack/reader.hpp"
#include "pack/test_repository.hpp"

#include <gtest/gtest.h>

namespace torgo::pack {
namespace {

/// A pack of 256 KiB with a few chunks.
Bytes small_pack(TestRepository& repository) {
    Builder builder(PackClass::data);
    for (const std::size_t size : {100U, 0U, 2000U})
        EXPECT_TRUE(repository.add(builder, message(size)));
    const auto packs = repository.finish(builder, true);
    return {packs[0].bytes().begin(), packs[0].bytes().end()};
}

TEST(ReadEntries, detects_every_flip_in_trailer_and_footer) { // [PACK-4] [PACK-5]
    TestRepository repository;
    auto pack = small_pack(repository);
    const auto trailer = encode_entries(repository.read(pack).value()).size() + seal::tag_size;
    for (std::size_t at = pack.size() - footer_size - trailer; at < pack.size(); ++at)
        for (unsigned bit = 0; bit < 8; ++bit) {
            pack[at] ^= static_cast<std::uint8_t>(1U << bit);
            const auto got = repository.read(pack);
            ASSERT_FALSE(got) << at << " bit " << bit;
            EXPECT_EQ(got.error().code(), Errc::authentication);
            pack[at] ^= static_cast<std::uint8_t>(1U << bit);
        }
    EXPECT_TRUE(repository.read(pack));
}

TEST(ReadEntries, does_not_care_about_padding) {
    TestRepository repository;
    auto pack = small_pack(repository);
    const auto entries = repository.read(pack).value();
    std::fill(pack.begin() + 3000, pack.begin() + 200'000, std::uint8_t{0});
    EXPECT_EQ(repository.read(pack).value(), entries);
}

TEST(ReadEntries, refuses_a_pack_of_another_repository) {
    TestRepository ours;
    TestRepository theirs(7, test_repo(1));
    const auto pack = small_pack(theirs);
    const auto got = ours.read(pack);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), Errc::authentication);
}

TEST(ReadEntries, finds_the_epoch_among_those_it_knows) {
    TestRepository old_epoch(6);
    TestRepository new_epoch(7);
    const auto pack = small_pack(old_epoch);
    EXPECT_EQ(new_epoch.read(pack).error().code(), Errc::authentication);
    const std::array epochs{new_epoch.epoch(), old_epoch.epoch()};
    const auto entries = TestRepository::read_with(pack, epochs);
    ASSERT_TRUE(entries);
    EXPECT_EQ(entries->front().header.epoch, 6U);
    EXPECT_EQ(TestRepository::read_with(pack, {}).error().code(), Errc::authentication);
}

TEST(ReadEntries, refuses_sizes_that_are_not_on_the_ladder) { // [PACK-1]
    TestRepository repository;
    const auto pack = small_pack(repository);
    for (const std::uint64_t size : {0ULL, 1ULL, 148ULL, 262'143ULL, 524'288ULL, 1ULL << 28U}) {
        const std::array epochs{repository.epoch()};
        const auto got =
            read_entries(size, [](std::uint64_t, ByteSpan) -> Result<> { return {}; }, epochs);
        ASSERT_FALSE(got) << size;
        EXPECT_EQ(got.error().code(), Errc::corrupt);
    }
}

TEST(ReadEntries, one_read_is_enough_for_a_common_pack_and_two_for_any) {
    TestRepository repository;
    for (const std::size_t chunks : {500U, 2000U}) {
        Builder builder(PackClass::data, 1_MiB);
        for (std::size_t i = 0; i < chunks; ++i)
            ASSERT_TRUE(repository.add(builder, message(i % 100)));
        const auto packs = repository.finish(builder, false);
        unsigned reads = 0;
        const ReadAt read = [&](std::uint64_t offset, ByteSpan out) -> Result<> {
            ++reads;
            std::ranges::copy(packs[0].bytes().subspan(offset, out.size()), out.begin());
            return {};
        };
        const std::array epochs{repository.epoch()};
        EXPECT_EQ(read_entries(packs[0].size, read, epochs).value(), packs[0].entries);
        EXPECT_EQ(reads, chunks == 500 ? 1U : 2U);
    }
}

TEST(ReadEntries, passes_on_what_the_reader_answers) {
    TestRepository repository;
    const std::array epochs{repository.epoch()};
    const auto got = read_entries(
        256_KiB,
        [](std::uint64_t, ByteSpan) -> Result<> { return fail(Errc::unavailable, "gone"); },
        epochs);
    EXPECT_EQ(got.error().code(), Errc::unavailable);
}

/// A footer that a holder of the keys wrote, with one thing wrong.
template <class Change>
Errc code_of_footer(const Change& change) {
    TestRepository repository;
    const auto pack = small_pack(repository);
    auto footer =
        open_footer(ByteView(pack).last(footer_size), repository.keys, pack.size()).value();
    change(footer);
    const auto sealed = seal_footer(footer, repository.keys).value();
    const auto opened = open_footer(sealed, repository.keys, pack.size());
    return opened ? Errc{} : opened.error().code();
}

TEST(Footer, round_trip) {
    EXPECT_EQ(code_of_footer([](Footer&) {}), Errc{});
}

TEST(Footer, refuses_a_trailer_that_is_none_or_lies_elsewhere) { // [PACK-5]
    EXPECT_EQ(code_of_footer([](Footer& f) { f.trailer_offset += 1; }), Errc::corrupt);
    EXPECT_EQ(code_of_footer([](Footer& f) { f.trailer_offset -= 1; }), Errc::corrupt);
    EXPECT_EQ(code_of_footer([](Footer& f) { f.trailer_offset = 0xFFFFFFFF; }), Errc::corrupt);
    EXPECT_EQ(code_of_footer([](Footer& f) { f.trailer_size += 1; }), Errc::corrupt);
    EXPECT_EQ(code_of_footer([](Footer& f) { // both agree, but not with the header
                  f.trailer_size += 1;
                  f.trailer_offset -= 1;
              }),
              Errc::corrupt);
    EXPECT_EQ(code_of_footer([](Footer& f) { f.trailer.type = seal::ChunkType::tree; }),
              Errc::corrupt);
    EXPECT_EQ(code_of_footer([](Footer& f) { f.trailer.flags = 0; }), Errc::corrupt);
    EXPECT_EQ(code_of_footer([](Footer& f) { f.trailer.epoch = 6; }), Errc::corrupt);
    EXPECT_EQ(code_of_footer([](Footer& f) { f.trailer.suite = seal::Suite::chimera256; }),
              Errc::corrupt);
}

TEST(Footer, refuses_wrong_lengths) {
    TestRepository repository;
    EXPECT_EQ(open_footer(Bytes(147), repository.keys, 256_KiB).error().code(), Errc::corrupt);
    EXPECT_EQ(open_footer({}, repository.keys, 256_KiB).error().code(), Errc::corrupt);
}

/// Decoding of a trailer whose first entry has one thing changed.
template <class Change>
Result<std::vector<Entry>> with_header(const Change& change, std::uint64_t end = 1000) {
    Entry entry;
    entry.header.suite = seal::Suite::chimera2048;
    entry.header.type = seal::ChunkType::data;
    entry.header.plain_size = 100;
    entry.header.payload_size = 100;
    change(entry.header);
    return decode_entries(encode_entries(std::span(&entry, 1)), entry.header.suite, end);
}

TEST(Entries, round_trip) {
    const auto got = with_header([](auto& h) { h.v.fill(3); });
    ASSERT_TRUE(got);
    EXPECT_EQ(got->at(0).header.v[31], 3);
    EXPECT_TRUE(decode_entries(encode_entries({}), seal::Suite::chimera256, 0).value().empty());
}

TEST(Entries, refuses_what_no_writer_makes) { // [PACK-6] [PACK-7]
    EXPECT_FALSE(with_header([](auto& h) { h.type = seal::ChunkType::trailer; }));
    EXPECT_FALSE(with_header([](auto& h) { h.type = seal::ChunkType{0}; }));
    EXPECT_FALSE(with_header([](auto& h) { h.type = seal::ChunkType{99}; }));
    EXPECT_FALSE(with_header([](auto& h) { h.flags = 0x80; }));
    EXPECT_FALSE(with_header([](auto& h) { h.payload_size = 99; }));
    EXPECT_FALSE(with_header([](auto& h) { h.flags = seal::flag_compressed; }));
}

TEST(Entries, refuses_chunks_that_run_into_the_trailer) { // [PACK-8]
    EXPECT_TRUE(with_header([](auto&) {}, 116));
    EXPECT_FALSE(with_header([](auto&) {}, 115));
    EXPECT_FALSE(with_header([](auto&) {}, 0));
}

TEST(Entries, refuses_every_prefix_and_bytes_left_over) {
    Entry entry;
    entry.header.type = seal::ChunkType::data;
    const std::vector entries(3, entry);
    const auto bytes = encode_entries(entries);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_entries(ByteView(bytes).first(size), seal::Suite::chimera2048, 1000))
            << size;
    auto longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(decode_entries(longer, seal::Suite::chimera2048, 1000));
}

TEST(Entries, takes_no_memory_for_counts_that_cannot_be) { // [PACK-8]
    constexpr std::uint64_t most = limits::max_entries;
    for (const std::uint64_t count : {std::uint64_t{2}, most, most + 1, ~std::uint64_t{0}}) {
        Writer out;
        out.put(std::uint8_t{1}).varint(count);
        auto bytes = std::move(out).take();
        bytes.resize(bytes.size() + 150);
        const auto refused = decode_entries(bytes, seal::Suite::chimera2048, 1000);
        ASSERT_FALSE(refused.has_value()) << count;
        // Refused for the count, and not for the first entry, before which memory is taken.
        const bool early = refused.error().code() == Errc::limit_exceeded ||
                           refused.error().detail() == "a trailer ends too early";
        EXPECT_TRUE(early) << count << ": " << refused.error().detail();
    }
}

TEST(Entries, another_version_is_unsupported) {
    auto bytes = encode_entries({});
    bytes[0] = 2;
    EXPECT_EQ(decode_entries(bytes, seal::Suite::chimera256, 0).error().code(), Errc::unsupported);
}

TEST(ReadEntries, refuses_a_chunk_of_a_later_epoch_than_its_pack) { // [PACK-9]
    TestRepository repository;
    for (const std::uint32_t epoch : {6U, 7U, 8U}) {
        Builder builder(PackClass::data);
        const auto slot = builder.reserve(0).value();
        seal::SealedHeader header;
        header.type = seal::ChunkType::data;
        header.epoch = epoch;
        builder.fill(slot, header);
        const auto packs = repository.finish(builder, true);
        EXPECT_EQ(repository.read(packs[0].bytes()).has_value(), epoch <= 7U);
    }
}

} // namespace
} // namespace torgo::pack
