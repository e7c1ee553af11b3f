// A node that rebuilds the heads of others: when it does, when it does not, and what comes of it.
#include "node/standby.hpp"
#include "node/test_sites.hpp"

namespace torgo::node {

namespace {

class StandbyTest : public testing::Test {
protected:
    std::vector<std::string> takeovers(unsigned head) {
        return sites.head(head, peer_number(FirstSites::owner_number))
            .list_roots(std::string(peer::takeover_prefix))
            .value();
    }

    std::string metrics() const { return sites.spare->service.metrics(); }

    Sites sites;
};

} // namespace

// NODE-6 NODE-7 NODE-8
TEST_F(StandbyTest, rebuilds_a_head_whose_node_is_gone_and_says_so_on_the_others) {
    sites.allow();
    sites.audit(5);
    EXPECT_EQ(sites.spare_number(), peer::spare_index) << sites.said;
    EXPECT_TRUE(Sites::segments(*sites.spare).empty());
    sites.ways[1]->lie = Lie::is_dead;
    sites.audit(2);
    EXPECT_EQ(sites.spare_number(), peer::spare_index) << "two misses";
    sites.audit(1);
    EXPECT_EQ(sites.spare_number(), 1U) << sites.said;
    EXPECT_EQ(Sites::segments(*sites.spare), Sites::segments(*sites.sites[1]));
    for (const auto i : {0U, 2U, 3U})
        ASSERT_EQ(takeovers(i).size(), 1U);
    EXPECT_TRUE(takeovers(1).empty());
    const auto record = sites.head(0, peer_number(1)).get_root(takeovers(0).front()).value();
    const auto takeover = peer::open_takeover(record, sites.order.repository).value();
    EXPECT_EQ(takeover.head, 1U);
    EXPECT_TRUE(peer::check_takeover(takeover, sites.order, *peer::id_in_name(sites.order_name)));
    EXPECT_TRUE(metrics().contains("head=\"2\",outcome=\"missed\"} 3")) << metrics();
    EXPECT_TRUE(metrics().contains("head=\"1\",outcome=\"passed\"} 8")) << metrics();
    EXPECT_TRUE(metrics().contains("torgo_node_lost_heads_total 1"));
    EXPECT_FALSE(metrics().contains("torgo_node_rebuilt_bytes_total 0\n"));
}

TEST_F(StandbyTest, the_rebuilt_head_and_one_other_give_everything_back) {
    sites.allow();
    sites.ways[2]->lie = Lie::is_dead;
    sites.audit(3);
    const auto& spare = sites.spare->store->find(sites.order.repository);
    std::uint64_t bytes_read = 0;
    for (const auto& id : Sites::segments(*sites.spare))
        EXPECT_EQ(spare->scrub(id, bytes_read), Scrubbed::good);
    EXPECT_GT(bytes_read, saved_size / 2);
    auto names = spare->head().list_roots("").value();
    const auto there = sites.head(0, peer_number(1)).list_roots("").value();
    std::erase_if(names, [](const auto& name) { return name.starts_with(peer::places_prefix); });
    EXPECT_EQ(names, there) << "every root is on it, and its takeover on the others";
}

TEST_F(StandbyTest, finds_every_kind_of_liar_and_replaces_its_head) {
    for (const auto lie :
         {Lie::is_slow, Lie::refuses, Lie::forgot, Lie::flips_a_bit, Lie::shows_old}) {
        Sites others;
        others.allow();
        others.audit(2); // what it shows later may be what it has shown now
        others.ways[0]->lie = lie;
        others.audit(40);
        EXPECT_EQ(others.spare_number(), 0U) << static_cast<int>(lie) << others.said;
        EXPECT_EQ(Sites::segments(*others.spare), Sites::segments(*others.sites[0]));
    }
}

TEST_F(StandbyTest, leaves_a_head_alone_that_another_standby_has_rebuilt) {
    sites.allow();
    const auto key = crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_65,
                                                   crypto::SecretBytes::copy_of(Bytes(32, 6)));
    auto theirs = sites.order;
    theirs.standby = peer::format_node_uri({.address = {peer::Address::Way::tcp, "b", 1},
                                            .node = crypto::peer_id_of(key->public_key())});
    const auto order = peer::sign(theirs, *first_sites().owner).value();
    sites.put_everywhere(peer::order_prefix, order);
    const peer::Takeover takeover{
        .repository = theirs.repository,
        .order = *peer::id_in_name(peer::name_of_record(peer::order_prefix, order)),
        .head = 1,
        .addresses = {{peer::Address::Way::tcp, "b", 1}},
        .node = {}};
    sites.put_everywhere(peer::takeover_prefix, peer::sign(takeover, *key).value());
    sites.ways[1]->lie = Lie::is_dead;
    sites.audit(5);
    EXPECT_EQ(sites.spare_number(), peer::spare_index) << sites.said;
}

