// Which roots heal copies, replaces and leaves alone, and what check says of them.
#include "crypto/hash.hpp"
#include "head/open.hpp"
#include "head/testing/conformance_case.hpp"
#include "head/testing/fault_head.hpp"
#include "repo/check.hpp"
#include "repo/repository.hpp"
#include "repo/signing.hpp"
#include "sim/file_system.hpp"
#include "sys/clock.hpp"
#include "sys/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace torgo::repo {

namespace {

using head::Call;
using head::outcome;

constexpr std::size_t heads = 4;
constexpr std::uint8_t write_right = 2;
constexpr std::uint8_t all_rights = 15;
constexpr crypto::Argon2Cost cheap{.memory_kib = 64, .passes = 1, .lanes = 1};

Credential pass_phrase() {
    return {.custody = Custody::pass_phrase,
            .secret = crypto::SecretBytes::copy_of(as_bytes("secret"))};
}

/// Heads on one simulated disk, with faults that are described after they were opened.
class TestOpener final : public head::Opener {
public:
    explicit TestOpener(sim::FileSystem& files) : m_folders(files) {}

    Result<std::unique_ptr<head::Head>> open(const std::string& uri) const override {
        TRY(auto alone, m_folders.open(uri));
        auto fault = std::make_unique<head::FaultHead>(std::move(alone));
        opened[static_cast<std::size_t>(uri.back() - '1')] = fault.get();
        return fault;
    }

    Result<std::unique_ptr<head::Head>> create(const std::string& uri,
                                               const head::NewHead& made) const override {
        return m_folders.create(uri, made);
    }

    Result<> discard(const std::string& uri, const RepoId& repository) const override {
        return m_folders.discard(uri, repository);
    }

    mutable std::array<head::FaultHead*, heads> opened{};

private:
    head::DirOpener m_folders;
};

using Roots = std::map<std::string, Bytes>;

class HealRootsTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        auto files = std::make_unique<sim::FileSystem>();
        ASSERT_TRUE(env::make_directories(*files, "/heads").has_value());
        ASSERT_TRUE(files->sync_directory("/").has_value());
        const TestOpener opener(*files);
        InitOptions options{.heads = {},
                            .suite = seal::Suite::chimera256,
                            .code = {.k = 2, .n = heads},
                            .credential = pass_phrase(),
                            .cost = cheap,
                            .label = "test"};
        for (std::size_t i = 0; i < heads; ++i)
            options.heads.push_back("dir:///heads/" + std::to_string(i + 1));
        sys::Clock clock;
        sys::Random random;
        const auto made = initialise({.clock = &clock, .random = &random, .files = files.get()},
                                     opener, std::move(options));
        ASSERT_TRUE(made.has_value()) << made.error().detail();
        s_place = made->place;
        s_disk = files->crash(0);
    }

    static void TearDownTestSuite() { s_disk.reset(); }

    void SetUp() override {
        auto opened = Repository::open(
            {.clock = &m_clock, .random = &m_random, .files = m_files.get()}, m_opener, s_place,
            {.cache = "", .state = "/state"}, [](const std::string&) {});
        ASSERT_EQ(outcome(opened), "success");
        m_repository = *std::move(opened);
        ASSERT_EQ(outcome(m_repository->unlock(pass_phrase())), "success");
    }

    HealReport must_heal(int head = -1) {
        HealProgress progress;
        HealOptions options;
        options.head = head;
        auto report = heal(*m_repository, options, progress);
        EXPECT_EQ(outcome(report), "success");
        return report ? *std::move(report) : HealReport{};
    }

    std::vector<std::string> warnings_of_check() {
        CheckProgress progress;
        const auto report = check(*m_repository, {}, progress);
        EXPECT_EQ(outcome(report), "success");
        if (!report) return {"check failed"};
        auto all = report->errors;
        all.insert(all.end(), report->warnings.begin(), report->warnings.end());
        return all;
    }

    std::unique_ptr<head::Head> disk(std::size_t head) {
        return *head::open(s_place.heads[head], *m_files);
    }

    Roots roots_on(std::size_t head) {
        Roots out;
        const auto at = disk(head);
        const auto names = at->list_roots("");
        EXPECT_EQ(outcome(names), "success");
        for (const auto& name : names.value_or(std::vector<std::string>{}))
            out[name] = at->get_root(name).value_or(Bytes{});
        return out;
    }

    void put(std::initializer_list<std::size_t> on, const std::string& name, ByteView content) {
        for (const auto head : on)
            EXPECT_EQ(outcome(disk(head)->put_root(name, content)), "success");
    }

    /// Signed by the owner, as docs/spec/peer-protocol.md 4.2 and 4.3 say. out  name and content
    std::pair<std::string, Bytes> record(const std::string& prefix, std::string_view magic,
                                         ByteView fields) {
        Bytes out(magic.begin(), magic.end());
        out.push_back(1);
        const auto id = s_place.id.view();
        out.insert(out.end(), id.begin(), id.end());
        out.insert(out.end(), fields.begin(), fields.end());
        const auto owner = m_repository->owner_key();
        auto record = append_signature(*owner, "torgo/" + prefix + "/1", std::move(out));
        EXPECT_EQ(outcome(record), "success");
        return {prefix + "-" + crypto::sha256(*record).hex(), *record};
    }

    std::pair<std::string, Bytes> capability(std::uint8_t rights) {
        Bytes fields(PeerId::size, rights);
        fields.insert(fields.end(), {rights, 0, 0});
        return record("capability", "TGP1", fields);
    }

    std::vector<std::size_t> heads_with(const std::string& name) {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < heads; ++i)
            if (roots_on(i).contains(name)) out.push_back(i);
        return out;
    }

    using Heads = std::vector<std::size_t>;

    static inline Place s_place;
    static inline std::unique_ptr<sim::FileSystem> s_disk;

    std::unique_ptr<sim::FileSystem> m_files = s_disk->crash(0);
    TestOpener m_opener{*m_files};
    sys::Clock m_clock;
    sys::Random m_random;
    std::unique_ptr<Repository> m_repository;
};

} // namespace

