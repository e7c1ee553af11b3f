// What heads do not take waits in their spools, and comes to them: nothing is lost on the way, at
// whatever moment it ends.
#include "crypto/hash.hpp"
#include "head/open.hpp"
#include "head/spool_head.hpp"
#include "head/testing/conformance_case.hpp"
#include "head/testing/fault_head.hpp"
#include "repo/batch.hpp"
#include "repo/head_set.hpp"
#include "repo/mirror.hpp"
#include "repo/sync.hpp"
#include "sim/file_system.hpp"
#include "sys/clock.hpp"
#include "sys/random.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>

namespace torgo::repo {

namespace {

using head::Call;
using head::outcome;
using segment::PackClass;

constexpr unsigned heads = 4;
constexpr std::size_t needed = 3;
constexpr segment::Code code{2, 4};
constexpr std::uint64_t seeds = 6;
constexpr crypto::Argon2Cost cheap{.memory_kib = 64, .passes = 1, .lanes = 1};

Bytes random_bytes(std::size_t size, unsigned seed) {
    std::mt19937 engine(seed); // NOLINT(cert-msc51-cpp): the same bytes each time
    Bytes out(size);
    for (auto& byte : out)
        byte = static_cast<std::uint8_t>(engine());
    return out;
}

/// Heads on one simulated disk, some of them away, others with faults; with a spool when there is
/// one.
class TestOpener final : public head::Opener {
public:
    explicit TestOpener(sim::FileSystem& files) : m_folders(files) {}

    Result<std::unique_ptr<head::Head>> open(const std::string& uri) const override {
        TRY(auto alone, m_folders.open(uri));
        auto fault = std::make_unique<head::FaultHead>(std::move(alone));
        const auto index = static_cast<std::size_t>(uri.back() - '1');
        if (away.contains(index)) fault->vanish();
        if (prepare) prepare(*fault, index);
        if (spool == nullptr) return fault;
        return std::make_unique<head::SpoolHead>(std::move(fault), uri, spool->part(index),
                                                 spool->mirror());
    }

    Result<std::unique_ptr<head::Head>> create(const std::string& uri,
                                               const head::NewHead& made) const override {
        return m_folders.create(uri, made);
    }

    Result<> discard(const std::string& uri, const RepoId& repository) const override {
        return m_folders.discard(uri, repository);
    }

    std::set<std::size_t> away;
    std::function<void(head::FaultHead& head, std::size_t index)> prepare;
    head::Spool* spool = nullptr;

private:
    head::DirOpener m_folders;
};

/// One machine: a disk with four heads and a spool.
struct Machine {
    explicit Machine(std::unique_ptr<sim::FileSystem> disk, const Place& where)
        : files(std::move(disk)), opener(*files), place(where) {
        auto made = head::Spool::create(*files, "/local/spool", place.id, heads);
        EXPECT_EQ(outcome(made), "success");
        if (made) spool = *std::move(made);
    }

    /// With spools that take what the heads do not.
    std::unique_ptr<HeadSet> set() {
        opener.spool = spool.get();
        auto opened = HeadSet::open(opener, place.heads);
        opener.spool = nullptr;
        EXPECT_EQ(outcome(opened), "success");
        (*opened)->use_spools();
        return *std::move(opened);
    }

    Result<SyncReport> sync() {
        SyncProgress progress;
        return repo::sync(opener, place, *spool, {}, progress);
    }

    bool on_head(std::size_t index, const SegmentId& id) {
        return (*head::open(place.heads[index], *files))->segment_size(id).has_value();
    }

    bool in_spool(std::size_t index, const SegmentId& id) const {
        return spool->part(index).segment_size(id).has_value();
    }