TEST_F(StandbyTest, announces_nothing_that_it_has_no_room_for) {
    sites.quota = 200'000;
    sites.allow();
    sites.ways[1]->lie = Lie::is_dead;
    sites.audit(8);
    EXPECT_EQ(sites.spare_number(), 1U);
    EXPECT_TRUE(takeovers(0).empty());
    EXPECT_TRUE(sites.said.contains("no room")) << sites.said;
}

TEST_F(StandbyTest, does_nothing_when_a_head_comes_back_in_time) {
    sites.allow();
    for (int i = 0; i < 5; ++i) {
        sites.ways[3]->lie = Lie::is_dead;
        sites.audit(2);
        sites.ways[3]->lie = Lie::none;
        sites.audit(1);
    }
    EXPECT_EQ(sites.spare_number(), peer::spare_index);
}

// NODE-7
TEST_F(StandbyTest, blames_nobody_when_it_is_cut_off_itself) {
    sites.allow();
    for (const auto lie : {Lie::is_dead, Lie::refuses}) {
        for (const auto i : {0, 1, 2})
            sites.ways[static_cast<std::size_t>(i)]->lie = lie;
        sites.audit(10);
        EXPECT_EQ(sites.spare_number(), peer::spare_index) << sites.said;
    }
    EXPECT_FALSE(metrics().contains("outcome=\"missed\""));
}

TEST_F(StandbyTest, takes_over_only_the_head_that_the_order_names) {
    sites.allow(2);
    sites.ways[1]->lie = Lie::is_dead;
    sites.audit(5);
    EXPECT_EQ(sites.spare_number(), peer::spare_index);
    sites.ways[1]->lie = Lie::none;
    sites.ways[2]->lie = Lie::is_dead;
    sites.audit(3);
    EXPECT_EQ(sites.spare_number(), 2U);
}

// NODE-7
TEST_F(StandbyTest, follows_no_order_that_was_taken_back) {
    sites.allow();
    for (unsigned i = 0; i < site_count; ++i)
        EXPECT_TRUE(sites.head(i, peer_number(1)).remove_root(sites.order_name));
    sites.ways[1]->lie = Lie::is_dead;
    sites.audit(5);
    EXPECT_EQ(sites.spare_number(), peer::spare_index);
    EXPECT_TRUE(sites.said.contains("taken back")) << sites.said;
}

// NODE-7
TEST_F(StandbyTest, follows_no_order_once_one_head_says_that_it_is_revoked) {
    sites.allow();
    const peer::Revocation revocation{
        .repository = sites.order.repository, .client = sites.standby_id, .reason = ""};
    const auto record = peer::sign(revocation, *first_sites().owner).value();
    EXPECT_TRUE(sites.head(0, peer_number(1))
                    .put_root(peer::name_of_record(peer::revocation_prefix, record), record));
    // Nobody reads there any more who is revoked; another head that knows it tells.
    const auto path = "/node/repositories/" + sites.order.repository.hex() + "/head/roots/" +
                      peer::name_of_record(peer::revocation_prefix, record);
    EXPECT_TRUE(env::write_file_atomically(*sites.sites[2]->files, path, record));
    sites.ways[1]->lie = Lie::is_dead;
    sites.audit(5);
    EXPECT_EQ(sites.spare_number(), peer::spare_index) << sites.said;
    EXPECT_TRUE(sites.said.contains("taken back")) << sites.said;
}

