#include "repo/test_repository.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace torgo::repo {

namespace {

TEST_F(RepositoryTest, a_backup_restores_with_every_byte_and_time) {
    const auto summary = must_backup();
    EXPECT_EQ(summary.files_new, 206U);
    EXPECT_EQ(summary.unreadable, 0U);
    expect_restores();
    const auto report = must_check();
    EXPECT_TRUE(report.errors.empty()) << testing::PrintToString(report.errors);
    EXPECT_TRUE(report.warnings.empty()) << testing::PrintToString(report.warnings);
    EXPECT_EQ(report.unreferenced_segments, 0U);
    EXPECT_TRUE(m_warnings.empty()) << testing::PrintToString(m_warnings);
}

/// Lets one file not be put in its place.
class Refusing final : public Aside {
public:
    explicit Refusing(std::string ending) : m_ending(std::move(ending)) {}

    Result<bool> put(source::TreeWriter&, const std::string& relative, bool replace,
                     const TakeName& take) override {
        if (relative.ends_with(m_ending)) return fail(Errc::permission, "refused");
        CHECK_OK(take(replace));
        return false;
    }
    void changed(const std::string&, const source::Entry&) override {}
    Result<> finish() override { return {}; }

private:
    std::string m_ending;
};

TEST_F(RepositoryTest, one_file_that_cannot_be_replaced_ends_no_restore_and_stays_alone) {
    must_backup();
    const auto repository = open();
    const auto snapshot = *repository->find_snapshot("latest");
    const auto target = m_root / "restored";
    const fs::path below = target.string() + tree().string();
    write(below / "large.bin", "mine");
    write(below / "many/file7", "mine");
    RestoreOptions options;
    options.target = target;
    Refusing refusing("large.bin");
    options.aside = &refusing;
    RestoreProgress progress;
    const auto summary = restore(*repository, snapshot, options, progress);
    ASSERT_TRUE(summary.has_value()) << summary.error().detail();
    EXPECT_EQ(read(below / "large.bin"), "mine");
    EXPECT_FALSE(fs::exists(below / "odd/hard")) << "never another name of what is not its own";
    EXPECT_EQ(summary->problem_count, 2U) << testing::PrintToString(summary->problems);
    EXPECT_EQ(read(below / "many/file7"), read(tree() / "many/file7"));
    for (const auto& one : fs::recursive_directory_iterator(target))
        EXPECT_FALSE(one.path().filename().string().starts_with(".torgo")) << one.path();
}

/// Puts another file in the place of one that has just been restored, as an editor does.
class Meddling final : public Aside {
public:
    explicit Meddling(fs::path target) : m_target(std::move(target)) {}

    Result<bool> put(source::TreeWriter&, const std::string& relative, bool replace,
                     const TakeName& take) override {
        CHECK_OK(take(replace));
        if (!relative.ends_with("large.bin")) return true;
        write(m_target / "mine", "mine");
        fs::rename(m_target / "mine", m_target / relative);
        return true;
    }
    void changed(const std::string& relative, const source::Entry&) override {
        m_changed.push_back(relative);
    }
    Result<> finish() override { return {}; }

