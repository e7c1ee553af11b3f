// A repository with the regenerating code: what its heads say to heal one that is lost, and that
// nothing that a head says wrong comes into the healed one.
#include "head/testing/forward_head.hpp"
#include "repo/backup.hpp"
#include "repo/check.hpp"
#include "repo/repository.hpp"
#include "repo/restore.hpp"
#include "segment/regenerate.hpp"
#include "sys/clock.hpp"
#include "sys/file_system.hpp"
#include "sys/random.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <random>

namespace torgo::repo {

namespace fs = std::filesystem;

namespace {

constexpr crypto::Argon2Cost cheap{.memory_kib = 64, .passes = 1, .lanes = 1};
constexpr segment::Code regenerating{.k = 2, .n = 4, .kind = segment::CodeKind::regenerating};

Credential pass_phrase() {
    return {.custody = Custody::pass_phrase,
            .secret = crypto::SecretBytes::copy_of(as_bytes("secret"))};
}

/// What the nodes of a test do, and what they were asked.
struct Network {
    std::atomic<std::uint64_t> whole = 0;    ///< bytes of segments read as they are
    std::atomic<std::uint64_t> combined = 0; ///< bytes of combinations
    std::atomic<unsigned> questions = 0;     ///< for combinations
    std::string liar;                        ///< the end of the URI of a head that combines wrongly
    bool old = false;                        ///< no head knows what a combination is
};

/// A folder behind a network that counts, with a program before it that combines cells.
class NodeLike final : public head::ForwardHead {
public:
    NodeLike(std::unique_ptr<head::Head> inner, Network& network)
        : ForwardHead(std::move(inner)), m_network(network) {}

    Result<> read_segment(const SegmentId& name, std::uint64_t offset, ByteSpan out) override {
        m_network.whole += out.size();
        return inner().read_segment(name, offset, out);
    }

    Result<> read_combined(const SegmentId& name, std::uint64_t first_cell, std::uint8_t factor,
                           ByteSpan out) override {
        m_network.questions += 1;
        if (m_network.old) return Head::read_combined(name, first_cell, factor, out);
        m_network.combined += out.size();
        Bytes cells(out.size() * 2);
        CHECK_OK(inner().read_segment(name, first_cell * segment::cell_size, cells));
        segment::combine_cells(cells, factor, out);
        if (!m_network.liar.empty() && uri().ends_with(m_network.liar)) out[7] ^= 1;
        return {};
    }

    bool is_distant() const override { return true; }

private:
    Network& m_network;
};

class NodeLikeOpener final : public head::Opener {
public:
    NodeLikeOpener(env::FileSystem& files, Network& network)
        : m_folders(files), m_network(network) {}

    Result<std::unique_ptr<head::Head>> open(const std::string& uri) const override {
        TRY(auto inner, m_folders.open(uri));
        return std::make_unique<NodeLike>(std::move(inner), m_network);
    }
    Result<std::unique_ptr<head::Head>> create(const std::string& uri,
                                               const head::NewHead& made) const override {
        TRY(auto inner, m_folders.create(uri, made));
        return std::make_unique<NodeLike>(std::move(inner), m_network);
    }
    Result<> discard(const std::string& uri, const RepoId& repository) const override {
        return m_folders.discard(uri, repository);
    }

private:
    head::DirOpener m_folders;
    Network& m_network;
};

using Contents = std::map<std::string, std::string>;

Contents contents_below(const fs::path& folder) {
    Contents out;
    for (const auto& file : fs::recursive_directory_iterator(folder)) {
        if (!file.is_regular_file()) continue;
        std::ifstream in(file.path(), std::ios::binary);
        out[fs::relative(file.path(), folder)] = {std::istreambuf_iterator<char>(in), {}};
    }
    return out;
}

/// A repository with one backup of 9 MiB, made once and given to each test anew.
class RegeneratingTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        std::string name = testing::TempDir() + "torgo_regenerate_XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        m_root = name;
        fs::create_directories(m_root / "tree");
        std::mt19937 engine(1); // NOLINT(cert-msc51-cpp): the same bytes each time
        std::string text(9_MiB, '\0');
        for (auto& c : text)
            c = static_cast<char>(engine());
        std::ofstream(m_root / "tree/large", std::ios::binary) << text;
        InitOptions options{.heads = {},
                            .suite = seal::Suite::chimera2048,
                            .code = regenerating,
                            .credential = pass_phrase(),
                            .cost = cheap,
                            .label = "test"};
        for (std::size_t i = 0; i < 4; ++i)
            options.heads.push_back(head(i));
        auto made = initialise(world(), m_folders, std::move(options));
        ASSERT_TRUE(made.has_value()) << made.error().detail();
        m_place = made->place;
        run_backup();
        for (std::size_t i = 0; i < 4; ++i)
            fs::rename(head(i), head(i).string() + ".made");
    }

