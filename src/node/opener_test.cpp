// Heads on nodes by their URIs.
#include "node/test_link.hpp"
#include "peer/node_head.hpp"
#include "peer/opener.hpp"

namespace torgo::node {

namespace {

Bytes owner_keys() {
    Bytes keys = test_owner().keys.ml_dsa;
    keys.insert(keys.end(), test_owner().keys.slh_dsa.begin(), test_owner().keys.slh_dsa.end());
    return keys;
}

template <class T>
Errc code(const Result<T>& result) {
    return result ? Errc{} : result.error().code();
}

class NodeOpenerTest : public ::testing::Test {
protected:
    NodeOpenerTest() {
        EXPECT_TRUE(store->add_invite(secret_number(1), 64_MiB, "test"));
        invite.node = identities().server.id();
        invite.addresses = {{peer::Address::Way::tor, "node.onion", 7443},
                            {peer::Address::Way::tcp, "node", 7443}};
        invite.secret = secret_number(1);
    }

    std::string uri(const std::string& place) const { return place + "/" + invite.node.hex(); }

    head::NewHead made(const RepoId& repository = test_repository) const {
        return {.repository = repository, .index = 2, .owner = owner_keys()};
    }

    sim::FileSystem files;
    sys::Clock clock;
    sim::Random random{1};
    std::unique_ptr<Store> store = *Store::open(files, "/node");
    Service service{*store, clock, {.node = identities().server.id()}};
    MemoryNetwork onions{serve_all(service)};
    MemoryNetwork direct{serve_all(service)};
    peer::Invite invite;
    peer::NodeOpener opener{
        {.onions = &onions, .direct = &direct}, identities().client_context, clock, random};
};

} // namespace

TEST(Networks, each_way_has_its_own) {
    MemoryNetwork onions{nullptr};
    MemoryNetwork direct{nullptr};
    using Way = peer::Address::Way;
    EXPECT_EQ(peer::network_for({&onions, &direct}, Way::tor).value(), &onions);
    EXPECT_EQ(peer::network_for({&onions, &direct}, Way::tcp).value(), &direct);
    EXPECT_EQ(code(peer::network_for({nullptr, &direct}, Way::tor)), Errc::unavailable);
    EXPECT_EQ(code(peer::network_for({&onions, nullptr}, Way::tcp)), Errc::unavailable);
}

TEST_F(NodeOpenerTest, joins_with_an_invite_and_finds_the_head_again) {
    const auto place = opener.add_invite(invite);
    ASSERT_TRUE(place);
    EXPECT_EQ(*place, uri("tor://node.onion"));
    EXPECT_EQ(code((*opener.open(*place))->status()), Errc::not_a_repository);
    const auto head = opener.create(*place, made());
    ASSERT_TRUE(head) << head.error().detail();
    EXPECT_TRUE((*head)->put_root("batch-1", as_bytes("x")));
    EXPECT_TRUE(opener.create(*place, made())) << "again, without the invite";
    const auto again = opener.open(*place);
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->uri(), *place);
    const auto status = (*again)->status();
    ASSERT_TRUE(status);
    EXPECT_EQ(status->repository, test_repository);
    EXPECT_EQ(status->index, 2U);
    EXPECT_EQ(as_text((*again)->get_root("batch-1").value()), "x");
    EXPECT_EQ(onions.connections(), 1U) << "all heads share a link";
    EXPECT_EQ(direct.connections(), 0U);
}

TEST_F(NodeOpenerTest, a_uri_leads_to_its_own_network_only) {
    (void)(*opener.open(uri("tls://node:7443")))->probe();
    EXPECT_EQ(onions.connections(), 0U);
    EXPECT_EQ(direct.connections(), 1U);
    EXPECT_EQ(direct.asked().front(), (env::Endpoint{"node", 7443}));
    EXPECT_EQ(code(opener.open("dir:///a")), Errc::unsupported);
    EXPECT_EQ(code(opener.open(uri("tor://node"))), Errc::invalid_argument);
    peer::NodeOpener blind({.onions = nullptr, .direct = &direct}, identities().client_context,
                           clock, random);
    EXPECT_EQ(blind.add_invite(invite).value(), uri("tls://node:7443"));
    EXPECT_EQ(code(blind.open(uri("tor://node.onion"))), Errc::unavailable);
}

