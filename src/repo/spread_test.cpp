// Several segments of each pack on a head, and heads that are groups: which of them may be lost,
// and what check, survey and heal say of it.
#include "head/spool.hpp"
#include "place/group_opener.hpp"
#include "place/group_uri.hpp"
#include "repo/backup.hpp"
#include "repo/check.hpp"
#include "repo/head_set.hpp"
#include "repo/repository.hpp"
#include "repo/restore.hpp"
#include "repo/survey.hpp"
#include "repo/sync.hpp"
#include "sys/clock.hpp"
#include "sys/file_system.hpp"
#include "sys/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

namespace torgo::repo {

namespace fs = std::filesystem;

namespace {

constexpr crypto::Argon2Cost cheap{.memory_kib = 64, .passes = 1, .lanes = 1};
constexpr std::size_t head_count = 4;

Credential pass_phrase() {
    return {.custody = Custody::pass_phrase,
            .secret = crypto::SecretBytes::copy_of(as_bytes("secret"))};
}

using Contents = std::map<std::string, std::string>; ///< of every file of a tree, by path

Contents contents_below(const fs::path& folder) {
    Contents out;
    if (!fs::exists(folder)) return out;
    for (const auto& file : fs::recursive_directory_iterator(folder)) {
        if (!file.is_regular_file()) continue;
        std::ifstream in(file.path(), std::ios::binary);
        out[fs::relative(file.path(), folder)] = {std::istreambuf_iterator<char>(in), {}};
    }
    return out;
}

/// A repository, its heads in folders of one place, and a tree to back up.
class SpreadTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "torgo_spread_XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        m_root = name;
        for (unsigned i = 0; i < 30; ++i)
            write("file" + std::to_string(i), 3000, i);
        write("large", 2'500'000, 99);
    }

    void TearDown() override { fs::remove_all(m_root); }

    void write(const std::string& name, std::size_t size, unsigned seed) {
        std::mt19937 engine(seed); // NOLINT(cert-msc51-cpp): the same bytes each time
        std::string text(size, '\0');
        for (auto& c : text)
            c = static_cast<char>(engine());
        fs::create_directories(tree());
        std::ofstream(tree() / name, std::ios::binary) << text;
    }

    env::World world() { return {.clock = &m_clock, .random = &m_random, .files = &m_files}; }

    fs::path tree() const { return m_root / "tree"; }

    fs::path folder(std::size_t head) const { return m_root / ("head" + std::to_string(head)); }

    std::vector<std::string> folders() const {
        std::vector<std::string> out;
        for (std::size_t i = 0; i < head_count; ++i)
            out.push_back(folder(i));
        return out;
    }

    Result<Place> make(segment::Code code, std::vector<std::string> heads) {
        InitOptions options{.heads = std::move(heads),
                            .suite = seal::Suite::chimera512,
                            .code = code,
                            .credential = pass_phrase(),
                            .cost = cheap,
                            .label = "test"};
        TRY(auto made, initialise(world(), opener(), std::move(options)));
        m_place = made.place;
        return m_place;
    }

    virtual const head::Opener& opener() { return m_opener; }

    /// Without a cache: all that is known comes from the heads.
    Result<std::unique_ptr<Repository>> open() {
        TRY(auto repository,
            Repository::open(world(), opener(), m_place, {.cache = {}, .state = m_root / "state"},
                             [](const std::string&) {}));
        CHECK_OK(repository->unlock(pass_phrase()));
        return repository;
    }

    Result<BackupSummary> run_backup(unsigned min_heads = 0) {
        TRY(const auto repository, open());
        BackupOptions options;
        options.paths = {tree()};
        options.host = "test";
        options.threads = 2;
        options.min_heads = min_heads;
        BackupProgress progress;
        return backup(*repository, options, progress);
    }