    static void TearDownTestSuite() { fs::remove_all(m_root); }

    void SetUp() override {
        for (std::size_t i = 0; i < 4; ++i) {
            fs::remove_all(head(i));
            fs::copy(head(i).string() + ".made", head(i), fs::copy_options::recursive);
        }
    }

    static env::World world() {
        return {.clock = &m_clock, .random = &m_random, .files = &m_files};
    }

    static std::unique_ptr<Repository> open(const head::Opener& opener) {
        auto repository = Repository::open(world(), opener, m_place,
                                           {.cache = m_root / "cache", .state = m_root / "state"},
                                           [](const std::string&) {});
        EXPECT_TRUE(repository.has_value()) << repository.error().detail();
        return *std::move(repository);
    }

    static void run_backup() {
        const auto repository = open(m_folders);
        ASSERT_TRUE(repository->unlock(pass_phrase()));
        BackupOptions options;
        options.paths = {m_root / "tree"};
        options.host = "test";
        BackupProgress progress;
        const auto summary = backup(*repository, options, progress);
        ASSERT_TRUE(summary.has_value()) << summary.error().detail();
    }

    static void expect_restores() {
        const auto repository = open(m_folders);
        ASSERT_TRUE(repository->unlock(pass_phrase()));
        const auto snapshot = repository->find_snapshot("latest");
        ASSERT_TRUE(snapshot.has_value());
        RestoreOptions options;
        options.target = m_root / "restored";
        fs::remove_all(options.target);
        RestoreProgress progress;
        const auto summary = restore(*repository, *snapshot, options, progress);
        ASSERT_TRUE(summary.has_value()) << summary.error().detail();
        EXPECT_EQ(summary->problem_count, 0U) << testing::PrintToString(summary->problems);
        EXPECT_EQ(contents_below(m_root / "restored"), contents_of_tree());
    }

    static Contents contents_of_tree() {
        Contents out;
        for (auto& [path, content] : contents_below(m_root / "tree"))
            out[(m_root / "tree" / path).relative_path()] = content;
        return out;
    }

    static fs::path head(std::size_t index) {
        return m_root / ("head" + std::to_string(index + 1));
    }

    /// Loses a head, heals it, and expects every byte of it back.
    static HealReport lose_and_heal(std::size_t index, const head::Opener& opener) {
        const auto before = contents_below(head(index) / "segments");
        EXPECT_FALSE(before.empty());
        fs::remove_all(head(index));
        HealOptions options;
        options.head = static_cast<int>(index);
        options.threads = 1; // so that what is told after some packs is known
        HealProgress progress;
        auto report = heal(*open(opener), options, progress);
        EXPECT_TRUE(report.has_value()) << report.error().detail();
        EXPECT_EQ(contents_below(head(index) / "segments"), before);
        return report ? *std::move(report) : HealReport{};
    }

