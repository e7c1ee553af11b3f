// Nothing that a backup reported as saved is ever lost, and no wrong byte is ever given back: power
// cuts, full disks and decay on a simulated disk, each at every place where it can happen.
//
// TORGO_SURVIVAL_EVERY_BYTE=1 flips every byte of a head instead of a share of them (hours).
#include "env/file_system.hpp"
#include "repo/backup.hpp"
#include "repo/check.hpp"
#include "repo/repository.hpp"
#include "repo/restore.hpp"
#include "sim/file_system.hpp"
#include "sys/clock.hpp"
#include "sys/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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
constexpr std::size_t heads = 4;
constexpr std::uint64_t cuts_to_a_second_seed = 5;
constexpr std::uint64_t roomy = std::uint64_t{1} << 40U;
constexpr std::size_t file_size_max = 64_MiB;

using Contents = std::map<std::string, std::string>; ///< of every file of a tree, by path
using Snapshots = std::vector<std::pair<SnapshotId, const Contents*>>; ///< and what was saved

std::string bytes_of(std::size_t size, unsigned seed) {
    std::mt19937 engine(seed); // NOLINT(cert-msc51-cpp): the same bytes each time
    std::string text(size, '\0');
    for (auto& c : text)
        c = static_cast<char>(engine());
    return text;
}

void write(const fs::path& path, std::string_view content) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
}

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

std::string head_folder(std::size_t head) {
    return "/heads/" + std::to_string(head + 1);
}

Credential pass_phrase() {
    return {.custody = Custody::pass_phrase,
            .secret = crypto::SecretBytes::copy_of(as_bytes("secret"))};
}

/// What a restore gave back, and what it said.
struct Restored {
    Contents files;
    std::vector<std::string> said; ///< the error, or the problems
    bool whole = false;            ///< it claims that everything is there

    bool names(const std::string& text) const {
        return std::ranges::any_of(said, [&](const auto& s) { return s.contains(text); });
    }
};

/// A machine with one simulated disk, on which heads, cache and state lie. The tree that is saved
/// is real, as source/ reads real trees only.
class Machine {
public:
    Machine(std::unique_ptr<sim::FileSystem> files, Place place, fs::path real)
        : m_files(std::move(files)),
          m_opener(std::make_unique<head::DirOpener>(*m_files)),
          m_place(std::move(place)),
          m_real(std::move(real)) {}

    sim::FileSystem& disk() { return *m_files; }

    const head::Opener& opener() { return *m_opener; }

    env::World world() { return {.clock = &m_clock, .random = &m_random, .files = m_files.get()}; }

    /// The machine as it may be found after a power cut now.
    Machine after_power_cut(std::uint64_t seed) const {
        return {m_files->crash(seed), m_place, m_real};
    }

    Result<std::unique_ptr<Repository>> open(bool cached = true) {
        const std::string cache = cached ? "/local/cache" : "";
        TRY(auto repository,
            Repository::open(world(), opener(), m_place, {.cache = cache, .state = "/local/state"},
                             [](const std::string&) {}));
        CHECK_OK(repository->unlock(pass_phrase()));
        return repository;
    }

    Result<BackupSummary> run_backup() {
        TRY(const auto repository, open());
        BackupOptions options;
        options.paths = {m_real / "tree"};
        options.host = "test";
        options.threads = 2;
        BackupProgress progress;
        return backup(*repository, options, progress);
    }

    Result<HealReport> run_heal() {
        TRY(const auto repository, open());
        HealOptions options;
        options.read_data = true;
        options.threads = 1;
        HealProgress progress;
        return heal(*repository, options, progress);
    }

    Result<Restored> give_back(Repository& repository, const SnapshotId& id) {
        TRY(const auto snapshot, repository.find_snapshot(id.hex()));
        const auto target = m_real / "restored";
        fs::remove_all(target);
        // The world's disk is asked whether the target is empty, the tree is made on the real one.
        CHECK_OK(env::make_directories(*m_files, target));
        RestoreOptions options;
        options.target = target;
        options.threads = 1;
        RestoreProgress progress;
        const auto summary = restore(repository, snapshot, options, progress);
        Restored out{.files = contents_below(target.string() + (m_real / "tree").string()),
                     .said = {}};
        if (summary)
            out.said = summary->problems;
        else
            out.said = {summary.error().detail()};
        out.whole = summary && summary->problem_count == 0;
        return out;
    }