    /// The newest snapshot, whole.
    void expect_restores() {
        const auto repository = open();
        ASSERT_TRUE(repository.has_value()) << repository.error().detail();
        const auto snapshot = (*repository)->find_snapshot("latest");
        ASSERT_TRUE(snapshot.has_value()) << snapshot.error().detail();
        RestoreOptions options;
        options.target = m_root / "restored";
        fs::remove_all(options.target);
        RestoreProgress progress;
        const auto summary = restore(**repository, *snapshot, options, progress);
        ASSERT_TRUE(summary.has_value()) << summary.error().detail();
        EXPECT_EQ(summary->problem_count, 0U) << testing::PrintToString(summary->problems);
        EXPECT_TRUE(contents_below(options.target + tree().string()) == contents_below(tree()));
    }

    CheckReport must_check() {
        const auto repository = open();
        CheckProgress progress;
        CheckOptions options;
        options.read_data = 1.0;
        options.threads = 2;
        auto report = check(**repository, options, progress);
        EXPECT_TRUE(report.has_value()) << report.error().detail();
        return report ? *std::move(report) : CheckReport{};
    }

    void expect_check_is_clean() {
        const auto report = must_check();
        EXPECT_TRUE(report.errors.empty()) << testing::PrintToString(report.errors);
        EXPECT_TRUE(report.warnings.empty()) << testing::PrintToString(report.warnings);
        EXPECT_GT(report.packs, 0U);
    }

    Survey must_survey() {
        const auto repository = open();
        auto out = survey(**repository);
        EXPECT_TRUE(out.has_value()) << out.error().detail();
        return out ? *std::move(out) : Survey{};
    }

    Result<HealReport> run_heal(int head = -1, bool read_data = false) {
        TRY(const auto repository, open());
        HealOptions options;
        options.head = head;
        options.read_data = read_data;
        options.threads = 2;
        HealProgress progress;
        return heal(*repository, options, progress);
    }

    void hide(const fs::path& folder) { fs::rename(folder, folder.string() + ".hidden"); }

    void show(const fs::path& folder) { fs::rename(folder.string() + ".hidden", folder); }

    sys::Clock m_clock;
    sys::Random m_random;
    sys::FileSystem m_files;
    head::DirOpener m_opener{m_files};
    fs::path m_root;
    Place m_place;
};

/// REPO-44 REPO-47
class SeveralOnEachHead : public SpreadTest, public testing::WithParamInterface<segment::Code> {};

TEST_P(SeveralOnEachHead, any_two_of_four_may_be_lost_and_are_healed) {
    ASSERT_TRUE(make(GetParam(), folders()));
    const auto saved = run_backup();
    ASSERT_TRUE(saved.has_value()) << saved.error().detail();
    EXPECT_TRUE(saved->missing_heads.empty());
    expect_check_is_clean();
    const auto whole = must_survey();
    EXPECT_EQ(whole.weakest(), GetParam().n);
    EXPECT_EQ(whole.spare(), 2U);
    EXPECT_EQ(whole.heads[1].wanted, must_check().packs * GetParam().n / head_count);

    hide(folder(0));
    hide(folder(3));
    expect_restores();
    const auto halved = must_survey();
    EXPECT_EQ(halved.weakest(), GetParam().n / 2);
    EXPECT_EQ(halved.spare(), 0U);
    EXPECT_TRUE(must_check().errors.empty());
    hide(folder(1));
    const auto closed = open();
    ASSERT_FALSE(closed.has_value());
    EXPECT_EQ(closed.error().code(), Errc::too_few_heads);
    EXPECT_TRUE(closed.error().detail().contains("only 1 of 4 heads answer, 2 are needed"))
        << closed.error().detail();

    show(folder(1));
    for (const int lost : {0, 3})
        ASSERT_TRUE(run_heal(lost).has_value());
    expect_check_is_clean();
    hide(folder(1));
    hide(folder(2));
    expect_restores();
}