    /// Bytes of cells in the segments of one head: their files without their trailers.
    static std::uint64_t payloads_of(std::size_t index) {
        std::uint64_t out = 0;
        for (const auto& [name, content] : contents_below(head(index) / "segments"))
            out += content.size() / segment::cell_size * segment::cell_size;
        return out;
    }

    static inline sys::Clock m_clock;
    static inline sys::Random m_random;
    static inline sys::FileSystem m_files;
    static inline head::DirOpener m_folders{m_files};
    static inline fs::path m_root;
    static inline Place m_place;
    Network m_network;
    NodeLikeOpener m_nodes{m_files, m_network};
};

} // namespace

TEST_F(RegeneratingTest, any_two_heads_may_be_lost) {
    for (std::size_t a = 0; a < 4; ++a)
        for (std::size_t b = a + 1; b < 4; ++b) {
            fs::rename(head(a), head(a).string() + ".away");
            fs::rename(head(b), head(b).string() + ".away");
            expect_restores();
            fs::rename(head(a).string() + ".away", head(a));
            fs::rename(head(b).string() + ".away", head(b));
        }
}

// Row C3 of docs/PERFORMANCE.md.
TEST_F(RegeneratingTest, a_lost_head_is_healed_from_one_and_a_half_segments_each) {
    for (std::size_t lost = 0; lost < 4; ++lost) {
        const auto payload = payloads_of(lost);
        m_network.combined = m_network.whole = 0;
        const auto report = lose_and_heal(lost, m_nodes);
        EXPECT_EQ(m_network.combined, payload * 3 / 2);
        EXPECT_EQ(m_network.whole, 0U);
        EXPECT_EQ(report.bytes_read, payload * 3 / 2);
        EXPECT_TRUE(report.problems.empty()) << testing::PrintToString(report.problems);
        std::cout << "head " << lost + 1 << ": " << m_network.combined << " bytes read to make "
                  << payload << ", "
                  << static_cast<double>(m_network.combined) / static_cast<double>(payload)
                  << " segments a segment\n";
    }
    expect_restores();
}

TEST_F(RegeneratingTest, of_folders_two_whole_segments_are_read) {
    const auto payload = payloads_of(2);
    EXPECT_EQ(lose_and_heal(2, m_folders).bytes_read, payload * 2);
}

// [SEGMENT-13]
TEST_F(RegeneratingTest, a_lying_helper_costs_time_and_no_byte) {
    m_network.liar = "/head4";
    const auto report = lose_and_heal(0, m_nodes);
    EXPECT_TRUE(report.problems.empty()) << testing::PrintToString(report.problems);
    EXPECT_GT(m_network.combined, 0U);
    EXPECT_GT(m_network.whole, 0U);
    EXPECT_LE(m_network.questions, 9U) << "of three packs, for they are in vain";
    expect_restores();
}

TEST_F(RegeneratingTest, nodes_that_know_no_combinations_give_whole_segments) {
    m_network.old = true;
    const auto payload = payloads_of(1);
    const auto report = lose_and_heal(1, m_nodes);
    EXPECT_TRUE(report.problems.empty()) << testing::PrintToString(report.problems);
    EXPECT_EQ(report.bytes_read, payload * 2);
    EXPECT_LE(m_network.questions, 3U);
}

TEST_F(RegeneratingTest, two_lost_heads_are_healed_one_after_the_other) {
    const auto before = contents_below(head(3) / "segments");
    fs::remove_all(head(3));
    fs::create_directories(head(3));
    (void)lose_and_heal(1, m_nodes); // a helper is missing
    EXPECT_EQ(m_network.combined, 0U);
    HealOptions options;
    options.head = 3;
    HealProgress progress;
    const auto report = heal(*open(m_nodes), options, progress);
    ASSERT_TRUE(report.has_value()) << report.error().detail();
    EXPECT_GT(m_network.combined, 0U);
    EXPECT_EQ(contents_below(head(3) / "segments"), before);
}

} // namespace torgo::repo
