#include "node/test_service.hpp"
#include "peer/capability.hpp"

#include <algorithm>
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
