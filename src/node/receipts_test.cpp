#include "node/receipts.hpp"
#include "node/service.hpp"
#include "node/test_loop.hpp"
#include "peer/reconcile.hpp"
#include "peer/test_receipts.hpp"
#include "peer/tracer.hpp"
#include "sim/random.hpp"

namespace torgo::node {

namespace {

using peer::Method;
using peer::Receipt;
using peer::Rights;

const crypto::SigningKey& node_key() {
    return peer::key_number(1);
}

const crypto::SigningKey& client_key() {
    return peer::key_number(2);
}

/// A node with receipts, and a client of it with the key of number 2 that notes its own.
class ReceiptsTest : public ::testing::Test {
protected:
    ReceiptsTest() : node(true, TestNode::quota, peer::peer_of(client_key())) {
        node.keep_receipts(node_key());
    }

    Result<std::vector<peer::KeptBatch>> fetch() {
        return peer::fetch_batches(link(), test_repository, std::nullopt, 0);
    }

    LoopExchanger& link() {
        m_link.emplace(*node.service, client);
        return *m_link;
    }

    peer::Chain theirs() {
        return peer::read_chain(*fetch(), node_id, test_repository, std::nullopt);
    }

    std::string outcome(Method method, const std::string& target, ByteView body = {}) {
        const auto served = node.service->begin({method, target, {}, body.size()}, client);
        if (!served->answered()) served->write(body);
        return std::string(served->finish().outcome());
    }

    std::string post(ByteView batch) {
        return outcome(Method::post, in_repository("receipts"), batch);
    }

    std::vector<peer::KeptBatch> mirrored(const PeerId& of) {
        return *peer::fetch_batches(link(), test_repository, of, 0);
    }

