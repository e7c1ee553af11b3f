#include "node/service.hpp"
#include "node/test_service.hpp"
#include "repo/withdrawal.hpp"
#include "segment/regenerate.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <future>
#include <tuple>

namespace torgo::node {

namespace {

using peer::Method;
using peer::Rights;

} // namespace

// PEER-7 PEER-8 PEER-9
TEST_F(ServiceTest, stores_a_segment_once_and_gives_it_back) {
    EXPECT_EQ(node.ask(1, Method::put, segment_target(id), segment).status(), 201);
    const auto changes = node.files.operation_count();
    const auto again =
        node.service->begin({Method::put, segment_target(id), {}, segment.size()}, peer_number(1));
    EXPECT_TRUE(again->answered()) << "before its body";
    EXPECT_EQ(again->finish().status(), 200);
    EXPECT_LE(node.files.operation_count() - changes, 2U) << "flushed and not written";
    auto whole = node.ask(1, Method::get, segment_target(id));
    EXPECT_EQ(whole.status(), 200);
    EXPECT_EQ(read_all(whole), segment);
    auto part = node.ask(1, Method::get, segment_target(id), {}, {{"range", "bytes=5-14"}});
    EXPECT_EQ(part.status(), 206);
    EXPECT_EQ(read_all(part), Bytes(segment.begin() + 5, segment.begin() + 15));
    EXPECT_EQ(peer::find_header(part.headers(), "content-range"),
              "bytes 5-14/" + std::to_string(segment.size()));
    for (const auto* range : {"bytes=5-", "bytes=-5", "bytes=9-3", "bytes=0-1,3-4", "items=0-1",
                              "bytes=00-1", "bytes=0-99999999999999999999"})
        EXPECT_EQ(node.ask(1, Method::get, segment_target(id), {}, {{"range", range}}).outcome(),
                  "invalid_argument")
            << range;
    const peer::Header past{"range", "bytes=0-" + std::to_string(segment.size())};
    EXPECT_EQ(node.ask(1, Method::get, segment_target(id), {}, {past}).status(), 416);
    auto head = node.ask(1, Method::head, segment_target(id));
    EXPECT_EQ(head.size(), segment.size());
    EXPECT_TRUE(read_all(head).empty());
}

TEST_F(ServiceTest, tells_which_segments_are_there) {
    ASSERT_EQ(put_segment(1), "ok");
    LoopExchanger link(*node.service, peer_number(1));
    peer::PeerHead head(link, "tor:test", test_repository, 2);
    const std::vector ids{SegmentId{}, id, SegmentId{{3}}, id};
    EXPECT_EQ(head.have(ids), (std::vector<bool>{false, true, false, true}));
    EXPECT_EQ(node.outcome(1, Method::post, in_repository("have"), {}), "invalid_argument");
}

// PEER-41
TEST_F(ServiceTest, combines_the_halves_of_cells) {
    ASSERT_EQ(put_segment(1), "ok");
    LoopExchanger link(*node.service, peer_number(1));
    peer::PeerHead head(link, "tor:test", test_repository, 2);
    for (const auto factor : std::to_array<std::uint8_t>({0, 1, 3, 255})) {
        Bytes expected(2 * segment::half_cell);
        segment::combine_cells(
            ByteView(segment).subspan(segment::cell_size, 2 * segment::cell_size), factor,
            expected);
        Bytes got(expected.size());
        ASSERT_TRUE(head.read_combined(id, 1, factor, got));
        EXPECT_EQ(got, expected);
    }
    Bytes half(segment::half_cell);
    EXPECT_EQ(head.read_combined(id, 3, 0, half).error().code(), Errc::corrupt);
    EXPECT_EQ(head.read_combined(id, ~std::uint64_t{0}, 0, half).error().code(), Errc::corrupt);
    EXPECT_EQ(head.read_combined(SegmentId{}, 0, 0, half).error().code(), Errc::not_found);
    Bytes odd(segment::half_cell + 1);
    EXPECT_EQ(head.read_combined(id, 0, 0, odd).error().code(), Errc::invalid_argument);
    Bytes too_long((segment::max_combined_cells + 1) * segment::half_cell);
    EXPECT_EQ(head.read_combined(id, 0, 0, too_long).error().code(), Errc::invalid_argument);
    const auto past = segment_target(id) + "/combined?factor=0&first=0&max=65";
    EXPECT_EQ(node.outcome(1, Method::get, past), "invalid_argument");
}

// PEER-41
TEST_F(ServiceTest, combines_no_damaged_cell_and_keeps_it_no_longer) {
    ASSERT_EQ(put_segment(1), "ok");
    const auto hex = id.hex();
    const auto path = "/node/repositories/" + test_repository.hex() + "/head/segments/" +
                      hex.substr(0, 2) + "/" + hex;
    node.files.flip(path, segment::cell_size * 8 + 3);
    const auto second = segment_target(id) + "/combined?factor=1&first=1&max=1";
    const auto first = segment_target(id) + "/combined?factor=1&first=0&max=1";
    EXPECT_EQ(node.outcome(1, Method::get, first), "ok");
    EXPECT_EQ(node.outcome(1, Method::get, second), "corrupt");
    EXPECT_EQ(node.outcome(1, Method::get, second), "not_found");
}

// PEER-7
TEST_F(ServiceTest, refuses_what_is_not_the_segment_of_its_name) {
    auto other = id;
    other.bytes[0] ^= 1U;
    EXPECT_EQ(node.outcome(1, Method::put, segment_target(other), segment), "corrupt");
    auto damaged = segment;
    damaged[70'000] ^= 1U;
    EXPECT_EQ(node.outcome(1, Method::put, segment_target(id), damaged), "corrupt");
    SegmentId foreign;
    const auto of_another = make_segment(2, 6, foreign, RepoId{{1}});
    EXPECT_EQ(node.outcome(1, Method::put, segment_target(foreign), of_another), "corrupt");
    const auto served =
        node.service->begin({Method::put, segment_target(id), {}, 70'000}, peer_number(1));
    EXPECT_TRUE(served->answered()) << "no segment has this length";
    EXPECT_EQ(served->finish().outcome(), "corrupt");
    EXPECT_TRUE(node.store->find(test_repository)->head().list_segments({}, 9)->empty());
    EXPECT_EQ(node.files.files_below("/node/repositories").size(), 2U) << "record and marker";
}

// PEER-2
TEST_F(ServiceTest, a_body_of_another_size_than_announced_has_no_effect) {
    const peer::Request request{Method::put, segment_target(id), {}, segment.size()};
    {
        const auto cut = node.service->begin(request, peer_number(1));
        cut->write(ByteView(segment).first(100'000));
        EXPECT_EQ(cut->finish().outcome(), "invalid_argument");
    }
    {
        const auto lost = node.service->begin(request, peer_number(1));
        lost->write(ByteView(segment).first(100'000));
    }
    const auto longer = node.service->begin(request, peer_number(1));
    longer->write(segment);
    longer->write(Bytes(1));
    EXPECT_TRUE(longer->answered());
    EXPECT_EQ(longer->finish().outcome(), "invalid_argument");
    EXPECT_EQ(node.files.files_below("/node/repositories").size(), 2U);
    EXPECT_EQ(node.store->find(test_repository)->totals()->reserved, 0U);
    EXPECT_EQ(put_segment(1), "ok");
    for (const auto* target : {"have", "roots/batch-1"}) {
        const auto method = std::string_view(target) == "have" ? Method::post : Method::put;
        const auto served =
            node.service->begin({method, in_repository(target), {}, 64}, peer_number(1));
        served->write(Bytes(32));
        EXPECT_EQ(served->finish().outcome(), "invalid_argument") << target;
    }
}

// PEER-6
TEST_F(ServiceTest, refuses_unknown_targets_methods_and_long_bodies) {
    EXPECT_EQ(node.ask(1, Method::get, "/").status(), 404);
    EXPECT_EQ(node.outcome(1, Method::get, "/v1/nothing"), "unsupported");
    EXPECT_EQ(node.ask(1, Method::put, "/v1/status").status(), 405);
    EXPECT_EQ(node.outcome(1, Method::post, segment_target(id)), "invalid_argument");
    EXPECT_EQ(node.outcome(1, Method::get, in_repository("segments/00")), "invalid_argument");
    EXPECT_EQ(node.outcome(1, Method::get, in_repository("roots/A")), "invalid_argument");
    for (const auto& [method, target, size] :
         {std::tuple{Method::get, std::string("/v1/status"), std::uint64_t{1}},
          {Method::put, in_repository("roots/batch-1"), head::max_root_size + 1},
          {Method::post, in_repository("have"), std::uint64_t{32} * 65'537},
          {Method::post, segment_target(id) + "/audit", peer::max_audit_request + 1},
          {Method::put, segment_target(id), head::max_segment_size + 1}}) {
        const auto served = node.service->begin({method, target, {}, size}, peer_number(1));
        EXPECT_TRUE(served->answered()) << target;
        EXPECT_EQ(served->finish().outcome(), "limit_exceeded") << target;
    }
}

// PEER-17
TEST_F(ServiceTest, each_request_needs_its_right) {
    ASSERT_EQ(put_segment(1), "ok");
    ASSERT_EQ(put_root(1, "snapshot-1", as_bytes("one")), "ok");
    ASSERT_EQ(put_root(1, "descriptor", as_bytes("old")), "ok");
    const auto list = in_repository("segments?after=" + SegmentId{}.hex() + "&max=9");
    const auto names = in_repository("roots?prefix=&after=&max=9");
    const auto audit = peer::encode(peer::AuditRequest{peer::AuditForm::hashed, {}, {0}});
    const auto combined = segment_target(id) + "/combined?factor=1&first=0&max=3";
    struct Case {
        Method method;
        std::string target;
        Bytes body;
        std::uint8_t rights; ///< any of these lets it
    };
    const Case cases[] = {
        {Method::get, in_repository("status"), {}, Rights::all},
        {Method::get, segment_target(id), {}, Rights::read},
        {Method::get, combined, {}, Rights::read},
        {Method::head, segment_target(id), {}, Rights::read | Rights::write | Rights::verify},
        {Method::put, segment_target(id), segment, Rights::write},
        {Method::post, segment_target(id) + "/audit", audit, Rights::verify},
        {Method::post, in_repository("have"), Bytes(32), Rights::write | Rights::verify},
        {Method::get, list, {}, Rights::read | Rights::verify},
        {Method::get, names, {}, Rights::read | Rights::verify},
        {Method::get, in_repository("roots/snapshot-1"), {}, Rights::read},
        {Method::get, in_repository("roots/descriptor"), {}, Rights::read | Rights::verify},
        {Method::put, in_repository("roots/batch-2"), Bytes(4), Rights::write},
        {Method::put, in_repository("roots/descriptor"), Bytes(4), 0}, // write and admin
        {Method::remove, in_repository("roots/batch-2"), {}, Rights::admin},
        {Method::remove, segment_target(SegmentId{}), {}, Rights::admin},
        {Method::put, in_repository("roots/lock-1"), {}, Rights::admin},
    };
    for (std::uint8_t rights = 1; rights < Rights::all;
         rights = static_cast<std::uint8_t>(rights * 2)) {
        const auto client = static_cast<std::uint8_t>(10 + rights);
        give(client, rights);
        for (const auto& test : cases)
            EXPECT_EQ(node.outcome(client, test.method, test.target, test.body),
                      (test.rights & rights) != 0 ? "ok" : "permission")
                << name(test.method) << " " << test.target << " with " << int{rights};
    }
    for (const auto& test : cases) {
        const auto stranger =
            node.service->begin({test.method, test.target, {}, test.body.size()}, peer_number(50));
        EXPECT_TRUE(stranger->answered()) << test.target;
        EXPECT_EQ(stranger->finish().outcome(), "permission");
    }
}

// PEER-17
TEST_F(ServiceTest, a_foreign_repository_looks_like_none) {
    const auto other = "/v1/" + RepoId{{9}}.hex() + "/status";
    auto missing = node.ask(1, Method::get, other);
    auto foreign = node.ask(50, Method::get, in_repository("status"));
    EXPECT_EQ(missing.status(), foreign.status());
    EXPECT_EQ(missing.outcome(), foreign.outcome());
    EXPECT_EQ(read_all(missing), read_all(foreign));
    EXPECT_EQ(node.outcome(50, Method::get, "/v1/status"), "permission");
    EXPECT_EQ(node.outcome(1, Method::get, "/v1/status"), "ok");
}

// PEER-18
TEST_F(ServiceTest, a_revocation_ends_all_rights_for_ever) {
    give(10, Rights::read);
    give(10, Rights::write);
    EXPECT_EQ(put_segment(10), "ok");
    EXPECT_EQ(node.outcome(10, Method::get, segment_target(id)), "ok");
    for (const std::uint8_t client : {std::uint8_t{10}, std::uint8_t{1}}) {
        const auto record =
            peer::sign(peer::Revocation{test_repository, peer_number(client), "lost"},
                       test_owner().key, crypto::SignMode::deterministic);
        const auto root = peer::name_of_record(peer::revocation_prefix, *record);
        EXPECT_EQ(put_root(1, root, *record), "ok");
        EXPECT_EQ(node.outcome(client, Method::get, segment_target(id)), "permission");
        node.reopen();
        EXPECT_EQ(node.outcome(client, Method::get, segment_target(id)), "permission");
        if (client == 10) {
            give(10, Rights::all);
            EXPECT_EQ(node.outcome(10, Method::get, segment_target(id)), "permission");
            EXPECT_EQ(node.outcome(1, Method::remove, in_repository("roots/" + root)),
                      "permission");
        }
    }
}

// PEER-20
TEST_F(ServiceTest, a_revocation_that_decays_gives_no_rights_back) {
    give(10, Rights::read);
    const auto record = peer::sign(peer::Revocation{test_repository, peer_number(10), "lost"},
                                   test_owner().key, crypto::SignMode::deterministic);
    const auto root = peer::name_of_record(peer::revocation_prefix, *record);
    ASSERT_EQ(put_root(1, root, *record), "ok");
    const auto roots = "/node/repositories/" + test_repository.hex() + "/head/roots/";
    node.files.flip(roots + root, 8 * 1000);
    node.reopen();
    EXPECT_EQ(node.outcome(10, Method::get, in_repository("status")), "permission");
    const auto names = node.store->find(test_repository)->head().list_roots("capability-");
    give(11, Rights::read);
    const auto more = node.store->find(test_repository)->head().list_roots("capability-");
    ASSERT_EQ(more->size(), 2U);
    for (const auto& name : *more)
        if (name != names->front()) node.files.flip(roots + name, 8 * 1000);
    node.reopen();
    EXPECT_EQ(node.outcome(11, Method::get, in_repository("status")), "permission");
}

// PEER-20 PEER-10
TEST_F(ServiceTest, refuses_rights_that_the_owner_did_not_sign) {
    const auto thief = crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_87,
                                                     crypto::SecretBytes::copy_of(Bytes(32, 8)));
    peer::Capability capability{test_repository, peer_number(10), {Rights::all}, 0, ""};
    const auto forged = *peer::sign(capability, *thief);
    EXPECT_EQ(put_root(1, peer::name_of_record(peer::capability_prefix, forged), forged),
              "authentication");
    capability.repository = RepoId{{3}};
    const auto foreign = *peer::sign(capability, test_owner().key);
    EXPECT_EQ(put_root(1, peer::name_of_record(peer::capability_prefix, foreign), foreign),
              "authentication");
    EXPECT_EQ(put_root(1, "capability-" + Digest{}.hex(), foreign), "corrupt");
    EXPECT_EQ(put_root(1, "capability-x", foreign), "corrupt");
    EXPECT_EQ(put_root(1, "batch-" + Digest{}.hex(), as_bytes("x")), "corrupt");
    EXPECT_EQ(node.outcome(10, Method::get, in_repository("status")), "permission");
}

// PEER-52
TEST_F(ServiceTest, takes_a_withdrawal_from_nobody_but_the_owner) {
    const auto thief = crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_87,
                                                     crypto::SecretBytes::copy_of(Bytes(32, 8)));
    give(10, Rights::write);
    const SnapshotId snapshot{{7}};
    const auto forged = *repo::sign_withdrawal(test_repository, snapshot, *thief);
    EXPECT_EQ(put_root(10, repo::withdrawal_name(forged), forged), "authentication");
    const auto foreign = *repo::sign_withdrawal(RepoId{{3}}, snapshot, test_owner().key);
    EXPECT_EQ(put_root(10, repo::withdrawal_name(foreign), foreign), "authentication");
    const auto real = *repo::sign_withdrawal(test_repository, snapshot, test_owner().key);
    EXPECT_EQ(put_root(10, "withdrawn-" + Digest{}.hex(), real), "corrupt");
    EXPECT_EQ(put_root(10, "withdrawn-x", real), "corrupt");
    EXPECT_EQ(put_root(1, repo::withdrawal_name(real), real), "ok");
}

// PEER-18: a capability that was deleted counts no longer.
TEST_F(ServiceTest, rights_end_with_their_root) {
    give(10, Rights::read);
    const auto names = node.store->find(test_repository)->head().list_roots("capability-");
    ASSERT_EQ(names->size(), 1U);
    EXPECT_EQ(node.outcome(10, Method::get, in_repository("status")), "ok");
    EXPECT_EQ(node.outcome(1, Method::remove, in_repository("roots/" + names->front())), "ok");
    EXPECT_EQ(node.outcome(10, Method::get, in_repository("status")), "permission");
}

// NODE-14
TEST_F(ServiceTest, tells_strangers_from_those_with_a_right) {
    give(10, Rights::read);
    const RepoId other{{5}};
    ASSERT_TRUE(node.store->add_invite(secret_number(2), 1'000, ""));
    ASSERT_TRUE(node.store->join(other, peer_number(2), {secret_number(2), 2, test_owner().keys}));
    EXPECT_TRUE(node.service->knows(peer_number(10), test_repository));
    EXPECT_TRUE(node.service->knows(peer_number(10), std::nullopt));
    EXPECT_FALSE(node.service->knows(peer_number(10), other)) << "somebody else's";
    EXPECT_FALSE(node.service->knows(peer_number(10), RepoId{{6}})) << "nobody's";
    EXPECT_FALSE(node.service->knows(peer_number(11), std::nullopt));
    node.reopen();
    node.files.vanish("/node", sim::Vanished::io_errors);
    EXPECT_FALSE(node.service->knows(peer_number(10), test_repository));
}

// PEER-21 PEER-22
TEST_F(ServiceTest, a_retention_lock_keeps_everything_until_it_is_released_at_the_node) {
    ASSERT_EQ(put_segment(1), "ok");
    ASSERT_EQ(put_root(1, "descriptor", as_bytes("old")), "ok");
    ASSERT_EQ(put_root(1, "lock-1", {}), "ok");
    EXPECT_EQ(node.outcome(1, Method::remove, segment_target(id)), "read_only");
    EXPECT_EQ(node.outcome(1, Method::remove, in_repository("roots/descriptor")), "read_only");
    EXPECT_EQ(node.outcome(1, Method::remove, in_repository("roots/lock-1")), "permission");
    EXPECT_EQ(put_root(1, "descriptor", as_bytes("new")), "read_only");
    EXPECT_EQ(put_root(1, "descriptor", as_bytes("old")), "ok");
    node.reopen();
    EXPECT_EQ(node.outcome(1, Method::remove, segment_target(id)), "read_only");
    EXPECT_TRUE(node.store->release_lock(test_repository, "lock-1").has_value());
    EXPECT_EQ(put_root(1, "descriptor", as_bytes("new")), "ok");
    EXPECT_EQ(node.outcome(1, Method::remove, segment_target(id)), "ok");
    EXPECT_EQ(node.outcome(1, Method::get, segment_target(id)), "not_found");
}

// PEER-18: the rights of the head count no longer when the body has come.
TEST_F(ServiceTest, a_revocation_overtakes_a_root_whose_body_is_on_its_way) {
    give(10, Rights::all);
    ASSERT_EQ(put_root(1, "descriptor", as_bytes("old")), "ok");
    const auto slow = node.service->begin({Method::put, in_repository("roots/descriptor"), {}, 3},
                                          peer_number(10));
    slow->write(as_bytes("ne"));
    const auto record = peer::sign(peer::Revocation{test_repository, peer_number(10), "lost"},
                                   test_owner().key, crypto::SignMode::deterministic);
    ASSERT_EQ(put_root(1, peer::name_of_record(peer::revocation_prefix, *record), *record), "ok");
    slow->write(as_bytes("w"));
    EXPECT_EQ(slow->finish().outcome(), "permission");
    EXPECT_EQ(node.store->find(test_repository)->head().get_root("descriptor"),
              Bytes({'o', 'l', 'd'}));
}

namespace {

/// A disk that does something in the middle of the removal of one file.
class RacingFiles final : public env::FileSystem {
public:
    explicit RacingFiles(env::FileSystem& files) : m_files(files) {}

    void at_removal_of(std::string path, std::function<void()> act) {
        m_path = std::move(path);
        m_act = std::move(act);
    }

    Result<> remove(const std::string& path) override {
        if (path == m_path) m_act();
        return m_files.remove(path);
    }

    Result<std::unique_ptr<env::File>> open_read(const std::string& path) override {
        return m_files.open_read(path);
    }
    Result<std::unique_ptr<env::File>> create(const std::string& path, bool secret) override {
        return m_files.create(path, secret);
    }
    Result<> rename(const std::string& from, const std::string& to) override {
        return m_files.rename(from, to);
    }
    Result<> rename_new(const std::string& from, const std::string& to) override {
        return m_files.rename_new(from, to);
    }
    Result<> make_directory(const std::string& path, bool secret) override {
        return m_files.make_directory(path, secret);
    }
    Result<> remove_directory(const std::string& path) override {
        return m_files.remove_directory(path);
    }
    Result<> sync_directory(const std::string& path) override {
        return m_files.sync_directory(path);
    }
    Result<std::vector<env::DirectoryEntry>> list(const std::string& path) override {
        return m_files.list(path);
    }
    Result<env::FileStatus> status(const std::string& path) override {
        return m_files.status(path);
    }
    Result<env::Space> space(const std::string& path) override { return m_files.space(path); }

private:
    env::FileSystem& m_files;
    std::string m_path;
    std::function<void()> m_act;
};

} // namespace

// PEER-22: either the lock came first, and the segment stays, or its answer waits for the removal.
TEST_F(ServiceTest, a_lock_is_not_answered_while_something_is_being_removed) {
    ASSERT_EQ(put_segment(1), "ok");
    ASSERT_EQ(put_root(1, "batch-1", as_bytes("x")), "ok");
    const auto head = "/node/repositories/" + test_repository.hex() + "/head/";
    const auto hex = id.hex();
    for (const auto& [target, path] :
         {std::pair(segment_target(id), head + "segments/" + hex.substr(0, 2) + "/" + hex),
          std::pair(in_repository("roots/batch-1"), head + "roots/batch-1")}) {
        RacingFiles racing(node.files);
        const auto store = *Store::open(racing, "/node");
        Service service(*store, node.clock, Service::Settings{peer_number(99), true});
        std::future<std::string> lock;
        bool early = false;
        racing.at_removal_of(path, [&] {
            lock = std::async(std::launch::async, [&] {
                const auto put = service.begin({Method::put, in_repository("roots/lock-1"), {}, 0},
                                               peer_number(1));
                return std::string(put->finish().outcome());
            });
            // Without the rule nothing holds the lock's answer back.
            early = lock.wait_for(std::chrono::milliseconds(50)) == std::future_status::ready;
        });
        const auto removal = service.begin({Method::remove, target, {}, 0}, peer_number(1));
        EXPECT_EQ(removal->finish().outcome(), "ok");
        ASSERT_TRUE(lock.valid()) << path;
        EXPECT_EQ(lock.get(), "ok");
        EXPECT_FALSE(early) << "the lock stood, and " << target << " went";
        ASSERT_TRUE(store->release_lock(test_repository, "lock-1"));
    }
}

TEST_F(ServiceTest, metrics_are_in_the_text_format) {
    ASSERT_EQ(put_segment(1), "ok");
    (void)node.outcome(50, Method::get, segment_target(id));
    const auto open = node.service->begin({Method::get, "/v1/status", {}, 0}, peer_number(1));
    const auto text = node.service->metrics();
    for (const auto& line :
         {std::string("torgo_node_requests_total{kind=\"put_segment\",outcome=\"ok\"} 1\n"),
          std::string("torgo_node_requests_total{kind=\"get_segment\",outcome=\"permission\"} 1\n"),
          std::string("torgo_node_request_seconds_bucket{kind=\"put_segment\",le=\"+Inf\"} 1\n"),
          std::string("torgo_node_open_exchanges 1\n"), std::string("torgo_node_segments 1\n"),
          "torgo_node_stored_bytes " + std::to_string(segment.size()) + "\n",
          "torgo_node_quota_bytes " + std::to_string(TestNode::quota) + "\n"})
        EXPECT_TRUE(text.contains(line)) << line << text;
    EXPECT_TRUE(text.ends_with('\n'));
}

} // namespace torgo::node