    void damage_in_spool(std::size_t index, const SegmentId& id) const {
        files->flip(spool->part(index).uri().substr(6) + "/segments/" + id.hex().substr(0, 2) +
                        "/" + id.hex(),
                    12'345);
    }

    bool root_on_head(std::size_t index, const std::string& name) {
        return (*head::open(place.heads[index], *files))->get_root(name).has_value();
    }

    std::unique_ptr<sim::FileSystem> files;
    TestOpener opener;
    Place place;
    std::unique_ptr<head::Spool> spool;
};

/// One repository for all tests, as making one takes two SLH-DSA signatures.
class SyncTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        sim::FileSystem files;
        for (const auto* const folder : {"/heads", "/local"})
            ASSERT_TRUE(env::make_directories(files, folder).has_value());
        ASSERT_TRUE(files.sync_directory("/").has_value());
        const TestOpener opener(files);
        InitOptions options{
            .heads = {},
            .suite = seal::Suite::chimera256,
            .code = code,
            .credential = {.custody = Custody::pass_phrase,
                           .secret = crypto::SecretBytes::copy_of(as_bytes("secret"))},
            .cost = cheap,
            .label = "test"};
        for (unsigned i = 0; i < heads; ++i)
            options.heads.push_back("dir:///heads/" + std::to_string(i + 1));
        sys::Clock clock;
        sys::Random random;
        const auto made = initialise({.clock = &clock, .random = &random, .files = &files}, opener,
                                     std::move(options));
        ASSERT_TRUE(made.has_value()) << made.error().detail();
        s_place = made->place;
        const Machine first(files.crash(0), s_place);
        const auto record = (*head::open(s_place.heads[0], *first.files))->get_root("descriptor");
        ASSERT_EQ(outcome(first.spool->mirror().put_root("descriptor", *record)), "success");
        s_disk = first.files->crash(0);
    }

    static void TearDownTestSuite() { s_disk.reset(); }

    static std::unique_ptr<Machine> machine() {
        return std::make_unique<Machine>(s_disk->crash(0), s_place);
    }

    static Result<HeadSet::WrittenPack> write(HeadSet& set, unsigned seed = 1) {
        return set.write_pack(s_place.id, PackClass::data, code, random_bytes(256_KiB, seed),
                              needed, [](std::size_t) {});
    }

    /// A pack and the batch that names it, where nothing but the spools may take them.
    static std::pair<std::string, HeadSet::WrittenPack> write_with_batch(Machine& m) {
        const auto set = m.set();
        auto written = write(*set);
        EXPECT_EQ(outcome(written), "success");
        const auto content =
            encode_batch({.repo = s_place.id, .writer = {}, .packs = {written->info}},
                         *crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_87,
                                                        crypto::SecretBytes(32)));
        EXPECT_EQ(outcome(content), "success");
        const auto name = "batch-" + crypto::sha256(*content).hex();
        EXPECT_EQ(outcome(set->put_root(name, *content, needed)), "success");
        return {name, *std::move(written)};
    }

    static inline Place s_place;
    static inline std::unique_ptr<sim::FileSystem> s_disk;
};

std::string batch_name(ByteView content) {
    return "batch-" + crypto::sha256(content).hex();
}

} // namespace

// SPOOL-2 SPOOL-3
TEST_F(SyncTest, what_a_head_did_not_take_waits_and_comes_to_it_without_the_others) {
    const auto m = machine();
    m->opener.away = {2};
    const auto written = write(*m->set());
    ASSERT_EQ(outcome(written), "success");
    const auto& names = written->info.segments;
    EXPECT_TRUE(written->missing.empty());
    EXPECT_EQ(written->waiting, std::vector<std::size_t>{2});
    for (std::size_t i = 0; i < heads; ++i) {
        EXPECT_EQ(m->on_head(i, names[i]), i != 2) << i;
        EXPECT_EQ(m->in_spool(i, names[i]), i == 2) << i;
    }
    m->opener.away = {0, 1, 3}; // only the one that lacks it
    const auto done = m->sync();
    ASSERT_EQ(outcome(done), "success");
    EXPECT_TRUE(done->complete());
    EXPECT_EQ(done->heads[2].segments_sent, 1U);
    EXPECT_TRUE(m->on_head(2, names[2]));
    EXPECT_FALSE(m->in_spool(2, names[2]));
}

