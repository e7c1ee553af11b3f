#include "env/world.hpp"
#include "node/daemon.hpp"
#include "node/test_service.hpp"
#include "peer/capability.hpp"

#include <algorithm>
#include <limits>
#include <utility>

// What locks and capabilities with an end do at a node.
namespace torgo::node {

namespace {

using peer::Method;
using peer::Rights;

class RightsTest : public ServiceTest {};

} // namespace

// PEER-46: whatever it holds, it locks; what the owner signed says until when.
TEST_F(RightsTest, a_lock_may_say_until_when_and_is_released_whatever_it_says) {
    const peer::Lock lock{
        .repository = test_repository, .until_ns = 1'000, .set_ns = 10, .label = "autumn"};
    const auto record = *peer::sign(lock, test_owner().key);
    const auto name = peer::name_of_record(peer::lock_prefix, record);
    ASSERT_EQ(put_root(1, name, record), "ok");
    ASSERT_EQ(put_root(1, "lock-2", as_bytes("anything")), "ok");
    const auto repository = node.store->find(test_repository);
    const auto locks = repository->locks();
    ASSERT_TRUE(locks);
    ASSERT_EQ(locks->size(), 2U);
    EXPECT_TRUE(std::ranges::contains(*locks, std::pair(name, lock)));
    EXPECT_EQ(node.outcome(1, Method::remove, in_repository("roots/batch-1")), "read_only")
        << "also when its time has passed: no clock of a node releases";
    EXPECT_EQ(peer::open_lock(record, RepoId{{3}}, test_owner().keys.ml_dsa).error().code(),
              Errc::authentication);
    auto changed = record;
    changed[25] ^= 1U;
    EXPECT_FALSE(peer::open_lock(changed, test_repository, test_owner().keys.ml_dsa));
}

// PEER-50: nobody knows any more until when its owner wants it.
TEST_F(RightsTest, a_lock_that_can_not_be_read_stands_to_the_end) {
    const peer::Lock lock{.repository = test_repository, .until_ns = 1'000, .set_ns = 10};
    const auto record = *peer::sign(lock, test_owner().key);
    const auto name = peer::name_of_record(peer::lock_prefix, record);
    ASSERT_EQ(put_root(1, name, record), "ok");
    const auto repository = node.store->find(test_repository);
    const auto until = [&]() -> std::int64_t {
        const auto locks = repository->locks();
        EXPECT_TRUE(locks);
        return locks && locks->size() == 1 ? locks->front().second.until_ns : -1;
    };
    EXPECT_EQ(until(), 1'000);
    node.files.fail_nth(sim::Operation::read, 3, Errc::io); // behind the markers of two looks
    EXPECT_EQ(until(), std::numeric_limits<std::int64_t>::max());
    node.files.flip("/node/repositories/" + test_repository.hex() + "/head/roots/" + name, 300);
    EXPECT_EQ(until(), std::numeric_limits<std::int64_t>::max());
    EXPECT_TRUE(repository->release_lock(name)) << "by who says that he knows better";
    EXPECT_EQ(node.outcome(1, Method::remove, in_repository("roots/batch-1")), "ok");
}

// PEER-50
TEST_F(RightsTest, one_repository_that_can_not_be_read_hides_no_lock_of_another) {
    const RepoId other{{5}};
    ASSERT_TRUE(node.store->add_invite(secret_number(2), 1'000, ""));
    ASSERT_TRUE(node.store->join(other, peer_number(2), {secret_number(2), 2, test_owner().keys}));
    ASSERT_EQ(put_root(1, "lock-1", {}), "ok");
    const env::World world{.files = &node.files};
    const auto damaged = node.store->repository_path(other) + "/head";
    node.files.vanish(damaged, sim::Vanished::io_errors);
    const auto held = held_locks(world, "/node");
    ASSERT_TRUE(held) << held.error().detail();
    ASSERT_EQ(held->locks.size(), 1U);
    EXPECT_EQ(held->locks.front().name, "lock-1");
    ASSERT_EQ(held->unknown.size(), 1U);
    EXPECT_EQ(held->unknown.front().repository, other);
    EXPECT_TRUE(release_lock(world, "/node", held->locks.front()));
    EXPECT_EQ(node.outcome(1, Method::remove, in_repository("roots/batch-1")), "ok");
}

// PEER-50: nor what else lies there, as a folder of segments that the disk does not give.
TEST_F(RightsTest, a_lock_is_released_where_the_rest_can_not_be_counted) {
    ASSERT_EQ(put_segment(1), "ok");
    ASSERT_EQ(put_root(1, "lock-1", {}), "ok");
    const auto head = node.store->repository_path(test_repository) + "/head";
    node.files.vanish(head + "/segments/" + id.hex().substr(0, 2), sim::Vanished::io_errors);
    const env::World world{.files = &node.files};
    const auto held = held_locks(world, "/node");
    ASSERT_TRUE(held);
    ASSERT_EQ(held->locks.size(), 1U);
    EXPECT_TRUE(release_lock(world, "/node", held->locks.front()));
    EXPECT_TRUE(held_locks(world, "/node")->locks.empty());
}

// PEER-18: also where it is not known whether it will be there after a power cut.
TEST_F(RightsTest, a_capability_counts_as_it_lies_there_however_its_put_ended) {
    const auto record =
        *peer::sign(peer::Capability{test_repository, peer_number(10), {Rights::read}, 0, ""},
                    test_owner().key);
    const auto name = peer::name_of_record(peer::capability_prefix, record);
    ASSERT_EQ(node.outcome(10, Method::get, in_repository("status")), "permission");
    node.files.fail_next(sim::Operation::sync_directory, Errc::io);
    ASSERT_EQ(put_root(1, name, record), "io");
    ASSERT_EQ(node.outcome(1, Method::get, in_repository("roots/" + name)), "ok");
    EXPECT_EQ(node.outcome(10, Method::get, in_repository("status")), "ok");
}

// PEER-50 NODE-11: by the person at the node, also in another process, and it counts at once.
TEST_F(RightsTest, a_lock_that_another_process_releases_is_gone) {
    ASSERT_EQ(put_root(1, "lock-1", {}), "ok");
    ASSERT_EQ(node.outcome(1, Method::remove, in_repository("roots/batch-1")), "read_only");
    const auto other = *Store::open(node.files, "/node");
    ASSERT_TRUE(other->release_lock(test_repository, "lock-1"));
    EXPECT_EQ(node.outcome(1, Method::remove, in_repository("roots/batch-1")), "ok");
}

// PEER-47
TEST_F(RightsTest, a_capability_ends_by_the_clock_of_the_node_and_a_founder_does_not) {
    node.use_clock = true;
    node.reopen();
    const auto now = node.clock.wall_ns();
    const peer::Capability capability{
        test_repository, peer_number(10), {Rights::write}, now + 1'000, "for a while"};
    const auto record = *peer::sign(capability, test_owner().key);
    ASSERT_EQ(put_root(1, peer::name_of_record(peer::capability_prefix, record), record), "ok");
    give(10, Rights::verify);
    EXPECT_EQ(put_segment(10), "ok");
    node.clock.advance_ns(1'001);
    EXPECT_EQ(put_root(10, "batch-9", as_bytes("x")), "permission");
    EXPECT_EQ(node.outcome(10, Method::get, in_repository("status")), "ok")
        << "the other capability has no end";
    EXPECT_EQ(put_root(1, "batch-9", as_bytes("x")), "ok");
}

// PEER-48: who has the owner's keys and not the right admin gives nobody rights, nor takes them.
TEST_F(RightsTest, only_an_admin_puts_capabilities_and_revocations) {
    give(10, Rights::read | Rights::write | Rights::verify);
    const auto more = *peer::sign(
        peer::Capability{test_repository, peer_number(10), {Rights::all}, 0, ""}, test_owner().key);
    EXPECT_EQ(put_root(10, peer::name_of_record(peer::capability_prefix, more), more),
              "permission");
    const auto away =
        *peer::sign(peer::Revocation{test_repository, peer_number(1), ""}, test_owner().key);
    EXPECT_EQ(put_root(10, peer::name_of_record(peer::revocation_prefix, away), away),
              "permission");
    EXPECT_EQ(node.outcome(10, Method::remove, in_repository("roots/batch-1")), "permission");
    EXPECT_EQ(put_root(1, "batch-1", as_bytes("x")), "ok");
}

} // namespace torgo::node
