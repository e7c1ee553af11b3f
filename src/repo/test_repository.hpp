#pragma once

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "repo/backup.hpp"
#include "repo/browse.hpp"
#include "repo/check.hpp"
#include "repo/head_set.hpp"
#include "repo/limits.hpp"
#include "repo/pack_list.hpp"
#include "repo/repository.hpp"
#include "repo/restore.hpp"
#include "repo/snapshot_record.hpp"
#include "source/compare.hpp"
#include "sys/clock.hpp"
#include "sys/file_system.hpp"
#include "sys/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

// A repository on four folders, and a tree to save, for tests.
namespace torgo::repo {

namespace fs = std::filesystem;

inline constexpr crypto::Argon2Cost cheap{.memory_kib = 64, .passes = 1, .lanes = 1};

inline Credential pass_phrase(std::string_view text) {
    return {.custody = Custody::pass_phrase,
            .secret = crypto::SecretBytes::copy_of(as_bytes(text))};
}

inline std::string bytes_of(std::size_t size, unsigned seed) {
    std::mt19937 engine(seed); // NOLINT(cert-msc51-cpp): the same bytes each time
    std::string text(size, '\0');
    for (auto& c : text)
        c = static_cast<char>(engine());
    return text;
}

inline void write(const fs::path& path, std::string_view content) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
}

inline std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// A repository on four folders, and a small tree to back up.
class RepositoryTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "torgo_repo_XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        m_root = name;
        for (int i = 1; i <= 4; ++i)
            m_heads.push_back((m_root / ("head" + std::to_string(i))));
        InitOptions options{.heads = m_heads,
                            .suite = seal::Suite::chimera2048,
                            .code = {.k = 2, .n = 4},
                            .credential = pass_phrase("secret"),
                            .cost = cheap,
                            .label = "test"};
        auto made = initialise(world(), m_opener, std::move(options));
        ASSERT_TRUE(made.has_value()) << made.error().detail();
        m_place = made->place;
        m_kit = std::move(made->kit.secret);
        make_tree();
    }

    void TearDown() override { fs::remove_all(m_root); }

    env::World world() { return {.clock = &m_clock, .random = &m_random, .files = &m_files}; }

    void make_tree() {
        write(tree() / "small/a.txt", "alpha");
        write(tree() / "small/b.txt", "beta");
        write(tree() / "small/empty", "");
        for (int i = 0; i < 200; ++i)
            write(tree() / "many" / ("file" + std::to_string(i)),
                  bytes_of(static_cast<std::size_t>(100 + i * 7), static_cast<unsigned>(i)));
        write(tree() / "large.bin", bytes_of(3'000'000, 99));
        write(tree() / "odd/\xff\xfe name\n", "non-UTF-8");
        fs::create_symlink("../small/a.txt", tree() / "odd/link");
        fs::create_hard_link(tree() / "large.bin", tree() / "odd/hard");
    }

    fs::path tree() const { return m_root / "tree"; }

    LocalFolders folders() const { return {.cache = m_root / "cache", .state = m_root / "state"}; }

    std::unique_ptr<Repository> open(std::string_view password = "secret") {
        auto repository =
            Repository::open(world(), m_opener, m_place, folders(),
                             [this](const auto& text) { m_warnings.push_back(text); });
        EXPECT_TRUE(repository.has_value()) << repository.error().detail();
        if (!repository) return nullptr;
        const auto unlocked = (*repository)->unlock(pass_phrase(password));
        EXPECT_TRUE(unlocked.has_value()) << unlocked.error().detail();
        return *std::move(repository);
    }

    Result<BackupSummary> run_backup(Repository& repository) {
        BackupOptions options;
        options.paths = {tree()};
        options.host = "test";
        BackupProgress progress;
        return backup(repository, options, progress);
    }

    BackupSummary must_backup() {
        const auto repository = open();
        auto summary = run_backup(*repository);
        EXPECT_TRUE(summary.has_value()) << summary.error().detail();
        return summary ? *std::move(summary) : BackupSummary{};
    }

    /// Restores the newest snapshot to a fresh folder and compares everything with the source.
    void expect_restores() {
        const auto repository = open();
        const auto snapshot = repository->find_snapshot("latest");
        ASSERT_TRUE(snapshot.has_value()) << snapshot.error().detail();
        const auto target = m_root / "restored";
        fs::remove_all(target);
        RestoreOptions options;
        options.target = target;
        options.verify = true;
        RestoreProgress progress;
        const auto summary = restore(*repository, *snapshot, options, progress);
        ASSERT_TRUE(summary.has_value()) << summary.error().detail();
        EXPECT_EQ(summary->problem_count, 0U) << testing::PrintToString(summary->problems);
        const auto command = "diff -r --no-dereference " + tree().string() + " " +
                             (target.string() + tree().string());
        EXPECT_EQ(std::system(command.c_str()), 0); // NOLINT(cert-env33-c)
        EXPECT_EQ(fs::last_write_time(target.string() + (tree() / "small/a.txt").string()),
                  fs::last_write_time(tree() / "small/a.txt"));
        EXPECT_TRUE(fs::equivalent(target.string() + (tree() / "large.bin").string(),
                                   target.string() + (tree() / "odd/hard").string()));
    }

    CheckReport must_check(double read_data = 1.0) {
        const auto repository = open();
        CheckProgress progress;
        CheckOptions options;
        options.read_data = read_data;
        auto report = check(*repository, options, progress);
        EXPECT_TRUE(report.has_value()) << report.error().detail();
        return report ? *std::move(report) : CheckReport{};
    }

    sys::Clock m_clock;
    sys::Random m_random;
    sys::FileSystem m_files;
    head::DirOpener m_opener{m_files};
    fs::path m_root;
    std::vector<std::string> m_heads;
    Place m_place;
    crypto::SecretBytes m_kit;
    std::vector<std::string> m_warnings;
};

} // namespace torgo::repo
