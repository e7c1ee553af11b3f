#include "base/hex.hpp"
#include "mesh/test_blob.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace torgo::mesh {
namespace {

class Blob : public ::testing::TestWithParam<unsigned> {};

TEST_P(Blob, of_100_kB_crosses_a_line_of_two_hops) {
    BlobBench bench(500 + GetParam(), 100'000);
    bench.air.loss_percent = GetParam();
    bench.add_line(3);
    bench.begin({3});
    const auto took = bench.run(1h);
    ASSERT_TRUE(bench.client->is_done());
    EXPECT_EQ(bench.client->targets()[0].state, BlobClient::Target::State::complete);
    bench.expect_complete(3);
    const auto seconds = static_cast<double>(took.count()) / 1e6;
    std::printf("100 kB over two hops, %u %% loss: %.0f s, %.0f bytes/s, %u chunks, %zu frames\n",
                GetParam(), seconds, 1e5 / seconds, bench.client->chunks_sent(),
                bench.air.frames_on_air);
}

TEST_P(Blob, to_a_group_reaches_three_receivers) {
    BlobBench bench(600 + GetParam(), 20'000);
    bench.air.loss_percent = GetParam();
    bench.air.add(blob_config(1));
    bench.air.add(blob_config(2));
    for (const Address address : std::initializer_list<Address>{3, 4, 5}) {
        bench.add_receiver(address);
        bench.air.join(2, address);
    }
    bench.air.join(1, 2);
    bench.begin({3, 4, 5}, blob_group, 128);
    (void)bench.run(1h);
    ASSERT_TRUE(bench.client->is_done());
    for (const Address address : std::initializer_list<Address>{3, 4, 5})
        bench.expect_complete(address);
    // 157 chunks, once for all three but for what was lost.
    EXPECT_LT(bench.client->chunks_sent(), 2U * 157U);
}

// [MESH-47]
TEST_P(Blob, is_pulled_over_two_hops) {
    BlobBench bench(800 + GetParam(), 100'000);
    bench.air.loss_percent = GetParam();
    bench.add_line(3);
    bench.begin({3}, unassigned, blob_chunk_size_max, BlobMode::pull);
    const auto took = bench.run(1h);
    ASSERT_TRUE(bench.client->is_done());
    EXPECT_EQ(bench.client->targets()[0].state, BlobClient::Target::State::complete);
    bench.expect_complete(3);
    EXPECT_EQ(bench.receivers.at(3)->server->mode(), BlobMode::pull);
    const auto seconds = static_cast<double>(took.count()) / 1e6;
    std::printf("100 kB pulled over two hops, %u %% loss: %.0f s, %.0f bytes/s, %u chunks\n",
                GetParam(), seconds, 1e5 / seconds, bench.client->chunks_sent());
}

// [MESH-47]
TEST_P(Blob, is_pulled_by_three_receivers) {
    BlobBench bench(900 + GetParam(), 20'000);
    bench.air.loss_percent = GetParam();
    bench.air.add(blob_config(1));
    bench.air.add(blob_config(2));
    for (const Address address : std::initializer_list<Address>{3, 4, 5}) {
        bench.add_receiver(address);
        bench.air.join(2, address);
    }
    bench.air.join(1, 2);
    bench.begin({3, 4, 5}, blob_group, 128, BlobMode::pull);
    (void)bench.run(2h);
    ASSERT_TRUE(bench.client->is_done());
    for (const Address address : std::initializer_list<Address>{3, 4, 5})
        bench.expect_complete(address);
}

INSTANTIATE_TEST_SUITE_P(Loss, Blob, ::testing::Values(0U, 10U, 30U));

// [MESH-31]
TEST(BlobServer, goes_on_after_a_power_cut_with_the_blocks_it_has) {
    BlobBench bench(700, 40'000);
    bench.air.loss_percent = 10;
    bench.add_line(2);
    bench.begin({2});
    unsigned cuts = 0;
    std::size_t blocks = 10;
    for (int i = 0; i < 600 && !bench.client->is_done(); ++i) {
        bench.air.run(1s);
        const auto missing = bench.receivers.at(2)->server->blocks_missing();
        if (missing == 10 || missing + 3 > blocks) continue;
        blocks = missing;
        ++cuts;
        bench.power_cut(2);
        EXPECT_EQ(bench.receivers.at(2)->server->phase(), BlobPhase::suspended);
        EXPECT_EQ(bench.receivers.at(2)->server->blocks_missing(), missing);
    }
    EXPECT_EQ(cuts, 3);
    bench.expect_complete(2);
    // 107 chunks in all; a cut costs a block of 11 at most.
    EXPECT_LE(bench.client->chunks_sent(), 107U + 3U * 11U + 20U);
}

// [MESH-31]
TEST(BlobServer, that_pulls_goes_on_after_a_power_cut) {
    BlobBench bench(710, 40'000);
    bench.air.loss_percent = 10;
    bench.add_line(2);
    bench.begin({2}, unassigned, blob_chunk_size_max, BlobMode::pull);
    while (bench.receivers.at(2)->server->blocks_missing() != 4 && !bench.client->is_done())
        bench.air.run(1s);
    bench.power_cut(2);
    EXPECT_EQ(bench.receivers.at(2)->server->phase(), BlobPhase::suspended);
    EXPECT_EQ(bench.receivers.at(2)->server->mode(), BlobMode::pull);
    (void)bench.run(1h);
    bench.expect_complete(2);
}

// [MESH-47]
TEST(BlobServer, that_pulls_asks_again_before_it_loses_patience) {
    BlobBench bench(714, 10'000);
    bench.air.add(blob_config(1));
    bench.add_receiver(2); // with a timeout of 10 s, as long as the pause of reports
    auto& server = *bench.receivers.at(2)->server;
    const auto give = [&](const AccessPayload& payload) {
        give_server(server, payload);
    };
    give(encode(BlobStart{.mode = BlobMode::pull,
                          .shape = {.id = 77, .size = 10'000, .block_log = block_log}}));
    give(encode(BlobBlockStart{.block = 0, .chunk_size = 300}));
    give(encode_blob_chunk(3, ByteView(bench.blob).subspan(900, 300)));
    server.on_wake(10s);
    EXPECT_EQ(server.phase(), BlobPhase::waiting_for_chunk);
    EXPECT_EQ(server.next_wake(), 20s);
    server.on_wake(20s);
    EXPECT_EQ(server.phase(), BlobPhase::suspended);
}

// [MESH-47] One seed says little here: lost reports come in rows in some of them only.
TEST(BlobClient, is_pulled_from_whatever_is_lost_of_its_frames) {
    for (std::uint64_t seed = 10'000; seed < 10'030; ++seed) {
        BlobBench bench(seed, 100'000);
        bench.air.loss_percent = 30;
        bench.add_line(3);
        bench.begin({3}, unassigned, blob_chunk_size_max, BlobMode::pull);
        (void)bench.run(1h);
        EXPECT_EQ(bench.client->targets()[0].state, BlobClient::Target::State::complete) << seed;
        bench.expect_complete(3);
    }
}

TEST(BlobClient, gives_up_who_stops_pulling_and_serves_the_others) {
    BlobBench bench(711, 20'000);
    bench.air.add(blob_config(1));
    for (const Address address : std::initializer_list<Address>{2, 3}) {
        bench.add_receiver(address);
        bench.air.join(1, address);
    }
    bench.begin({2, 3}, unassigned, blob_chunk_size_max, BlobMode::pull);
    while (bench.receivers.at(3)->server->blocks_missing() != 3)
        bench.air.run(1s);
    bench.air.drivers.pop_back(); // that of 3: it says nothing any more
    (void)bench.run(1h);
    ASSERT_TRUE(bench.client->is_done());
    bench.expect_complete(2);
    EXPECT_EQ(bench.client->targets()[1].state, BlobClient::Target::State::lost);
}

/// A client on node 1 of a bench, that hears from node 2 what this gives it.
struct Scripted {
    explicit Scripted(BlobBench& with) : bench(with) {
        bench.air.add(blob_config(1));
        bench.begin({2}, unassigned, 300, BlobMode::pull);
        wake();
        BlobStatus started{.mode = BlobMode::pull,
                           .phase = BlobPhase::waiting_for_block,
                           .shape = {.id = 77, .size = 10'000, .block_log = block_log}};
        started.missing.set(0).set(1).set(2);
        give(encode(started));
        wake();
    }

    void wake() { bench.client->on_wake(bench.client->next_wake()); }

    void give(const AccessPayload& payload) {
        const auto message = decode_access(payload.view());
        (void)bench.client->on_message(bench.air.now, {.model = blob_client,
                                                       .src = 2,
                                                       .dst = 1,
                                                       .opcode = message->opcode,
                                                       .parameters = message->parameters});
    }

    void give_block(std::uint16_t block, const BlobChunks& asked) {
        give(encode(BlobBlockStatus{.format = BlobBlockStatus::Missing::listed,
                                    .block = {block, 300},
                                    .missing = asked},
                    14));
    }

    BlobBench& bench;
};

// [MESH-47]
TEST(BlobClient, believes_no_report_without_a_number_that_a_block_is_there) {
    BlobBench bench(712, 10'000);
    Scripted scripted(bench);
    scripted.give_block(0, BlobChunks().set(0));
    scripted.wake();
    scripted.give(encode_blob_report({})); // of which block?
    EXPECT_TRUE(bench.client->targets()[0].blocks[0]);
    scripted.give_block(0, {});
    EXPECT_FALSE(bench.client->targets()[0].blocks[0]);
}

// [MESH-47]
TEST(BlobClient, sends_no_chunk_that_the_block_has_not) {
    BlobBench bench(713, 10'000);
    Scripted scripted(bench);
    scripted.give_block(0, BlobChunks().set(13).set(14).set(400)); // 4096 bytes: 0 to 13
    EXPECT_EQ(bench.client->targets()[0].chunks, BlobChunks().set(13));
}

// [MESH-32]
TEST(BlobClient, begun_anew_under_the_same_number_sends_only_what_is_missing) {
    BlobBench bench(701, 40'000);
    bench.add_line(2);
    bench.begin({2});
    while (bench.receivers.at(2)->server->blocks_missing() != 4)
        bench.air.run(1s);
    bench.begin({2});
    (void)bench.run(1h);
    bench.expect_complete(2);
    EXPECT_LE(bench.client->chunks_sent(), 5U * 11U);
}

TEST(BlobClient, gives_up_who_does_not_answer_and_serves_the_others) {
    BlobBench bench(702, 10'000);
    bench.add_line(2);
    bench.begin({2, 9});
    (void)bench.run(1h);
    bench.expect_complete(2);
    EXPECT_EQ(bench.client->targets()[1].state, BlobClient::Target::State::lost);
}

TEST(BlobClient, ends_where_its_source_cannot_be_read_and_goes_on_when_it_can) {
    BlobBench bench(704, 40'000);
    bench.add_line(2);
    bench.source.readable = 20'000;
    bench.begin({2, 9});
    (void)bench.run(1h);
    ASSERT_TRUE(bench.client->is_done());
    EXPECT_EQ(bench.client->targets()[0].state, BlobClient::Target::State::unread);
    EXPECT_EQ(bench.client->targets()[1].state, BlobClient::Target::State::lost);
    bench.source.readable = 40'000;
    bench.begin({2});
    (void)bench.run(1h);
    bench.expect_complete(2);
}

TEST(BlobClient, is_refused_by_a_server_that_expects_another) {
    BlobBench bench(703, 10'000);
    bench.add_line(2);
    bench.receivers.at(2)->server->cancel();
    ASSERT_TRUE(bench.receivers.at(2)->server->expect(78, 0));
    bench.begin({2});
    (void)bench.run(1h);
    EXPECT_EQ(bench.client->targets()[0].state, BlobClient::Target::State::refused);
    EXPECT_EQ(bench.client->targets()[0].error, BlobError::wrong_blob);
}

// [MESH-30]
TEST(BlobServer, writes_no_chunk_of_a_wrong_place_or_length) {
    BlobBench bench(704, 10'000);
    bench.add_receiver(2);
    auto& server = *bench.receivers.at(2)->server;
    const auto give = [&](const AccessPayload& payload) {
        give_server(server, payload);
    };
    give(encode(BlobStart{.shape = {.id = 77, .size = 10'000, .block_log = block_log}}));
    give(encode(BlobBlockStart{.block = 2, .chunk_size = 300})); // 1808 bytes: 6 chunks and 8
    give(encode_blob_chunk(7, Bytes(300, 1)));
    give(encode_blob_chunk(6, Bytes(300, 1)));
    give(encode_blob_chunk(6, Bytes(9, 1)));
    give(encode_blob_chunk(0, Bytes(299, 1)));
    EXPECT_TRUE(server.phase() == BlobPhase::waiting_for_chunk);
    for (std::uint16_t i = 0; i < 6; ++i)
        give(encode_blob_chunk(i, ByteView(bench.blob).subspan(8192 + 300U * i, 300)));
    give(encode_blob_chunk(6, ByteView(bench.blob).subspan(9992, 8)));
    EXPECT_EQ(server.phase(), BlobPhase::waiting_for_block);
    EXPECT_EQ(server.blocks_missing(), 2);
    EXPECT_TRUE(std::ranges::equal(ByteView(bench.receivers.at(2)->sink.disk).subspan(8192),
                                   ByteView(bench.blob).subspan(8192)));
}

TEST(BlobMessages, come_back_as_they_went) {
    const BlobShape shape{.id = 0x0102030405060708, .size = 100'000, .block_log = 12};
    BlobStatus status{
        .mode = BlobMode::push, .phase = BlobPhase::waiting_for_block, .shape = shape};
    status.missing.set(3).set(24);
    const auto parameters = [](const AccessPayload& p) {
        return decode_access(p.view())->parameters;
    };
    const auto encoded = encode(status);
    EXPECT_EQ(decode_blob_status(parameters(encoded)), status);
    EXPECT_FALSE(decode_blob_status(parameters(encoded).first(10)));
    const auto start = encode(BlobStart{.shape = shape});
    EXPECT_EQ(start.view()[3], 0x08); // the number is little-endian
    EXPECT_EQ(decode_blob_start(parameters(start)), BlobStart{.shape = shape});
    BlobBlockStatus block{.format = BlobBlockStatus::Missing::some, .block = {2, 300}};
    block.missing.set(6);
    const auto some = encode(block, 7);
    EXPECT_EQ(some.size(), 1 + 5 + 1);
    EXPECT_EQ(decode_blob_block_status(parameters(some)), block);
}

// [MESH-47]
TEST(BlobMessages, hold_numbers_of_chunks_as_utf_8_writes_characters) {
    const auto asked = BlobChunks().set(0).set(127).set(128).set(511);
    const auto report = encode_blob_report(asked);
    const auto bytes = decode_access(report.view())->parameters;
    EXPECT_TRUE(std::ranges::equal(bytes, Bytes{0x00, 0x7F, 0xC2, 0x80, 0xC7, 0xBF}));
    EXPECT_EQ(decode_blob_report(bytes), asked);
    EXPECT_EQ(decode_blob_report({}), BlobChunks());
    for (const auto& wrong : {Bytes{0xC2}, Bytes{0x80}, Bytes{0xC2, 0x00}, Bytes{0xC0, 0x81},
                              Bytes{0xC8, 0x80}, Bytes{0xE0, 0xA0, 0x80}, Bytes{0xFF}})
        EXPECT_FALSE(decode_blob_report(wrong)) << to_hex(wrong);
    BlobBlockStatus status{.format = BlobBlockStatus::Missing::listed, .block = {2, 300}};
    status.missing = asked;
    const auto listed = encode(status, 512);
    EXPECT_EQ(decode_blob_block_status(decode_access(listed.view())->parameters), status);
}

} // namespace
} // namespace torgo::mesh