TEST_F(HealRootsTest, a_copy_that_could_not_be_read_now_is_left_and_named) {
    for (const auto why : {Errc::timeout, Errc::unavailable, Errc::permission, Errc::cancelled}) {
        SCOPED_TRACE(name(why));
        SetUp();
        const auto before = roots_on(1);
        ASSERT_GE(before.size(), 3U);
        m_opener.opened[1]->on(Call::get_root).fail(why);
        m_opener.opened[1]->on(Call::put_root).always().fail(Errc::unavailable);
        const auto report = must_heal();
        EXPECT_EQ(roots_on(1), before);
        ASSERT_EQ(report.problems.size(), 1U);
        EXPECT_TRUE(report.problems.front().contains("/heads/2")) << report.problems.front();
        EXPECT_EQ(report.roots_copied, 0U);
    }
}

TEST_F(HealRootsTest, what_is_damaged_or_unreadable_in_a_folder_is_replaced) {
    const auto before = roots_on(1);
    m_opener.opened[1]->on(Call::get_root).fail(Errc::io);
    m_opener.opened[1]->on(Call::get_root).nth(2).flip_bit(77);
    m_opener.opened[1]->on(Call::get_root).nth(3).fail(Errc::corrupt);
    const auto report = must_heal();
    EXPECT_TRUE(report.problems.empty()) << testing::PrintToString(report.problems);
    EXPECT_EQ(report.roots_copied, 3U);
    EXPECT_EQ(m_opener.opened[1]->calls(Call::remove_root), 3U);
    EXPECT_EQ(roots_on(1), before);
}

// REPO-39
TEST_F(HealRootsTest, a_right_given_for_one_head_stays_there_and_check_misses_nothing) {
    const auto [name, content] = capability(write_right);
    put({0}, name, content);
    EXPECT_EQ(warnings_of_check(), std::vector<std::string>{});
    EXPECT_EQ(must_heal().roots_copied, 0U);
    EXPECT_EQ(must_heal(2).roots_copied, 0U);
    EXPECT_EQ(heads_with(name), Heads{0});
}

TEST_F(HealRootsTest, a_named_head_gets_the_rights_that_all_others_have) {
    const auto [name, content] = capability(write_right);
    put({0, 1, 3}, name, content);
    EXPECT_EQ(warnings_of_check(), std::vector<std::string>{});
    EXPECT_EQ(must_heal().roots_copied, 0U);
    EXPECT_EQ(must_heal(2).roots_copied, 1U);
    EXPECT_EQ(heads_with(name), (Heads{0, 1, 2, 3}));
}

TEST_F(HealRootsTest, a_damaged_right_is_mended_where_it_was_given) {
    const auto [name, content] = capability(write_right);
    put({0, 1}, name, content);
    m_files->flip("/heads/1/roots/" + name, 77);
    EXPECT_EQ(warnings_of_check(),
              std::vector<std::string>{name + " is damaged on dir:///heads/1"});
    EXPECT_EQ(must_heal().roots_copied, 1U);
    EXPECT_EQ(roots_on(0)[name], content);
    EXPECT_EQ(heads_with(name), (Heads{0, 1}));
}

// PEER-31
TEST_F(HealRootsTest, what_lets_an_owner_in_and_what_takes_rights_away_goes_to_all_heads) {
    const auto [kit, kit_content] = capability(all_rights);
    const auto [gone, gone_content] = record("revocation", "TGX1", Bytes(PeerId::size + 1));
    put({0}, kit, kit_content);
    put({3}, gone, gone_content);
    EXPECT_EQ(warnings_of_check().size(), 2 * (heads - 1));
    EXPECT_EQ(must_heal().roots_copied, 2 * (heads - 1));
    for (const auto& one : {kit, gone})
        EXPECT_EQ(heads_with(one), (Heads{0, 1, 2, 3}));
    EXPECT_EQ(warnings_of_check(), std::vector<std::string>{});
}

TEST_F(HealRootsTest, a_lock_of_one_head_is_no_damage) {
    const auto [name, content] = record("lock", "TGK1", Bytes(3));
    put({0}, name, content);
    EXPECT_EQ(warnings_of_check(), std::vector<std::string>{});
    EXPECT_EQ(must_heal().roots_copied, 0U);
    EXPECT_EQ(heads_with(name), Heads{0});
}

} // namespace torgo::repo