    std::vector<std::string> m_changed;

private:
    fs::path m_target;
};

TEST_F(RepositoryTest, a_file_that_somebody_has_put_in_a_first_names_place_gets_no_second_name) {
    must_backup();
    const auto repository = open();
    const auto target = m_root / "restored";
    RestoreOptions options;
    options.target = target;
    Meddling meddling(target);
    options.aside = &meddling;
    RestoreProgress progress;
    fs::create_directories(target);
    const auto summary =
        restore(*repository, *repository->find_snapshot("latest"), options, progress);
    ASSERT_TRUE(summary.has_value()) << summary.error().detail();
    EXPECT_FALSE(fs::exists(target.string() + tree().string() + "/odd/hard"));
    ASSERT_EQ(summary->problem_count, 1U);
    EXPECT_NE(summary->problems.front().find("somebody has replaced"), std::string::npos);
    EXPECT_TRUE(meddling.m_changed.empty()) << "of another's file nothing is noted";
}

TEST_F(RepositoryTest, an_unchanged_tree_is_not_read_and_costs_at_most_the_smallest_pack) {
    must_backup();
    const auto second = must_backup();
    EXPECT_EQ(second.files_unmodified, 206U);
    EXPECT_LE(second.bytes_packs, 256_KiB);
    EXPECT_EQ(second.bytes_read, 0U);
    expect_restores();
}

TEST_F(RepositoryTest, a_change_stores_only_what_changed) {
    must_backup();
    write(tree() / "small/a.txt", "alpha, changed");
    write(tree() / "small/new", "new");
    fs::remove(tree() / "small/b.txt");
    const auto second = must_backup();
    EXPECT_EQ(second.files_changed, 1U);
    EXPECT_EQ(second.files_new, 1U);
    EXPECT_LT(second.bytes_read, 100U);
    expect_restores();
    const auto repository = open();
    const auto snapshots = repository->snapshots();
    std::vector<std::string> changes;
    const auto compared = diff(*repository, snapshots->front(), snapshots->back(), false,
                               [&](const Difference& d) { changes.push_back(d.path); });
    ASSERT_TRUE(compared.has_value()) << compared.error().detail();
    EXPECT_EQ(changes, (std::vector<std::string>{(tree() / "small/a.txt").string(),
                                                 (tree() / "small/b.txt").string(),
                                                 (tree() / "small/new").string()}));
}

/// Only their tags tell the two kinds apart: sizes are equal, times of both are new.
TEST_F(RepositoryTest, a_touched_file_stays_in_its_bundle_and_a_changed_one_does_not) {
    must_backup();
    const auto later = fs::file_time_type::clock::now();
    for (int i = 100; i < 200; ++i)
        fs::last_write_time(tree() / "many" / ("file" + std::to_string(i)), later);
    write(tree() / "many/file150", bytes_of(100 + 150 * 7, 1000));
    const auto second = must_backup();
    EXPECT_EQ(second.files_changed, 100U);
    EXPECT_GT(second.bytes_read, 100'000U);
    EXPECT_LT(second.bytes_new, 64_KiB); // one file, and the pages
    expect_restores();
    const auto repository = open();
    const auto snapshots = repository->snapshots();
    std::vector<std::string> changes;
    const auto compared = diff(*repository, snapshots->front(), snapshots->back(), false,
                               [&](const Difference& d) { changes.push_back(d.path); });
    ASSERT_TRUE(compared.has_value()) << compared.error().detail();
    EXPECT_EQ(changes, (std::vector<std::string>{(tree() / "many/file150").string()}));
}

/// As two machines make them that save the same file at once: the sealed chunk is the same, the
/// trailers behind it are not.
TEST_F(RepositoryTest, packs_that_have_a_segment_in_common_are_both_sound) {
    const auto repository = open();
    auto& heads = repository->heads();
    const auto& id = repository->descriptor().id;
    const segment::Code code{.k = 2, .n = 4};
    const auto write_pack = [&](ByteView pack) {
        return heads.write_pack(id, segment::PackClass::data, code, pack, 4, [](std::size_t) {})
            .value()
            .info;
    };
    Bytes pack(4 * segment::cell_size, 7);
    const auto first = write_pack(pack);
    pack[segment::cell_size] = 8; // in segment 1, and in the two that are computed
    const auto second = write_pack(pack);
    ASSERT_EQ(first.segments[0], second.segments[0]);
    ASSERT_NE(first.segments[1], second.segments[1]);
    for (const auto& info : {first, second}) {
        const auto states = inspect_segments(heads, id, info, /*whole=*/true);
        EXPECT_EQ(states.bad(), 0U) << testing::PrintToString(states.damage);
    }
    const auto damaged = fs::path(m_heads[0]) / "segments" / first.segments[0].hex().substr(0, 2) /
                         first.segments[0].hex();
    fs::permissions(damaged, fs::perms::owner_write, fs::perm_options::add);
    std::fstream(damaged, std::ios::in | std::ios::out | std::ios::binary).seekp(9).put('x');
    for (const auto& info : {first, second})
        EXPECT_EQ(inspect_segments(heads, id, info, true).corrupt, std::vector<unsigned>{0});
}

TEST_F(RepositoryTest, any_two_heads_may_be_lost) {
    must_backup();
    for (std::size_t a = 0; a < 4; ++a)
        for (std::size_t b = a + 1; b < 4; ++b) {
            fs::rename(m_heads[a], m_heads[a] + ".away");
            fs::rename(m_heads[b], m_heads[b] + ".away");
            fs::remove_all(m_root / "cache");
            expect_restores();
            fs::rename(m_heads[a] + ".away", m_heads[a]);
            fs::rename(m_heads[b] + ".away", m_heads[b]);
        }
}

TEST_F(RepositoryTest, three_lost_heads_are_said_and_nothing_is_restored) {
    must_backup();
    for (std::size_t i = 0; i < 3; ++i)
        fs::remove_all(m_heads[i]);
    const auto repository =
        Repository::open(world(), m_opener, m_place, folders(), [](const std::string&) {});
    ASSERT_FALSE(repository.has_value());
    EXPECT_EQ(repository.error().code(), Errc::too_few_heads);
}

TEST_F(RepositoryTest, heal_makes_a_lost_head_again_without_a_key) {
    must_backup();
    const auto before = read(fs::path(m_heads[1]) / "roots/descriptor");
    fs::remove_all(m_heads[1]);
    auto repository =
        Repository::open(world(), m_opener, m_place, folders(), [](const std::string&) {});
    ASSERT_TRUE(repository.has_value());
    HealProgress progress;
    HealOptions options;
    options.head = 1;
    const auto report = heal(**repository, options, progress);
    ASSERT_TRUE(report.has_value()) << report.error().detail();
    EXPECT_TRUE(report->problems.empty()) << testing::PrintToString(report->problems);
    EXPECT_GT(report->segments_rebuilt, 0U);
    EXPECT_EQ(read(fs::path(m_heads[1]) / "roots/descriptor"), before);
    fs::remove_all(m_heads[0]);
    fs::remove_all(m_heads[3]);
    expect_restores();
}

TEST_F(RepositoryTest, heal_replaces_a_damaged_segment_and_check_names_it) {
    must_backup();
    for (const auto& file : fs::recursive_directory_iterator(fs::path(m_heads[2]) / "segments")) {
        if (!file.is_regular_file()) continue;
        std::fstream segment(file.path(), std::ios::in | std::ios::out | std::ios::binary);
        segment.seekp(1000);
        segment.put('\x55');
        segment.put('\xAA');
    }
    const auto damaged = must_check();
    EXPECT_TRUE(damaged.errors.empty()) << testing::PrintToString(damaged.errors);
    EXPECT_GT(damaged.segments_corrupt, 0U);
    expect_restores();
    auto repository =
        Repository::open(world(), m_opener, m_place, folders(), [](const std::string&) {});
    HealProgress progress;
    HealOptions options;
    options.read_data = true;
    const auto report = heal(**repository, options, progress);
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(report->segments_rebuilt, damaged.segments_corrupt);
    EXPECT_EQ(must_check().segments_corrupt, 0U);
}

/// CLI-15: what only looks leaves every byte of every head as it was.
TEST_F(RepositoryTest, check_and_restore_write_nothing_to_the_heads) {
    must_backup();
    const auto state = [this] {
        std::map<std::string, std::pair<std::uintmax_t, fs::file_time_type>> found;
        for (const auto& head : m_heads)
            for (const auto& file : fs::recursive_directory_iterator(head))
                if (file.is_regular_file())
                    found[file.path()] = {file.file_size(), file.last_write_time()};
        return found;
    };
    const auto before = state();
    must_check();
    expect_restores();
    EXPECT_EQ(state(), before);
}

TEST_F(RepositoryTest, the_wrong_pass_phrase_is_refused) {
    auto repository =
        Repository::open(world(), m_opener, m_place, folders(), [](const std::string&) {});
    ASSERT_TRUE(repository.has_value());
    EXPECT_EQ((*repository)->unlock(pass_phrase("wrong")).error().code(), Errc::wrong_password);
    EXPECT_FALSE((*repository)->unlocked());
}

TEST_F(RepositoryTest, keys_are_added_and_removed_and_the_last_one_stays) {
    auto repository = open();
    const auto first = repository->current_slot();
    ASSERT_TRUE(repository->add_key(pass_phrase("second"), cheap, "b").has_value());
    repository = open("second");
    ASSERT_TRUE(repository->remove_key(first).has_value());
    auto locked =
        Repository::open(world(), m_opener, m_place, folders(), [](const std::string&) {});
    EXPECT_EQ((*locked)->unlock(pass_phrase("secret")).error().code(), Errc::wrong_password);
    EXPECT_EQ(repository->remove_key(repository->current_slot()).error().code(),
              Errc::invalid_argument);
}

TEST_F(RepositoryTest, the_kit_and_two_heads_alone_bring_it_back) {
    must_backup();
    fs::remove_all(m_heads[0]);
    fs::remove_all(m_heads[2]);
    fs::remove_all(m_root / "cache");
    fs::remove_all(m_root / "state");
    const auto place = discover(m_opener, {m_heads[1], m_heads[3]});
    ASSERT_TRUE(place.has_value()) << place.error().detail();
    EXPECT_EQ(place->root_fingerprint, m_place.root_fingerprint);
    auto repository =
        Repository::open(world(), m_opener, *place, folders(), [](const std::string&) {});
    ASSERT_TRUE(repository.has_value()) << repository.error().detail();
    const Credential kit{.custody = Custody::recovery_kit,
                         .secret = crypto::SecretBytes::copy_of(m_kit.view())};
    ASSERT_TRUE((*repository)->unlock(kit).has_value());
    EXPECT_EQ((*repository)->snapshots()->size(), 1U);
    const auto added = (*repository)->add_key(pass_phrase("new"), cheap, "b");
    EXPECT_TRUE(added.has_value()) << added.error().detail();
}

TEST_F(RepositoryTest, a_snapshot_that_was_deleted_is_missed) {
    const auto first = must_backup();
    must_backup();
    for (const auto& head : m_heads)
        fs::remove(fs::path(head) / "roots" / ("snapshot-" + first.snapshot.hex()));
    const auto repository = open();
    EXPECT_EQ(repository->snapshots()->size(), 1U);
    ASSERT_EQ(m_warnings.size(), 1U);
    EXPECT_NE(m_warnings.front().find("is gone"), std::string::npos);
}

TEST_F(RepositoryTest, heads_that_show_an_older_state_are_noticed) {
    must_backup();
    const auto last = must_backup();
    for (const auto& head : m_heads)
        fs::remove(fs::path(head) / "roots" / ("snapshot-" + last.snapshot.hex()));
    const auto repository = open();
    EXPECT_EQ(repository->snapshots()->size(), 1U);
    ASSERT_EQ(m_warnings.size(), 1U);
    EXPECT_NE(m_warnings.front().find("older state"), std::string::npos);
}

TEST_F(RepositoryTest, a_forged_snapshot_is_left_out) {
    const auto real = must_backup();
    const auto name = "snapshot-" + real.snapshot.hex();
    auto record = read(fs::path(m_heads[0]) / "roots" / name);
    record[21] = static_cast<char>(record[21] ^ 1); // another writer
    for (const auto& head : m_heads) {
        fs::remove(fs::path(head) / "roots" / name);
        const Bytes bytes(record.begin(), record.end());
        write(fs::path(head) / "roots" / ("snapshot-" + crypto::sha256(bytes).hex()), record);
    }
    const auto repository = open();
    EXPECT_EQ(repository->snapshots()->size(), 0U);
    EXPECT_FALSE(m_warnings.empty());
}

/// Only so many bytes that nobody has vouched for are kept until their turn comes.
TEST_F(RepositoryTest, forged_snapshots_fill_no_memory) {
    const auto real = must_backup();
    const auto record = read(fs::path(m_heads[0]) / "roots" / ("snapshot-" + real.snapshot.hex()));
    const Bytes bytes(record.begin(), record.end());
    const auto frame = decode_snapshot_frame(bytes);
    ASSERT_TRUE(frame.has_value());
    constexpr std::size_t size = 8_MiB;
    constexpr std::size_t count = 12;
    for (std::size_t i = 0; i < count; ++i) {
        Writer forged;
        forged.raw(ByteView(bytes).first(4)).put(bytes[4]).raw(frame->repo.view());
        forged.raw(frame->writer.view()).put(std::uint64_t{1} + i).varint(0);
        forged.raw(frame->header.encode()).raw(frame->header.v).raw(frame->header.kc);
        forged.blob(Bytes(size))
            .raw(Bytes(crypto::sizes_of(crypto::SignatureScheme::ml_dsa_65).signature));
        const auto content = std::move(forged).take();
        write(fs::path(m_heads[2]) / "roots" / ("snapshot-" + crypto::sha256(content).hex()),
              as_text(content));
    }
    const auto repository = open();
    const auto found = repository->snapshots();
    ASSERT_TRUE(found.has_value()) << found.error().detail();
    EXPECT_EQ(found->size(), 1U);
    EXPECT_EQ(m_warnings.size(), count) << testing::PrintToString(m_warnings);
    const auto kept = std::ranges::count_if(
        m_warnings, [](const auto& text) { return text.contains("is not authentic"); });
    EXPECT_LE(static_cast<std::size_t>(kept), limits::unverified_frames_bytes_max / (2 * size));
    EXPECT_GT(kept, 0);
}

TEST_F(RepositoryTest, a_deleted_or_damaged_cache_is_made_again) {
    must_backup();
    fs::remove_all(m_root / "cache");
    expect_restores();
    for (const auto& file : fs::recursive_directory_iterator(m_root / "cache"))
        if (file.is_regular_file()) write(file.path(), "rubbish");
    expect_restores();
    EXPECT_EQ(m_warnings.size(), 1U);
}

TEST_F(RepositoryTest, a_head_in_use_is_not_taken_again) {
    InitOptions options{.heads = {m_root / "new1", m_root / "new2", m_root / "new3", m_heads[0]},
                        .suite = seal::Suite::chimera256,
                        .code = {.k = 2, .n = 4},
                        .credential = pass_phrase("x"),
                        .cost = cheap,
                        .label = ""};
    const auto made = initialise(world(), m_opener, std::move(options));
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code(), Errc::exists);
    EXPECT_FALSE(fs::exists(m_root / "new1"));
}

TEST_F(RepositoryTest, a_backup_without_enough_heads_saves_nothing_and_says_so) {
    for (std::size_t i = 0; i < 2; ++i)
        fs::remove_all(m_heads[i]);
    const auto repository = open();
    const auto summary = run_backup(*repository);
    ASSERT_FALSE(summary.has_value());
    EXPECT_EQ(summary.error().code(), Errc::too_few_heads);
    EXPECT_TRUE(repository->snapshots()->empty());
}

} // namespace
} // namespace torgo::repo