    TestNode node;
    PeerId client = peer::peer_of(client_key());
    PeerId node_id = peer::peer_of(node_key());
    std::vector<Receipt> ours;
    sim::Random random{1};
    SegmentId id;
    Bytes segment = make_segment(3, 5, id);

private:
    std::optional<LoopExchanger> m_link;
};

} // namespace

// PEER-36
TEST_F(ReceiptsTest, both_ends_write_down_the_same_of_every_transfer) {
    peer::Tracer tracer(link(), node_id, node.clock, random,
                        [this](const RepoId& repository, const Receipt& receipt) {
                            EXPECT_EQ(repository, test_repository);
                            ours.push_back(receipt);
                        });
    peer::PeerHead head(tracer, "tor:test", test_repository, 2);
    Bytes out(1000);
    EXPECT_TRUE(head.put_segment(id, segment).has_value());
    EXPECT_TRUE(head.put_segment(id, segment).has_value()) << "it is there";
    EXPECT_TRUE(head.read_segment(id, 70'000, out).has_value());
    EXPECT_FALSE(head.read_segment(SegmentId{{9}}, 0, out).has_value());
    EXPECT_TRUE(head.put_root("snapshot-1", as_bytes("one")).has_value());
    EXPECT_TRUE(head.get_root("snapshot-1").has_value());
    EXPECT_TRUE(head.audit(id, {peer::AuditForm::hashed, {}, {0, 2}}).has_value());
    EXPECT_TRUE(head.remove_segment(id).has_value());
    EXPECT_TRUE(head.remove_root("snapshot-1").has_value());
    EXPECT_TRUE(head.status().has_value()) << "which is no transfer";
    ASSERT_EQ(ours.size(), 9U);
    EXPECT_EQ(ours[0].content.view()[5], id.view()[5]);
    EXPECT_EQ(ours[0].bytes, segment.size());
    EXPECT_EQ(ours[2].bytes, out.size());
    EXPECT_EQ(ours[3].failure, Errc::not_found);
    EXPECT_EQ(ours[4].content, crypto::sha256(as_bytes("one")));
    EXPECT_EQ(ours[5].content, ours[4].content);
    const auto chain = theirs();
    EXPECT_TRUE(chain.faults.empty());
    ASSERT_EQ(chain.receipts.size(), ours.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        auto mirrored = chain.receipts[i];
        EXPECT_EQ(mirrored.other, client);
        mirrored.other = node_id;
        mirrored.time_ns = ours[i].time_ns;
        EXPECT_EQ(mirrored, ours[i]) << i;
    }
    EXPECT_TRUE(peer::reconcile(ours, chain.receipts).empty());
}

// PEER-36
TEST_F(ReceiptsTest, a_transfer_that_was_cut_and_one_without_a_trace_are_noted) {
    {
        const auto cut =
            node.service->begin({Method::put, segment_target(id), {}, segment.size()}, client);
        cut->write(ByteView(segment).first(100'000));
    }
    EXPECT_EQ(outcome(Method::put, segment_target(id), segment), "ok");
    EXPECT_EQ(node.outcome(50, Method::get, segment_target(id)), "permission");
    const auto receipts = theirs().receipts;
    ASSERT_EQ(receipts.size(), 2U) << "who has no right leaves nothing";
    EXPECT_EQ(receipts[0].failure, Errc::cancelled);
    EXPECT_EQ(receipts[0].bytes, 0U);
    EXPECT_TRUE(receipts[1].trace.is_zero());
}

// PEER-27
TEST_F(ReceiptsTest, asking_closes_the_open_batch_and_pages_go_on_behind_a_number) {
    EXPECT_TRUE(fetch()->empty());
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(outcome(Method::get, segment_target(id)), "not_found");
        EXPECT_EQ(fetch()->size(), static_cast<std::size_t>(i + 1));
    }
    const auto rest = *peer::fetch_batches(link(), test_repository, std::nullopt, 2);
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest.front().number, 2U);
    EXPECT_EQ(node.outcome(50, Method::get, in_repository("receipts?from=0")), "permission");
}

// PEER-27
TEST_F(ReceiptsTest, a_node_that_ends_well_has_written_all) {
    EXPECT_EQ(outcome(Method::get, segment_target(id)), "not_found");
    node.reopen();
    const auto chain = theirs();
    EXPECT_EQ(chain.receipts.size(), 1U);
    EXPECT_TRUE(chain.gaps.empty());
    const auto text = node.service->metrics();
    EXPECT_TRUE(text.contains("torgo_node_receipts_total 0\n")) << text;
    EXPECT_EQ(outcome(Method::get, segment_target(id)), "not_found");
    EXPECT_TRUE(node.service->metrics().contains("torgo_node_receipts_total 1\n"));
}

// PEER-28
TEST_F(ReceiptsTest, a_clients_batch_is_kept_once_and_given_back) {
    const auto chain =
        peer::make_chain({{peer::make_receipt(1)}, {}, {peer::make_receipt(2)}}, client_key());
    EXPECT_EQ(node.ask(1, Method::post, in_repository("receipts"), chain[0].bytes).outcome(),
              "permission");
    for (int again = 0; again < 2; ++again)
        for (const auto& batch : chain)
            EXPECT_EQ(post(batch.bytes), "ok") << batch.number;
    EXPECT_EQ(mirrored(client), chain);
    EXPECT_TRUE(mirrored(peer_number(3)).empty());
    EXPECT_TRUE(node.service->metrics().contains("torgo_node_receipt_batches_mirrored_total 3\n"));
    node.reopen();
    EXPECT_EQ(mirrored(client), chain);
}

// PEER-28
TEST_F(ReceiptsTest, refuses_a_batch_that_is_not_the_clients_next) {
    const auto chain = peer::make_chain({{peer::make_receipt(1)}, {}, {}}, client_key());
    EXPECT_EQ(post(peer::make_chain({{}}, node_key())[0].bytes), "permission") << "wrong author";
    auto forged = chain[0].bytes;
    forged.back() ^= 1U;
    EXPECT_EQ(post(forged), "authentication");
    EXPECT_EQ(post(ByteView(chain[0].bytes).first(100)), "corrupt");
    const peer::LedgerBatch foreign{.public_key = {},
                                    .repository = RepoId{{3}},
                                    .number = 0,
                                    .previous = {},
                                    .unsure = 0,
                                    .time_ns = 0,
                                    .receipts = {}};
    EXPECT_EQ(post(*peer::encode(foreign, client_key())), "corrupt");
    const auto long_one = node.service->begin(
        {Method::post, in_repository("receipts"), {}, peer::max_batch + 1}, client);
    EXPECT_TRUE(long_one->answered());
    EXPECT_EQ(long_one->finish().outcome(), "limit_exceeded");
    EXPECT_TRUE(mirrored(client).empty());

    EXPECT_EQ(post(chain[0].bytes), "ok");
    const auto other = peer::make_chain({{}, {peer::make_receipt(3)}}, client_key());
    EXPECT_EQ(post(other[0].bytes), "exists");
    EXPECT_EQ(post(other[1].bytes), "corrupt") << "it follows another one";
    EXPECT_EQ(post(chain[2].bytes), "ok") << "what was dropped between never came";
    EXPECT_EQ(post(chain[1].bytes), "exists") << "the order of the chain";
}

// PEER-28
TEST_F(ReceiptsTest, keeps_the_batches_of_so_many_clients_and_no_more) {
    const auto folder = "/node/repositories/" + test_repository.hex() + "/mirrors/";
    for (std::size_t i = 0; i < max_mirrors; ++i)
        ASSERT_TRUE(env::make_directories(node.files,
                                          folder + peer_number(static_cast<std::uint8_t>(i)).hex())
                        .has_value());
    const auto chain = peer::make_chain({{}}, client_key());
    EXPECT_EQ(post(chain[0].bytes), "limit_exceeded");
    ASSERT_TRUE(node.files.remove_directory(folder + peer_number(9).hex()).has_value());
    EXPECT_EQ(post(chain[0].bytes), "ok");
    EXPECT_EQ(post(chain[0].bytes), "ok");
}

TEST_F(ReceiptsTest, a_node_without_a_key_keeps_none) {
    node.signer = nullptr;
    node.reopen();
    EXPECT_EQ(outcome(Method::get, in_repository("receipts?from=0")), "unsupported");
}

} // namespace torgo::node