TEST_F(NodeOpenerTest, create_needs_an_invite_and_the_owner) {
    const auto place = uri("tls://node:7443");
    EXPECT_EQ(code(opener.create(place, made())), Errc::permission);
    EXPECT_EQ(code(opener.create(place, {.repository = test_repository, .index = 2})),
              Errc::invalid_argument);
    invite.secret = secret_number(7);
    ASSERT_TRUE(opener.add_invite(invite));
    EXPECT_EQ(code(opener.create(place, made())), Errc::authentication);
}

// PEER-30
TEST_F(NodeOpenerTest, of_several_repositories_the_named_one_is_opened) {
    const auto place = opener.add_invite(invite).value();
    ASSERT_TRUE(opener.create(place, made()));
    const RepoId second{{1, 2, 3}};
    invite.secret = secret_number(2);
    ASSERT_TRUE(store->add_invite(invite.secret, 64_MiB, "second"));
    ASSERT_TRUE(opener.add_invite(invite));
    EXPECT_EQ(code((*opener.open(place))->probe()), Errc::not_a_repository) << "the invite waits";
    ASSERT_TRUE(opener.create(place, made(second)));
    EXPECT_EQ(code((*opener.open(place))->probe()), Errc::invalid_argument);
    opener.use_repository(second);
    EXPECT_EQ((*opener.open(place))->status()->repository, second);
    opener.use_repository(RepoId{{9}});
    EXPECT_EQ(code((*opener.open(place))->status()), Errc::not_a_repository);
}

TEST_F(NodeOpenerTest, discard_is_success_where_nothing_is_kept) {
    const auto place = opener.add_invite(invite).value();
    EXPECT_TRUE(opener.discard(place, test_repository));
    const auto head = opener.create(place, made()).value();
    ASSERT_TRUE(head->put_root("batch-1", as_bytes("x")));
    EXPECT_EQ(code(opener.discard(place, test_repository)), Errc::unsupported);
    EXPECT_TRUE(head->list_roots("")->empty());
    SegmentId id;
    const auto segment = make_segment(1, 1, id);
    const auto writer = head->begin_segment(segment.size()).value();
    ASSERT_TRUE(writer->append(segment) && writer->commit(id));
    EXPECT_EQ(code(opener.discard(place, test_repository)), Errc::exists);
    EXPECT_TRUE(head->segment_size(id));
}

TEST_F(NodeOpenerTest, a_link_that_was_cancelled_is_freed_when_it_is_dropped_and_no_other) {
    const auto place = uri("tls://node:7443");
    const auto other = opener.way(uri("tor://node.onion")).value();
    auto head = opener.open(place).value();
    auto* const first = opener.way(place).value();
    (void)head->probe();
    EXPECT_EQ(direct.connections(), 1U);
    head->cancel();
    EXPECT_EQ(code(head->probe()), Errc::cancelled);
    EXPECT_NE(opener.way(place).value(), first) << "the next use makes another";
    EXPECT_EQ(code(head->probe()), Errc::cancelled) << "the old one stays for whoever has it";
    EXPECT_EQ(opener.retired(), 1U);
    head.reset();
    opener.drop_cancelled();
    EXPECT_EQ(opener.retired(), 0U);
    auto* const second = opener.way(place).value();
    EXPECT_EQ(code(opener.open(place).value()->probe()), Errc::not_a_repository) << "it works";
    EXPECT_EQ(direct.connections(), 2U);
    opener.drop_cancelled();
    EXPECT_EQ(opener.way(place).value(), second) << "what was not cancelled stays";
    EXPECT_EQ(opener.way(uri("tor://node.onion")).value(), other);
}

TEST_F(NodeOpenerTest, cancel_ends_links_that_are_and_that_will_be) {
    const auto head = opener.open(uri("tls://node:7443")).value();
    opener.cancel();
    EXPECT_EQ(code(head->probe()), Errc::cancelled);
    EXPECT_EQ(code((*opener.open(uri("tor://node.onion")))->probe()), Errc::cancelled);
}

} // namespace torgo::node
