#include "node/store.hpp"
#include "node/test_loop.hpp"

namespace torgo::node {

namespace {

using peer::Method;

Bytes join_body(std::uint8_t secret, std::uint8_t index = 2) {
    return peer::encode(peer::Join{secret_number(secret), index, test_owner().keys});
}

std::string join_target(const RepoId& repository) {
    return "/v1/repositories/" + repository.hex() + "/join";
}

} // namespace

// PEER-14
TEST(Store, an_invite_serves_once) {
    TestNode node;
    const RepoId other{{5}};
    EXPECT_EQ(node.ask(1, Method::post, join_target(test_repository), join_body(1)).status(), 200)
        << "the answer was lost";
    EXPECT_EQ(node.outcome(1, Method::post, join_target(test_repository), join_body(1, 3)),
              "authentication");
    EXPECT_EQ(node.outcome(2, Method::post, join_target(test_repository), join_body(1)),
              "authentication");
    EXPECT_EQ(node.outcome(1, Method::post, join_target(other), join_body(1)), "authentication");
    ASSERT_TRUE(node.store->add_invite(secret_number(2), 1000, "second").has_value());
    EXPECT_EQ(node.outcome(2, Method::post, join_target(test_repository), join_body(2)), "exists");
    EXPECT_EQ(node.outcome(2, Method::post, join_target(other), join_body(2)), "ok");
    EXPECT_EQ(node.outcome(2, Method::get, "/v1/" + other.hex() + "/status"), "ok");
    EXPECT_EQ(node.outcome(1, Method::get, "/v1/" + other.hex() + "/status"), "permission");
    EXPECT_TRUE(node.files.files_below("/node/invites").empty());
}

// PEER-14 PEER-24 NODE-2
TEST(Store, a_join_that_was_cut_at_any_operation_can_be_repeated) {
    bool cut = true;
    for (std::uint64_t n = 1; cut; ++n) {
        sim::FileSystem files;
        sim::Clock clock;
        auto store = *Store::open(files, "/node");
        ASSERT_TRUE(store->add_invite(secret_number(1), 1000, "label").has_value());
        files.set_crash_after(n);
        const peer::Join join{secret_number(1), 2, test_owner().keys};
        const auto joined = store->join(test_repository, peer_number(1), join);
        cut = !joined;
        const auto disk = files.crash(n);
        store = *Store::open(*disk, "/node");
        EXPECT_EQ(store->unreadable(), 0U) << n;
        EXPECT_TRUE(!joined || store->find(test_repository) != nullptr) << n;
        ASSERT_TRUE(store->join(test_repository, peer_number(1), join).has_value()) << n;
        const auto stolen = store->join(RepoId{{5}}, peer_number(2), join);
        EXPECT_FALSE(stolen.has_value()) << n;
        ASSERT_LT(n, 100U);
    }
}

// PEER-11 PEER-12
TEST(Store, the_quota_counts_what_is_kept_and_what_is_on_its_way) {
    SegmentId first;
    SegmentId second;
    const auto one = make_segment(2, 3, first);
    const auto two = make_segment(2, 4, second);
    TestNode node(true, one.size() + two.size() - 1);
    const auto repository = node.store->find(test_repository);
    {
        const auto on_its_way = node.service->begin(
            {Method::put, segment_target(first), {}, one.size()}, peer_number(1));
        on_its_way->write(ByteView(one).first(1000));
        const auto refused = node.service->begin(
            {Method::put, segment_target(second), {}, two.size()}, peer_number(1));
        EXPECT_TRUE(refused->answered());
        EXPECT_EQ(refused->finish().status(), 507);
    }
    EXPECT_EQ(node.outcome(1, Method::put, segment_target(first), one), "ok");
    EXPECT_EQ(node.outcome(1, Method::put, segment_target(second), two), "no_space");
    EXPECT_EQ(node.outcome(1, Method::put, segment_target(first), one), "ok") << "a retry";
    EXPECT_EQ(repository->totals()->bytes, one.size());
    EXPECT_EQ(repository->status()->head.free_bytes, two.size() - 1);
    EXPECT_EQ(node.outcome(1, Method::put, in_repository("roots/batch-1"), Bytes(two.size())),
              "no_space");
    EXPECT_EQ(node.outcome(1, Method::put, in_repository("roots/batch-1"), Bytes(two.size() - 1)),
              "ok");
    EXPECT_EQ(node.outcome(1, Method::put, in_repository("roots/batch-1"), Bytes(two.size() - 1)),
              "ok")
        << "a retry";
    EXPECT_EQ(repository->status()->write_error, Errc::no_space);
    node.reopen();
    EXPECT_EQ(node.store->find(test_repository)->totals()->free(), 0U) << "counted anew";
    EXPECT_EQ(node.outcome(1, Method::remove, in_repository("roots/batch-1")), "ok");
    EXPECT_EQ(node.outcome(1, Method::remove, segment_target(first)), "ok");
    EXPECT_EQ(node.store->find(test_repository)->totals()->bytes, 0U);
    EXPECT_EQ(node.outcome(1, Method::put, segment_target(second), two), "ok");
}

namespace {

Bytes revocation_of(std::uint8_t client) {
    return *peer::sign(peer::Revocation{test_repository, peer_number(client), "stolen"},
                       test_owner().key, crypto::SignMode::deterministic);
}

std::string put_root(const TestNode& node, const std::string& name, ByteView content) {
    return node.outcome(1, Method::put, in_repository("roots/" + name), content);
}

} // namespace

// PEER-11: who fills a repository keeps nobody from taking his rights, nor from locking it.
TEST(Store, a_full_quota_refuses_no_revocation_and_no_lock) {
    constexpr std::size_t room = 100'000;
    TestNode node(true, room);
    const auto totals = [&] {
        return *node.store->find(test_repository)->totals();
    };
    ASSERT_EQ(put_root(node, "batch-1", Bytes(room)), "ok");
    const auto revocation = revocation_of(10);
    const auto name = peer::name_of_record(peer::revocation_prefix, revocation);
    EXPECT_EQ(put_root(node, name, revocation), "ok");
    EXPECT_EQ(put_root(node, "lock-1", Bytes(8'192)), "ok");
    EXPECT_EQ(put_root(node, "lock-2", Bytes(8'193)), "no_space") << "more than a record takes";
    EXPECT_EQ(put_root(node, "snapshot-1", Bytes(1)), "no_space");
    EXPECT_EQ(totals().bytes, room);
    node.reopen();
    EXPECT_EQ(totals().bytes, room) << "counted anew";
    EXPECT_EQ(put_root(node, name, revocation), "ok") << "a retry";
    ASSERT_TRUE(node.store->release_lock(test_repository, "lock-1"));
    EXPECT_EQ(totals().bytes, room) << "what took no room gives none back";
}

// PEER-11
TEST(Store, a_full_node_takes_a_root_again_that_it_has) {
    constexpr std::size_t room = 100'000;
    for (const bool keeps : {false, true}) {
        TestNode node(true, room);
        if (keeps) node.store->keep_deleted(7);
        ASSERT_EQ(put_root(node, "descriptor", Bytes(1'000, 'a')), "ok");
        ASSERT_EQ(put_root(node, "batch-1", Bytes(room - 1'000)), "ok");
        EXPECT_EQ(put_root(node, "batch-1", Bytes(room - 1'000)), "ok") << keeps;
        EXPECT_EQ(put_root(node, "batch-1", Bytes(room - 1'000, 1)), "exists") << keeps;
        EXPECT_EQ(put_root(node, "descriptor", Bytes(1'000, 'a')), "ok") << keeps;
        EXPECT_EQ(put_root(node, "descriptor", Bytes(1'000, 'b')), keeps ? "no_space" : "ok");
        EXPECT_EQ(put_root(node, "descriptor", Bytes(1'001, 'b')), "no_space") << keeps;
    }
}

// PEER-11: what is on its way is counted twice for a moment when it has come.
TEST(Store, nothing_more_needs_no_room_also_where_there_is_less_than_none) {
    Usage usage(100);
    const auto on_its_way = usage.reserve(80);
    ASSERT_TRUE(on_its_way);
    usage.change(0, 80);
    EXPECT_TRUE(usage.reserve(0));
    EXPECT_EQ(usage.reserve(1).error().code(), Errc::no_space);
}

TEST(Store, a_disk_that_is_full_read_only_or_gone_says_so) {
    SegmentId id;
    const auto content = make_segment(2, 3, id);
    TestNode node;
    node.files.set_capacity(50'000);
    EXPECT_EQ(node.outcome(1, Method::put, segment_target(id), content), "no_space");
    node.files.set_capacity(~std::uint64_t{0});
    node.files.set_read_only(true);
    EXPECT_EQ(node.outcome(1, Method::put, segment_target(id), content), "read_only");
    EXPECT_EQ(node.store->find(test_repository)->status()->write_error, Errc::read_only);
    node.files.set_read_only(false);
    ASSERT_EQ(node.outcome(1, Method::put, segment_target(id), content), "ok");
    for (const auto how : {sim::Vanished::folder_missing, sim::Vanished::empty_mount_point,
                           sim::Vanished::io_errors}) {
        node.files.vanish("/node", how);
        EXPECT_EQ(node.outcome(1, Method::get, segment_target(id)), "unavailable");
        EXPECT_EQ(node.outcome(1, Method::get, in_repository("status")), "unavailable");
        EXPECT_EQ(node.outcome(1, Method::post, in_repository("have"), Bytes(32)), "unavailable");
        node.files.reappear("/node");
        EXPECT_EQ(node.outcome(1, Method::get, segment_target(id)), "ok");
    }
}

// PEER-17: nobody is refused for good while nobody can tell.
TEST(Store, rights_that_can_not_be_read_are_unavailable) {
    TestNode node;
    node.reopen();
    node.files.vanish("/node", sim::Vanished::folder_missing);
    EXPECT_EQ(node.outcome(50, Method::get, in_repository("status")), "unavailable");
    node.files.reappear("/node");
    EXPECT_EQ(node.outcome(50, Method::get, in_repository("status")), "permission");
}

TEST(Store, scrubbing_moves_damaged_segments_away) {
    TestNode node;
    std::vector<SegmentId> ids(5);
    std::uint64_t total = 0;
    for (std::uint8_t i = 0; i < 5; ++i) {
        const auto content = make_segment(2, static_cast<std::uint8_t>(3 + i), ids[i]);
        total += content.size();
        ASSERT_EQ(node.outcome(1, Method::put, segment_target(ids[i]), content), "ok");
    }
    const auto hex = ids[2].hex();
    const auto path = "/node/repositories/" + test_repository.hex() + "/head/segments/" +
                      hex.substr(0, 2) + "/" + hex;
    node.files.flip(path, 12'345);
    Store::ScrubReport sum;
    for (int call = 0; call < 9 && !sum.wrapped; ++call) {
        const auto report = node.service->scrub_next(1);
        ASSERT_TRUE(report.has_value());
        EXPECT_LE(report->segments, 1U);
        sum.segments += report->segments;
        sum.bytes += report->bytes;
        sum.damaged += report->damaged;
        sum.wrapped = report->wrapped;
    }
    EXPECT_EQ(sum.segments, 5U);
    EXPECT_EQ(sum.damaged, 1U);
    EXPECT_EQ(sum.bytes, total + 5 * segment::tail_size) << "each once, its tail twice";
    EXPECT_EQ(node.outcome(1, Method::get, segment_target(ids[2])), "not_found");
    EXPECT_EQ(node.store->find(test_repository)->totals()->segments, 4U);
    EXPECT_EQ(node.files.files_below("/node/repositories/" + test_repository.hex() + "/quarantine")
                  .size(),
              1U);
    const auto again = node.service->scrub_next(1_GiB);
    EXPECT_EQ(again->segments, 4U);
    EXPECT_EQ(again->damaged, 0U);
    EXPECT_TRUE(node.service->metrics().contains("torgo_node_damaged_segments_total 1\n"));
    SegmentId id;
    const auto content = make_segment(2, 5, id);
    EXPECT_EQ(node.outcome(1, Method::put, segment_target(id), content), "ok") << "healed";
}

// PEER-15 PEER-16
TEST(Store, an_audit_shows_cells_and_finds_damage) {
    TestNode node;
    SegmentId id;
    const auto content = make_segment(5, 3, id);
    ASSERT_EQ(node.outcome(1, Method::put, segment_target(id), content), "ok");
    LoopExchanger link(*node.service, peer_number(1));
    peer::PeerHead head(link, "tor:test", test_repository, 2);
    peer::AuditRequest request{peer::AuditForm::full, peer::Nonce{{1, 2}}, {0, 3, 4}};
    auto shown = head.audit(id, request);
    ASSERT_TRUE(shown.has_value());
    EXPECT_TRUE(peer::check_audit(id, 5, request, *shown).has_value());
    EXPECT_FALSE(peer::check_audit(id, 6, request, *shown).has_value());
    (*shown)[1].evidence[9] ^= 1U;
    EXPECT_FALSE(peer::check_audit(id, 5, request, *shown).has_value());
    request.form = peer::AuditForm::hashed;
    shown = head.audit(id, request);
    ASSERT_TRUE(shown.has_value());
    EXPECT_TRUE(peer::check_audit(id, 5, request, *shown).has_value());
    const auto cell = ByteView(content).subspan(3 * segment::cell_size, segment::cell_size);
    EXPECT_TRUE(
        std::ranges::equal((*shown)[1].evidence, peer::evidence_of(request.nonce, cell).view()));
    request.leaves = {5};
    EXPECT_EQ(head.audit(id, request).error().code(), Errc::invalid_argument);
    const auto hex = id.hex();
    node.files.flip("/node/repositories/" + test_repository.hex() + "/head/segments/" +
                        hex.substr(0, 2) + "/" + hex,
                    8 * 4 * segment::cell_size);
    request.leaves = {0};
    EXPECT_TRUE(head.audit(id, request).has_value()) << "the damage is elsewhere";
    request.leaves = {4};
    EXPECT_EQ(head.audit(id, request).error().code(), Errc::corrupt);
    EXPECT_EQ(head.audit(id, request).error().code(), Errc::not_found) << "moved away";
}

// NODE-3
TEST(Store, a_damaged_record_hides_one_repository_only) {
    TestNode node;
    node.files.flip("/node/repositories/" + test_repository.hex() + "/record", 300);
    node.reopen();
    EXPECT_EQ(node.store->unreadable(), 1U);
    EXPECT_EQ(node.store->find(test_repository), nullptr);
    ASSERT_TRUE(node.store->add_invite(secret_number(2), 1000, "").has_value());
    EXPECT_EQ(node.outcome(1, Method::post, join_target(RepoId{{5}}), join_body(2)), "ok");
}

} // namespace torgo::node