    /// Everything in one opening, as deriving the owner's keys takes longer than all the rest.
    void expect_restores(const Snapshots& snapshots, bool cached = true, bool checked = false) {
        const auto repository = open(cached);
        ASSERT_TRUE(repository.has_value()) << repository.error().detail();
        for (const auto& [id, truth] : snapshots) {
            const auto got = give_back(**repository, id);
            ASSERT_TRUE(got.has_value()) << got.error().detail();
            EXPECT_TRUE(got->whole) << testing::PrintToString(got->said);
            EXPECT_TRUE(got->files == *truth) << got->files.size() << " files, some of them wrong";
        }
        if (checked) expect_no_error(**repository);
    }

    static void expect_no_error(Repository& repository) {
        CheckProgress progress;
        CheckOptions options;
        options.read_data = 1.0;
        options.threads = 1;
        const auto report = check(repository, options, progress);
        ASSERT_TRUE(report.has_value()) << report.error().detail();
        EXPECT_TRUE(report->errors.empty()) << testing::PrintToString(report->errors);
    }

    Bytes read(const std::string& path) {
        auto content = env::read_file(*m_files, path, file_size_max);
        return content ? *std::move(content) : Bytes{};
    }

    const Place& place() const { return m_place; }

private:
    std::unique_ptr<sim::FileSystem> m_files;
    std::unique_ptr<head::DirOpener> m_opener;
    Place m_place;
    fs::path m_real;
    sys::Clock m_clock;
    sys::Random m_random;
};