TEST_P(SeveralOnEachHead, a_backup_goes_on_with_three_and_not_with_two) {
    ASSERT_TRUE(make(GetParam(), folders()));
    ASSERT_TRUE(run_backup().has_value());
    hide(folder(2));
    write("new", 100'000, 7);
    const auto saved = run_backup();
    ASSERT_TRUE(saved.has_value()) << saved.error().detail();
    EXPECT_EQ(saved->missing_heads.size(), 1U);
    write("newer", 100'000, 8);
    const auto strict = run_backup(4);
    ASSERT_FALSE(strict.has_value());
    EXPECT_TRUE(strict.error().detail().contains("only 3 of 4 heads could be written, 4 are"))
        << strict.error().detail();
    hide(folder(1));
    const auto refused = run_backup();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code(), Errc::too_few_heads);
}

INSTANTIATE_TEST_SUITE_P(Codes, SeveralOnEachHead,
                         testing::Values(segment::Code{.k = 6, .n = 12},
                                         segment::Code{.k = 20, .n = 40}),
                         [](const auto& code) {
                             return std::to_string(code.param.k) + "_of_" +
                                    std::to_string(code.param.n);
                         });

TEST_F(SpreadTest, the_number_of_heads_is_found_again_from_some_of_them) {
    ASSERT_TRUE(make({.k = 6, .n = 12}, folders()));
    const auto found = discover(opener(), {folder(3), folder(1)});
    ASSERT_TRUE(found.has_value()) << found.error().detail();
    EXPECT_EQ(found->heads, (std::vector<std::string>{std::string(unknown_head), folder(1),
                                                      std::string(unknown_head), folder(3)}));
}

TEST_F(SpreadTest, heads_that_cannot_have_the_same_number_are_refused) {
    EXPECT_EQ(make({.k = 5, .n = 10}, folders()).error().code(), Errc::invalid_argument);
    EXPECT_EQ(make({.k = 3, .n = 4}, {folder(0), folder(1)}).error().code(), Errc::invalid_argument)
        << "one of two heads lost would be all lost";
    EXPECT_FALSE(fs::exists(folder(0)));
}

/// Folders, and groups of folders.
class GroupOpener final : public head::Opener {
public:
    GroupOpener(env::FileSystem& files, env::Clock& clock) : m_folders(files), m_clock(clock) {}

    Result<std::unique_ptr<head::Head>> open(const std::string& uri) const override {
        if (!place::names_group(uri)) return m_folders.open(uri);
        return place::open_group(uri, m_folders, m_clock);
    }

    Result<std::unique_ptr<head::Head>> create(const std::string& uri,
                                               const head::NewHead& made) const override {
        if (!place::names_group(uri)) return m_folders.create(uri, made);
        return place::create_group(uri, m_folders, m_clock, made);
    }

    Result<> discard(const std::string& uri, const RepoId& repository) const override {
        if (!place::names_group(uri)) return m_folders.discard(uri, repository);
        return place::discard_group(uri, m_folders, repository);
    }

private:
    head::DirOpener m_folders;
    env::Clock& m_clock;
};

/// Four groups of folders: 6 of 12, three segments of each pack on a group.
class GroupsTest : public SpreadTest {
protected:
    const head::Opener& opener() override { return m_groups; }

    fs::path member(std::size_t group, std::size_t number) const {
        return m_root / ("g" + std::to_string(group)) / std::to_string(number);
    }

    /// Of the members 1 to `count` of a group the one that holds most bytes. Names are drawn by
    /// chance, so that another may hold no segment at all.
    fs::path fullest_member(std::size_t group, std::size_t count) const {
        std::map<std::uintmax_t, fs::path> by_size;
        for (std::size_t number = 1; number <= count; ++number) {
            std::uintmax_t size = 0;
            for (const auto& entry : fs::recursive_directory_iterator(member(group, number)))
                size += entry.is_regular_file() ? entry.file_size() : 0;
            by_size[size] = member(group, number);
        }
        return by_size.rbegin()->second;
    }

    std::string group_of(std::size_t group, const std::vector<std::size_t>& numbers) const {
        place::GroupUri out{.name = "g" + std::to_string(group), .members = {}};
        for (const auto number : numbers)
            out.members.push_back({.uri = head::dir_uri(member(group, number).string()),
                                   .domain = "site" + std::to_string(number),
                                   .weight = 1});
        return place::format_group_uri(std::move(out)).value_or("");
    }

    void make_groups(const std::vector<std::size_t>& numbers) {
        std::vector<std::string> heads;
        for (std::size_t i = 0; i < head_count; ++i)
            heads.push_back(group_of(i, numbers));
        const auto made = make({.k = 6, .n = 12}, heads);
        ASSERT_TRUE(made.has_value()) << made.error().detail();
    }

    void must_backup() {
        const auto saved = run_backup();
        ASSERT_TRUE(saved.has_value()) << saved.error().detail();
        EXPECT_EQ(saved->missing_heads, std::vector<std::string>{});
    }

    GroupOpener m_groups{m_files, m_clock};
};

TEST_F(GroupsTest, two_whole_groups_may_be_lost_or_a_member_of_each) {
    make_groups({1, 2, 3});
    must_backup();
    expect_check_is_clean();
    const auto whole = must_survey();
    EXPECT_EQ(whole.weakest(), 12U);
    EXPECT_EQ(whole.spare(), 2U);
    for (const auto& head : whole.heads) {
        EXPECT_EQ(head.crowded, 0U);
        ASSERT_EQ(head.members.size(), 3U);
        for (const auto& one : head.members)
            EXPECT_EQ(one.segments, head.wanted / 3) << "each pack has one segment in each domain";
    }

    hide(m_root / "g0");
    hide(m_root / "g3");
    expect_restores();
    show(m_root / "g0");
    show(m_root / "g3");

    for (std::size_t i = 0; i < head_count; ++i)
        hide(member(i, 1 + i % 3));
    expect_restores();
    const auto survey = must_survey();
    EXPECT_EQ(survey.weakest(), 8U);
    EXPECT_EQ(survey.spare(), 1U);
    EXPECT_FALSE(survey.heads[0].away);
    EXPECT_TRUE(survey.heads[0].members[0].away);
    const auto report = must_check();
    EXPECT_TRUE(report.errors.empty()) << testing::PrintToString(report.errors);
    const auto named = "member " + head::dir_uri(member(1, 2).string()) + " of head 2 (group://g1)";
    EXPECT_TRUE(std::ranges::any_of(report.warnings, [&](const auto& text) {
        return text.starts_with(named);
    })) << testing::PrintToString(report.warnings);
    hide(m_root / "g2");
    expect_restores();
}

TEST_F(GroupsTest, what_lay_on_a_lost_member_is_rebuilt_onto_the_others) {
    make_groups({1, 2, 3, 4});
    must_backup();
    fs::remove_all(fullest_member(1, 4));
    const auto warned = run_heal();
    ASSERT_TRUE(warned.has_value()) << warned.error().detail();
    ASSERT_EQ(warned->problems.size(), 1U) << testing::PrintToString(warned->problems);
    EXPECT_TRUE(warned->problems[0].contains("if it is lost for good: torgo heal 2"));
    EXPECT_EQ(warned->segments_rebuilt, 0U) << "it may come back";

    const auto lost = must_survey().heads[1].missing;
    EXPECT_GT(lost, 0U);
    const auto healed = run_heal(1);
    ASSERT_TRUE(healed.has_value()) << healed.error().detail();
    EXPECT_TRUE(healed->problems.empty()) << testing::PrintToString(healed->problems);
    EXPECT_EQ(healed->segments_rebuilt, lost);
    const auto survey = must_survey();
    EXPECT_EQ(survey.weakest(), 12U);
    EXPECT_EQ(survey.heads[1].crowded, 0U) << "in the domain that was free";
    hide(m_root / "g0");
    hide(m_root / "g3");
    expect_restores();
}

TEST_F(GroupsTest, a_backup_goes_on_without_a_member_and_uses_it_again_when_it_is_back) {
    make_groups({1, 2, 3});
    must_backup();
    hide(member(0, 1));
    write("new", 300'000, 7);
    must_backup();
    EXPECT_GT(must_survey().heads[0].crowded, 0U);
    expect_restores();
    show(member(0, 1));
    EXPECT_GT(must_check().roots_missing, 0U);
    const auto healed = run_heal(); // the records that it missed are on the others
    ASSERT_TRUE(healed.has_value()) << healed.error().detail();
    EXPECT_TRUE(healed->problems.empty()) << testing::PrintToString(healed->problems);
    EXPECT_GT(healed->roots_copied, 0U);
    expect_check_is_clean();
    write("newer", 300'000, 8);
    const auto before = must_survey().heads[0].members[0].segments;
    must_backup();
    EXPECT_GT(must_survey().heads[0].members[0].segments, before);
}

TEST_F(GroupsTest, a_member_is_replaced_and_what_the_others_have_stays) {
    make_groups({1, 2, 3});
    must_backup();
    fs::remove_all(member(2, 3));
    const auto lost = must_survey().heads[2].missing;
    m_place.heads[2] = group_of(2, {1, 2, 4});
    const auto repository = open();
    ASSERT_TRUE(repository.has_value()) << repository.error().detail();
    HealOptions options;
    options.head = 2;
    options.moved_from = group_of(2, {1, 2, 3});
    options.threads = 2;
    HealProgress progress;
    const auto healed = heal(**repository, options, progress);
    ASSERT_TRUE(healed.has_value()) << healed.error().detail();
    EXPECT_TRUE(healed->problems.empty()) << testing::PrintToString(healed->problems);
    EXPECT_EQ(healed->segments_rebuilt, lost);
    expect_check_is_clean();
    const auto survey = must_survey();
    EXPECT_EQ(survey.heads[2].crowded, 0U);
    EXPECT_EQ(survey.heads[2].members[2].segments, lost) << "all on the new one";
}

TEST_F(GroupsTest, a_damaged_segment_of_a_member_is_found_and_replaced) {
    make_groups({1, 2, 3});
    must_backup();
    for (const auto& file : fs::recursive_directory_iterator(member(3, 2) / "segments")) {
        if (!file.is_regular_file()) continue;
        std::fstream(file.path(), std::ios::in | std::ios::out | std::ios::binary)
            .seekp(1000)
            .write("damage", 6);
        break;
    }
    EXPECT_EQ(must_check().segments_corrupt, 1U);
    const auto healed = run_heal(-1, /*read_data=*/true);
    ASSERT_TRUE(healed.has_value()) << healed.error().detail();
    EXPECT_EQ(healed->segments_rebuilt, 1U);
    expect_check_is_clean();
}

// SPOOL-9
TEST_F(GroupsTest, what_waits_for_a_group_comes_to_it_while_a_member_is_away) {
    make_groups({1, 2, 3});
    must_backup();
    const auto spool = head::Spool::create(m_files, m_root / "spool", m_place.id, head_count);
    ASSERT_TRUE(spool.has_value()) << spool.error().detail();
    fs::path file;
    for (const auto& each : fs::recursive_directory_iterator(member(0, 1) / "segments"))
        if (each.is_regular_file()) file = each.path();
    const auto id = SegmentId::parse(file.filename().string());
    const auto writer = (*spool)->part(0).begin_segment(fs::file_size(file));
    const auto content = contents_below(file.parent_path()).at(file.filename());
    ASSERT_TRUE((*writer)->append(as_bytes(content)).has_value());
    ASSERT_TRUE((*writer)->commit(*id).has_value());
    fs::remove(file);
    hide(member(0, 2));
    SyncProgress progress;
    const auto done = sync(opener(), m_place, **spool, {}, progress);
    ASSERT_TRUE(done.has_value()) << done.error().detail();
    EXPECT_EQ(done->heads[0].segments_sent, 1U);
    show(member(0, 2));
    expect_check_is_clean();
}

TEST_F(GroupsTest, a_group_that_cannot_be_made_leaves_nothing_behind) {
    fs::create_directories(member(3, 3));
    std::ofstream(member(3, 3) / "something") << "else";
    std::vector<std::string> heads;
    for (std::size_t i = 0; i < head_count; ++i)
        heads.push_back(group_of(i, {1, 2, 3}));
    EXPECT_EQ(make({.k = 6, .n = 12}, heads).error().code(), Errc::exists);
    EXPECT_FALSE(fs::exists(member(0, 1)));
    EXPECT_FALSE(fs::exists(member(3, 1)));
}

} // namespace

} // namespace torgo::repo
