#include "env/file_system.hpp"
#include "peer/identity.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"
#include "sim/interleaved_files.hpp"
#include "sim/random.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace torgo::peer {
namespace {

class IdentityTest : public testing::Test {
protected:
    env::World world() { return {.clock = &m_clock, .random = &m_random, .files = m_files.get()}; }

    std::string path() const { return "/identity"; }

    sim::Clock m_clock;
    sim::Random m_random{1};
    std::unique_ptr<sim::FileSystem> m_files = std::make_unique<sim::FileSystem>();
};

TEST_F(IdentityTest, is_made_once_and_found_again) {
    const auto first = load_identity(world(), path());
    ASSERT_TRUE(first.has_value()) << first.error().detail();
    const auto again = load_identity(world(), path());
    ASSERT_TRUE(again.has_value()) << again.error().detail();
    EXPECT_EQ(first->id(), again->id());
    EXPECT_EQ(first->certificate(), again->certificate());
    const auto key = load_signing_key(world(), path());
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(crypto::peer_id_of(key->public_key()), first->id());
    ASSERT_TRUE(m_files->remove(path()).has_value());
    const auto other = load_identity(world(), path());
    ASSERT_TRUE(other.has_value());
    EXPECT_NE(first->id(), other->id());
}

TEST_F(IdentityTest, a_file_that_is_none_is_left_as_it_is) {
    const Bytes odd(31, 7);
    ASSERT_TRUE(env::write_file_atomically(*m_files, path(), odd).has_value());
    const auto refused = load_identity(world(), path());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code(), Errc::corrupt);
    EXPECT_EQ(env::read_file(*m_files, path(), 100), odd);
}

/// Two first runs at once: both are who the disk says.
TEST_F(IdentityTest, two_who_make_it_at_once_are_the_same) {
    bool happened = true;
    for (std::uint64_t at = 1; happened; ++at) {
        SCOPED_TRACE(at);
        m_files = std::make_unique<sim::FileSystem>();
        std::optional<PeerId> second;
        sim::InterleavedFiles files(*m_files, at, [&] {
            const auto made = load_signing_key(world(), path());
            ASSERT_TRUE(made.has_value()) << made.error().detail();
            second = crypto::peer_id_of(made->public_key());
        });
        const auto first =
            load_signing_key({.clock = &m_clock, .random = &m_random, .files = &files}, path());
        ASSERT_TRUE(first.has_value()) << first.error().detail();
        happened = files.has_happened();
        const auto kept = load_identity(world(), path());
        ASSERT_TRUE(kept.has_value()) << kept.error().detail();
        EXPECT_EQ(crypto::peer_id_of(first->public_key()), kept->id());
        EXPECT_TRUE(!happened || second == kept->id());
        EXPECT_EQ(m_files->files_below("/").size(), 1U);
        EXPECT_TRUE(at > 5 || happened) << "too few calls to come between";
    }
}

TEST(KitIdentity, follows_from_the_kit_alone) {
    const auto kit = crypto::SecretBytes::copy_of(Bytes(32, 1));
    const auto other = crypto::SecretBytes::copy_of(Bytes(32, 2));
    EXPECT_EQ(kit_identity(kit).value().id(), kit_identity(kit).value().id());
    EXPECT_EQ(crypto::peer_id_of(kit_signing_key(kit).value().public_key()),
              kit_identity(kit).value().id());
    EXPECT_NE(kit_identity(kit).value().id(), kit_identity(other).value().id());
    EXPECT_NE(kit_identity(kit).value().id(), crypto::TlsIdentity::from_seed(kit).value().id());
}

} // namespace
} // namespace torgo::peer