/// One repository for all tests, as making one takes two SLH-DSA signatures: one snapshot in it,
/// and a tree that has changed a little since. Each round of a test works on a copy of the disk.
class SurvivalTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        const auto* const memory = "/dev/shm"; // restores are many, and durable there at once
        std::string name = (fs::exists(memory) ? std::string(memory) : testing::TempDir()) +
                           "/torgo_survival_XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        s_real = name;
        auto files = std::make_unique<sim::FileSystem>();
        for (const auto* const folder : {"/heads", "/local/cache", "/local/state"})
            ASSERT_TRUE(env::make_directories(*files, folder).has_value());
        for (const auto* const folder : {"/", "/local"})
            ASSERT_TRUE(files->sync_directory(folder).has_value());
        s_machine = std::make_unique<Machine>(std::move(files), Place{}, s_real);
        InitOptions options{.heads = {},
                            .suite = seal::Suite::chimera256,
                            .code = {.k = 2, .n = heads},
                            .credential = pass_phrase(),
                            .cost = cheap,
                            .label = "test"};
        for (std::size_t i = 0; i < heads; ++i)
            options.heads.push_back("dir://" + head_folder(i));
        const auto made = initialise(s_machine->world(), s_machine->opener(), std::move(options));
        ASSERT_TRUE(made.has_value()) << made.error().detail();
        s_machine = std::make_unique<Machine>(s_machine->disk().crash(0), made->place, s_real);
        save_first();
    }

    static void save_first() {
        write(s_real / "tree/large", bytes_of(170'000, 1)); // fills most of the smallest pack
        write(s_real / "tree/small/a", "alpha");
        write(s_real / "tree/small/b", bytes_of(3000, 2));
        write(s_real / "tree/empty", "");
        s_first_truth = contents_below(s_real / "tree");
        const auto saved = s_machine->run_backup();
        ASSERT_TRUE(saved.has_value()) << saved.error().detail();
        s_first = saved->snapshot;
        write(s_real / "tree/small/a", "alpha, changed");
        write(s_real / "tree/new", bytes_of(20'000, 3));
        fs::remove(s_real / "tree/small/b");
        s_second_truth = contents_below(s_real / "tree");
    }

    static void TearDownTestSuite() {
        s_machine.reset();
        fs::remove_all(s_real);
    }

    void SetUp() override { ASSERT_NE(s_first, SnapshotId{}); }

    static Machine copy() { return s_machine->after_power_cut(0); }

    static void expect_life_goes_on(Machine& machine) {
        const auto next = machine.run_backup();
        ASSERT_TRUE(next.has_value()) << next.error().detail();
        EXPECT_TRUE(next->missing_heads.empty());
        machine.expect_restores({{s_first, &s_first_truth}, {next->snapshot, &s_second_truth}},
                                /*cached=*/true, /*checked=*/true);
    }

    /// No file may have a wrong byte, and one that is not there must have been named, or the folder
    /// above it, or the whole restore must have said that it failed.
    static void expect_right_or_said(const Restored& got) {
        for (const auto& [path, content] : got.files) {
            const auto truth = s_first_truth.find(path);
            ASSERT_NE(truth, s_first_truth.end()) << path;
            EXPECT_TRUE(truth->second == content) << path << " is wrong";
        }
        if (got.files.size() == s_first_truth.size()) return;
        EXPECT_FALSE(got.whole);
        for (const auto& [path, content] : s_first_truth) {
            if (got.files.contains(path)) continue;
            EXPECT_TRUE(got.names(path) || got.names("pack"))
                << path << " is not named: " << testing::PrintToString(got.said);
        }
    }

    static std::vector<sim::FoundFile> files_of(Machine& machine, std::size_t head,
                                                const std::string& kind) {
        return machine.disk().files_below(head_folder(head) + "/" + kind);
    }

    static std::uint64_t used(Machine& machine) {
        std::uint64_t sum = 0;
        for (const auto& file : machine.disk().files_below("/"))
            sum += file.size;
        return sum;
    }

    static inline fs::path s_real;
    static inline std::unique_ptr<Machine> s_machine;
    static inline SnapshotId s_first;
    static inline Contents s_first_truth, s_second_truth;
};

/// The bytes of a file of this size that are flipped in turn: all of its beginning and end, where
/// the structure is, and a share of the rest.
struct Share {
    std::uint64_t first, last, stride;

    std::vector<std::uint64_t> of(std::uint64_t size) const {
        static const bool all = std::getenv("TORGO_SURVIVAL_EVERY_BYTE") != nullptr;
        std::vector<std::uint64_t> out;
        for (std::uint64_t i = 0; i < size; ++i)
            if (all || i < first || i + last >= size || i % stride == 0) out.push_back(i);
        return out;
    }
};

TEST_F(SurvivalTest, a_power_cut_at_any_operation_of_a_backup_loses_nothing) {
    std::uint64_t cuts = 0, finished = 0, found = 0;
    for (std::uint64_t operation = 1; finished == 0 && !HasFailure(); ++operation, ++cuts) {
        auto machine = copy();
        const auto before = machine.disk().operation_count();
        machine.disk().set_crash_after(operation);
        const auto second = machine.run_backup();
        if (machine.disk().operation_count() - before < operation) finished = operation - 1;
        const bool twice = operation % cuts_to_a_second_seed == 0;
        for (std::uint64_t seed = operation; seed <= operation + (twice ? 1 : 0); ++seed, ++found) {
            SCOPED_TRACE("operation " + std::to_string(operation) + ", seed " +
                         std::to_string(seed));
            auto after = machine.after_power_cut(seed);
            Snapshots saved{{s_first, &s_first_truth}};
            if (second) saved.emplace_back(second->snapshot, &s_second_truth);
            after.expect_restores(saved, /*cached=*/true, /*checked=*/true);
            if (operation % 8 == 0) expect_life_goes_on(after);
        }
        EXPECT_TRUE(finished == 0 || second.has_value());
    }
    std::cout << "power cut at each of " << cuts << " operations, " << found << " disks found\n";
    EXPECT_GT(finished, 50U);
}

TEST_F(SurvivalTest, a_disk_that_fills_up_anywhere_is_said_and_harms_nothing) {
    auto whole = copy();
    const auto begin = used(whole);
    ASSERT_TRUE(whole.run_backup().has_value());
    const auto growth = used(whole) - begin;
    std::uint64_t failed = 0, rounds = 0;
    for (std::uint64_t room = 0; room < growth + 64_KiB; room += 40_KiB, ++rounds) {
        SCOPED_TRACE("room for " + std::to_string(room) + " of " + std::to_string(growth));
        auto machine = copy();
        machine.disk().set_capacity(begin + room);
        const auto second = machine.run_backup();
        Snapshots saved{{s_first, &s_first_truth}};
        if (second) saved.emplace_back(second->snapshot, &s_second_truth);
        EXPECT_TRUE(second || second.error().code() == Errc::no_space);
        if (!second) ++failed;
        machine.expect_restores(saved);
        machine.disk().set_capacity(roomy);
        if (rounds % 4 == 0) expect_life_goes_on(machine);
        if (HasFailure()) return;
    }
    std::cout << "disk full at " << rounds << " places, " << failed << " of them fatal\n";
    EXPECT_GT(failed, rounds / 2);
}

/// Two segments of each pack damaged in different stripes and the third gone: before one that is
/// damaged makes room, what takes nobody's place must be there to stay.
TEST_F(SurvivalTest, a_power_cut_at_any_operation_of_a_heal_loses_nothing) {
    const auto damaged = [] {
        auto machine = copy();
        for (const auto& file : files_of(machine, 0, "segments"))
            machine.disk().flip(file.path, 40);
        for (const auto& file : files_of(machine, 1, "segments"))
            if (file.size > 3 * segment::cell_size / 2)
                machine.disk().flip(file.path, 8 * (segment::cell_size + 100));
        for (const auto& file : files_of(machine, 2, "segments")) {
            EXPECT_TRUE(machine.disk().remove(file.path).has_value());
            const auto folder = fs::path(file.path).parent_path();
            EXPECT_TRUE(machine.disk().sync_directory(folder).has_value());
        }
        return machine.after_power_cut(0);
    };
    constexpr std::uint64_t disks_found = 6; // after each cut
    const auto begin = damaged();
    bool ended = false;
    std::uint64_t operation = 1;
    for (; !ended && !HasFailure(); ++operation) {
        SCOPED_TRACE("operation " + std::to_string(operation));
        auto machine = begin.after_power_cut(0);
        const auto before = machine.disk().operation_count();
        machine.disk().set_crash_after(operation);
        const auto healed = machine.run_heal();
        ended = machine.disk().operation_count() - before < operation;
        EXPECT_TRUE(!ended ||
                    (healed && healed->problems.empty() && healed->segments_rebuilt == 6));
        for (std::uint64_t seed = 0; seed < disks_found; ++seed)
            machine.after_power_cut(seed).expect_restores({{s_first, &s_first_truth}});
    }
    std::cout << "power cut at each of " << operation << " operations of a heal\n";
    EXPECT_GT(operation, 20U);
}

/// With another head away, so that the damaged one is needed whenever it is good.
TEST_F(SurvivalTest, a_flipped_byte_of_a_root_or_of_the_mark_of_a_head_changes_nothing) {
    constexpr Share share{.first = 2, .last = 1, .stride = 9001};
    std::uint64_t flips = 0, bytes = 0;
    for (std::size_t head = 0; head < heads; ++head) {
        auto machine = copy();
        machine.disk().vanish(head_folder((head + 1) % heads), sim::Vanished::folder_missing);
        auto files = files_of(machine, head, "roots");
        const auto mark = head_folder(head) + "/torgo-head";
        files.push_back({.path = mark, .size = machine.read(mark).size()});
        for (const auto& file : files) {
            bytes += file.size;
            for (const auto at : share.of(file.size)) {
                SCOPED_TRACE(file.path + " byte " + std::to_string(at));
                machine.disk().flip(file.path, at * 8 + at % 8);
                machine.expect_restores({{s_first, &s_first_truth}}, /*cached=*/false);
                machine.disk().flip(file.path, at * 8 + at % 8);
                ++flips;
                if (HasFailure()) return;
            }
        }
    }
    std::cout << flips << " of " << bytes << " bytes of roots and marks flipped in turn\n";
}

/// One of the heads that are read first is damaged too, at its beginning: so that nothing is
/// believed without its hash, and the flipped trailer is read.
TEST_F(SurvivalTest, a_flipped_byte_of_a_segment_changes_nothing) {
    constexpr Share share{.first = 1, .last = 300, .stride = 1999};
    std::uint64_t flips = 0, bytes = 0;
    for (std::size_t head = 0; head < heads; ++head) {
        auto machine = copy();
        for (const auto& file : files_of(machine, head == 0 ? 1 : 0, "segments"))
            machine.disk().flip(file.path, 40);
        const auto repository = machine.open();
        ASSERT_TRUE(repository.has_value()) << repository.error().detail();
        for (const auto& file : files_of(machine, head, "segments")) {
            bytes += file.size;
            for (const auto at : share.of(file.size)) {
                SCOPED_TRACE(file.path + " byte " + std::to_string(at));
                machine.disk().flip(file.path, at * 8 + at % 8);
                const auto got = machine.give_back(**repository, s_first);
                ASSERT_TRUE(got.has_value()) << got.error().detail();
                EXPECT_TRUE(got->whole) << testing::PrintToString(got->said);
                EXPECT_TRUE(got->files == s_first_truth);
                machine.disk().flip(file.path, at * 8 + at % 8);
                ++flips;
                if (HasFailure()) return;
            }
        }
    }
    std::cout << flips << " of " << bytes << " bytes of segments flipped in turn\n";
}

/// Three of four: what is lost cannot come back, and must not seem to.
TEST_F(SurvivalTest, damage_beyond_what_can_be_mended_is_named_and_gives_no_wrong_byte) {
    constexpr Share share{.first = 1, .last = 1, .stride = 9001};
    auto machine = copy();
    const auto size = files_of(machine, 0, "segments").front().size;
    std::uint64_t incomplete = 0, rounds = 0;
    for (const auto at : share.of(size)) {
        SCOPED_TRACE("byte " + std::to_string(at) + " of every segment on three heads");
        const auto flip = [&] {
            for (const std::size_t head : {0U, 1U, 2U})
                for (const auto& file : files_of(machine, head, "segments"))
                    machine.disk().flip(file.path, at * 8 + 3);
        };
        flip();
        const auto repository = machine.open(/*cached=*/rounds % 2 == 0);
        ASSERT_TRUE(repository.has_value()) << repository.error().detail();
        const auto got = machine.give_back(**repository, s_first);
        if (got) expect_right_or_said(*got);
        EXPECT_TRUE(got || !got.error().detail().empty());
        if (!got || !got->whole) ++incomplete;
        flip();
        ++rounds;
        if (HasFailure()) return;
    }
    machine.expect_restores({{s_first, &s_first_truth}});
    std::cout << rounds << " places damaged on three heads, " << incomplete << " beyond mending\n";
    EXPECT_GT(incomplete, 0U);
}

TEST_F(SurvivalTest, heal_gives_the_identical_bytes_back) {
    for (std::size_t head = 0; head < heads; ++head) {
        SCOPED_TRACE("head " + std::to_string(head));
        auto machine = copy();
        std::map<std::string, Bytes> before;
        for (const auto* const kind : {"roots", "segments"})
            for (const auto& file : files_of(machine, head, kind))
                before[file.path] = machine.read(file.path);
        for (const auto& [path, content] : before)
            machine.disk().flip(path, content.size() * 4 + head);
        auto repository = Repository::open(machine.world(), machine.opener(), machine.place(),
                                           {.cache = "", .state = ""}, [](const auto&) {});
        ASSERT_TRUE(repository.has_value()) << repository.error().detail();
        HealProgress progress;
        HealOptions options;
        options.read_data = true;
        const auto report = heal(**repository, options, progress);
        ASSERT_TRUE(report.has_value()) << report.error().detail();
        EXPECT_TRUE(report->problems.empty()) << testing::PrintToString(report->problems);
        EXPECT_GE(before.size(), 8U);
        for (const auto& [path, content] : before)
            EXPECT_TRUE(machine.read(path) == content) << path;
    }
}

} // namespace
} // namespace torgo::repo