TEST_F(SyncTest, a_head_that_dies_within_a_segment_leaves_the_whole_of_it_in_the_spool) {
    for (const auto call : {Call::begin_segment, Call::append, Call::commit}) {
        const auto m = machine();
        m->opener.prepare = [call](head::FaultHead& head, std::size_t index) {
            if (index == 1) head.on(call).fail(Errc::unavailable);
        };
        const auto written = write(*m->set());
        ASSERT_EQ(outcome(written), "success");
        EXPECT_EQ(written->waiting, std::vector<std::size_t>{1});
        m->opener.prepare = {};
        ASSERT_EQ(outcome(m->sync()), "success");
        EXPECT_TRUE(m->on_head(1, written->info.segments[1]));
    }
}

TEST_F(SyncTest, all_heads_may_be_away_and_the_snapshot_waits_for_all) {
    const auto m = machine();
    m->opener.away = {0, 1, 2, 3};
    const auto set = m->set();
    const auto written = write(*set);
    ASSERT_EQ(outcome(written), "success");
    EXPECT_EQ(written->waiting.size(), heads);
    const auto content = random_bytes(500, 2);
    ASSERT_EQ(outcome(set->put_root(batch_name(content), content, needed)), "success");
    EXPECT_EQ(set->get_root(batch_name(content)), content);
    EXPECT_EQ(m->spool->waiting()->roots, heads);
}