TEST_F(StandbyTest, a_restart_does_not_forget_what_was_missed) {
    sites.allow();
    sites.ways[1]->lie = Lie::is_dead;
    sites.audit(2);
    sites.restart();
    sites.audit(1);
    EXPECT_EQ(sites.spare_number(), 1U) << sites.said;
}

// NODE-8
TEST_F(StandbyTest, goes_on_after_a_restart_in_the_middle_of_rebuilding) {
    sites.allow();
    EXPECT_TRUE(sites.spare->store->take_place(sites.order.repository, 3));
    sites.restart();
    sites.audit(1);
    EXPECT_EQ(Sites::segments(*sites.spare), Sites::segments(*sites.sites[3]));
    EXPECT_EQ(takeovers(0).size(), 1U);
}

TEST_F(StandbyTest, tells_a_head_later_that_was_away) {
    sites.allow();
    sites.ways[1]->lie = Lie::is_dead;
    sites.audit(2);
    sites.ways[3]->lie = Lie::is_dead;
    sites.audit(1);
    EXPECT_EQ(sites.spare_number(), 1U);
    EXPECT_TRUE(takeovers(3).empty());
    sites.ways[3]->lie = Lie::none;
    sites.audit(1);
    EXPECT_EQ(takeovers(3).size(), 1U);
}

// PEER-38
TEST_F(StandbyTest, an_order_is_put_by_an_admin_and_in_the_owners_words_only) {
    sites.allow();
    const auto stranger = crypto::SigningKey::from_seed(
        crypto::SignatureScheme::ml_dsa_87, crypto::SecretBytes::copy_of(Bytes(32, 77)));
    const auto forged = peer::sign(sites.order, *stranger).value();
    const auto name = peer::name_of_record(peer::order_prefix, forged);
    const auto put = sites.head(0, peer_number(1)).put_root(name, forged);
    EXPECT_EQ(put.error().code(), Errc::authentication);
    auto other = sites.order;
    other.label = "other";
    const auto genuine = peer::sign(other, *first_sites().owner).value();
    const auto second = peer::name_of_record(peer::order_prefix, genuine);
    EXPECT_EQ(sites.head(0, sites.standby_id).put_root(second, genuine).error().code(),
              Errc::permission);
    EXPECT_TRUE(sites.head(0, peer_number(1)).put_root(second, genuine));
    EXPECT_EQ(sites.head(0, sites.standby_id).remove_root(second).error().code(), Errc::permission);
}

// PEER-39
TEST_F(StandbyTest, nothing_but_what_its_order_allows_is_put_by_a_standby) {
    sites.allow(2);
    peer::Takeover takeover{.repository = sites.order.repository,
                            .order = *peer::id_in_name(sites.order_name),
                            .head = 1,
                            .addresses = {{peer::Address::Way::tcp, "x", 1}},
                            .node = sites.standby_id};
    const auto outcome = [&](const crypto::SigningKey& by) {
        const auto record = peer::sign(takeover, by).value();
        const auto put = sites.head(0, sites.standby_id)
                             .put_root(peer::name_of_record(peer::takeover_prefix, record), record);
        return put ? Errc{} : put.error().code();
    };
    EXPECT_EQ(outcome(sites.key), Errc::permission) << "another head than the order's";
    takeover.head = 2;
    const auto stranger = crypto::SigningKey::from_seed(
        crypto::SignatureScheme::ml_dsa_65, crypto::SecretBytes::copy_of(Bytes(32, 77)));
    EXPECT_EQ(outcome(*stranger), Errc::permission) << "another node than the order's";
    takeover.order.bytes[0] ^= 1U;
    EXPECT_EQ(outcome(sites.key), Errc::permission) << "no such order";
    takeover.order.bytes[0] ^= 1U;
    EXPECT_EQ(outcome(sites.key), Errc{});
    auto standby = sites.head(0, sites.standby_id);
    EXPECT_EQ(standby.put_root("batch-1", as_bytes("x")).error().code(), Errc::permission);
    EXPECT_EQ(standby.remove_segment(Sites::segments(*sites.sites[0]).front()).error().code(),
              Errc::permission);
}

} // namespace torgo::node