TEST_F(SyncTest, a_full_spool_fails_the_pack_and_names_its_limit) {
    const auto m = machine();
    m->spool = *head::Spool::open(*m->files, "/local/spool", s_place.id, heads, {.bytes = 100'000});
    m->opener.away = {2, 3};
    const auto written = write(*m->set());
    EXPECT_EQ(outcome(written), "no_space");
    EXPECT_TRUE(written.error().detail().contains("--spool-limit")) << written.error().detail();
    // Three of four are enough without it.
    m->opener.away = {3};
    EXPECT_EQ(outcome(write(*m->set(), 2)), "success");
}

// SPOOL-8
TEST_F(SyncTest, nothing_is_committed_before_enough_heads_have_their_share) {
    const auto m = machine();
    m->opener.away = {2, 3};
    const auto content = random_bytes(500, 2);
    const auto name = batch_name(content);
    {
        const auto set = m->set();
        ASSERT_EQ(outcome(write(*set)), "success");
        EXPECT_EQ(set->complete_heads(), 2U);
        ASSERT_EQ(outcome(set->put_root(name, content, needed)), "success");
        ASSERT_EQ(outcome(set->put_root("writer-1", content, needed)), "success");
    }
    EXPECT_FALSE(m->root_on_head(0, name));
    EXPECT_TRUE(m->root_on_head(0, "writer-1")) << "it commits nothing";
    const auto held = m->sync();
    ASSERT_EQ(outcome(held), "success");
    EXPECT_TRUE(held->held && !held->complete());
    EXPECT_FALSE(m->root_on_head(0, name));
    m->opener.away = {3};
    const auto done = m->sync();
    ASSERT_EQ(outcome(done), "success");
    EXPECT_FALSE(done->held);
    for (std::size_t i = 0; i < heads; ++i)
        EXPECT_EQ(m->root_on_head(i, name), i != 3) << i;
    EXPECT_FALSE(done->heads[3].waiting.none());
}

// SPOOL-9
TEST_F(SyncTest, nothing_leaves_the_spool_before_its_head_has_it) {
    for (const auto call : {Call::segment_size, Call::begin_segment, Call::append, Call::commit}) {
        for (const auto why : {Errc::unavailable, Errc::no_space, Errc::permission, Errc::io}) {
            SCOPED_TRACE(std::string(head::name(call)) + " " + std::string(name(why)));
            const auto m = machine();
            m->opener.away = {2, 3};
            const auto written = write(*m->set());
            ASSERT_EQ(outcome(written), "success");
            m->opener.away = {};
            m->opener.prepare = [&](head::FaultHead& head, std::size_t index) {
                if (index == 2) head.on(call).fail(why);
            };
            const auto failed = m->sync();
            ASSERT_EQ(outcome(failed), "success");
            EXPECT_EQ(outcome(Result<>(std::unexpected(*failed->heads[2].why))), name(why));
            EXPECT_TRUE(m->in_spool(2, written->info.segments[2]));
            EXPECT_TRUE(m->on_head(3, written->info.segments[3])) << "it holds up no other";
            m->opener.prepare = {};
            EXPECT_TRUE(m->sync()->complete());
            EXPECT_TRUE(m->on_head(2, written->info.segments[2]));
        }
    }
}

TEST_F(SyncTest, what_a_head_has_is_told_as_there) {
    const auto m = machine();
    m->opener.away = {2};
    const auto written = write(*m->set());
    ASSERT_EQ(outcome(written), "success");
    m->opener.away = {};
    m->opener.prepare = [](head::FaultHead& head, std::size_t index) {
        if (index == 2) head.on(Call::commit).fail_after(Errc::timeout);
    };
    ASSERT_FALSE(m->sync()->complete());
    m->opener.prepare = {};
    const auto done = m->sync();
    EXPECT_TRUE(done->complete());
    EXPECT_EQ(done->heads[2].segments_there, 1U);
    EXPECT_EQ(done->heads[2].segments_sent, 0U);
}

// SPOOL-10
TEST_F(SyncTest, what_the_spool_has_damaged_is_not_sent_and_does_not_stay) {
    const auto m = machine();
    m->opener.away = {2};
    const auto written = write(*m->set());
    const auto& id = written->info.segments[2];
    m->files->flip("/local/spool/3/segments/" + id.hex().substr(0, 2) + "/" + id.hex(), 12'345);
    m->opener.away = {};
    const auto done = m->sync();
    ASSERT_EQ(outcome(done), "success");
    EXPECT_EQ(done->heads[2].damaged, 1U);
    EXPECT_FALSE(m->on_head(2, id));
    EXPECT_TRUE(done->complete());
}

// SPOOL-8 SPOOL-10
TEST_F(SyncTest, damage_in_the_spool_commits_nothing_that_can_not_be_given_back) {
    for (std::size_t damaged = 1; damaged <= heads; ++damaged) {
        SCOPED_TRACE(damaged);
        const auto m = machine();
        m->opener.away = {0, 1, 2, 3};
        const auto [batch, written] = write_with_batch(*m);
        for (std::size_t i = 0; i < damaged; ++i)
            m->damage_in_spool(i, written.info.segments[i]);
        m->opener.away = {3};
        ASSERT_EQ(outcome(m->sync()), "success"); // what is damaged is not forgotten meanwhile
        EXPECT_FALSE(m->root_on_head(0, batch));
        m->opener.away = {};
        const auto done = m->sync();
        ASSERT_EQ(outcome(done), "success");
        const bool restorable = heads - damaged >= code.k;
        EXPECT_EQ(done->held, !restorable);
        EXPECT_EQ(done->lost_packs, restorable ? 0U : 1U);
        EXPECT_EQ(done->complete(), restorable);
        for (std::size_t i = 0; i < heads; ++i)
            EXPECT_EQ(m->root_on_head(i, batch), restorable) << i;
    }
}

TEST_F(SyncTest, damage_to_what_no_batch_names_holds_nothing_up) {
    const auto m = machine();
    m->opener.away = {0, 1, 2, 3};
    const auto orphan = write(*m->set(), 7);
    ASSERT_EQ(outcome(orphan), "success");
    const auto [batch, written] = write_with_batch(*m);
    for (std::size_t i = 0; i < heads; ++i)
        m->damage_in_spool(i, orphan->info.segments[i]);
    m->opener.away = {};
    const auto done = m->sync();
    ASSERT_EQ(outcome(done), "success");
    EXPECT_TRUE(done->complete());
    EXPECT_TRUE(m->root_on_head(0, batch));
}

TEST_F(SyncTest, a_head_of_another_number_gets_nothing) {
    const auto m = machine();
    m->opener.away = {2};
    ASSERT_EQ(outcome(write(*m->set())), "success");
    m->opener.away = {};
    std::swap(m->place.heads[2], m->place.heads[3]);
    const auto done = m->sync();
    ASSERT_EQ(outcome(done), "success");
    EXPECT_EQ(done->heads[2].segments_sent, 0U);
    EXPECT_EQ(done->heads[2].why->code(), Errc::invalid_argument);
}

// SPOOL-9
TEST_F(SyncTest, the_power_may_go_at_every_operation_and_nothing_is_lost) {
    const auto before = machine();
    before->opener.away = {1, 2, 3};
    const auto content = random_bytes(500, 2);
    const auto root = batch_name(content);
    std::vector<SegmentId> names;
    {
        const auto set = before->set();
        const auto written = write(*set);
        ASSERT_EQ(outcome(written), "success");
        names = written->info.segments;
        ASSERT_EQ(outcome(set->put_root(root, content, needed)), "success");
    }
    for (std::uint64_t operation = 1;; ++operation) {
        Machine m(before->files->crash(0), s_place);
        m.files->set_crash_after(operation);
        const auto done = m.sync();
        const bool ended = done && done->complete();
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            SCOPED_TRACE(std::to_string(operation) + ", seed " + std::to_string(seed));
            Machine found(m.files->crash(seed), s_place);
            for (std::size_t i = 1; i < heads; ++i)
                ASSERT_TRUE(found.on_head(i, names[i]) || found.in_spool(i, names[i])) << i;
            const auto again = found.sync();
            ASSERT_EQ(outcome(again), "success");
            ASSERT_TRUE(again->complete());
            for (std::size_t i = 0; i < heads; ++i)
                ASSERT_TRUE(found.on_head(i, names[i]) && found.root_on_head(i, root)) << i;
        }
        if (ended) {
            EXPECT_GT(operation, 20U);
            return;
        }
    }
}

// SPOOL-6
TEST_F(SyncTest, the_mirror_opens_the_repository_and_keeps_the_newest_descriptor) {
    const auto m = machine();
    sys::Clock clock;
    sys::Random random;
    const env::World world{.clock = &clock, .random = &random, .files = m->files.get()};
    const auto open = [&] {
        m->opener.spool = m->spool.get();
        auto opened = Repository::open(world, m->opener, s_place, {}, [](const std::string&) {});
        m->opener.spool = nullptr;
        return opened;
    };
    ASSERT_EQ(outcome(m->spool->mirror().put_root("key-gone", {})), "success");
    ASSERT_EQ(outcome(m->spool->mirror().put_root("descriptor", random_bytes(9, 1))), "success");
    {
        const auto there = open();
        ASSERT_EQ(outcome(there), "success");
        ASSERT_EQ(outcome(mirror_records(**there, m->spool->mirror())), "success");
    }
    EXPECT_EQ(outcome(m->spool->mirror().get_root("key-gone")), "not_found");
    m->opener.away = {0, 1, 2, 3};
    const auto alone = open();
    ASSERT_EQ(outcome(alone), "success");
    EXPECT_EQ(
        outcome((*alone)->unlock({.custody = Custody::pass_phrase,
                                  .secret = crypto::SecretBytes::copy_of(as_bytes("secret"))})),
        "success");
}

} // namespace torgo::repo
