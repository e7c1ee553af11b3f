// What a power cut leaves: programs that forget something are caught, the right one never is.
#include "base/bytes.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace torgo::sim {

namespace {

constexpr std::uint64_t seeds = 50;
const std::string path = "/d/file";

Bytes content_of(std::uint8_t letter) {
    return Bytes(2000, letter);
}

using Write = std::function<Result<>(env::FileSystem&, ByteView)>;

Result<> write_right(env::FileSystem& files, ByteView content) {
    return env::write_file_atomically(files, path, content);
}

/// As write_file_atomically, less the parts that are switched off.
Write write_without(bool sync_content, bool sync_names) {
    return [=](env::FileSystem& files, ByteView content) -> Result<> {
        const auto temporary = path + "~";
        (void)files.remove(temporary);
        TRY(const auto file, files.create(temporary));
        CHECK_OK(file->append(content));
        if (sync_content) CHECK_OK(file->sync());
        CHECK_OK(files.rename(temporary, path));
        if (!sync_names) return {};
        return files.sync_directory("/d");
    };
}

Result<> write_in_place(env::FileSystem& files, ByteView content) {
    (void)files.remove(path);
    TRY(const auto file, files.create(path));
    CHECK_OK(file->append(content));
    CHECK_OK(file->sync());
    return files.sync_directory("/d");
}

/// A new disk with a durable folder /d.
std::unique_ptr<FileSystem> make_disk() {
    auto files = std::make_unique<FileSystem>();
    EXPECT_TRUE(env::make_directories(*files, "/d").has_value());
    return files;
}

/// Writes "a", then "b", with the power going at operation `n`; counts seeds after which the file
/// is not a version that the program was promised or might have.
unsigned losses_at(const Write& write, std::uint64_t n, bool& ended) {
    const auto files = make_disk();
    files->set_crash_after(n);
    const bool has_a = write(*files, content_of('a')).has_value();
    const bool has_b = has_a && write(*files, content_of('b')).has_value();
    ended = has_b;
    std::set<Bytes> allowed{content_of('b')};
    if (!has_b) allowed.insert(content_of('a'));
    if (!has_a) allowed.insert(Bytes{});
    if (!has_a) allowed.erase(content_of('b'));
    unsigned losses = 0;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto found = files->crash(seed);
        const auto content = env::read_file(*found, path, 1_MiB);
        EXPECT_TRUE(content || content.error().code() == Errc::not_found);
        if (!allowed.contains(content.value_or(Bytes{}))) ++losses;
    }
    return losses;
}

unsigned losses(const Write& write) {
    unsigned sum = 0;
    bool ended = false;
    for (std::uint64_t n = 1; !ended; ++n)
        sum += losses_at(write, n, ended);
    return sum;
}

} // namespace

TEST(PowerCut, never_breaks_write_file_atomically) {
    EXPECT_EQ(losses(write_right), 0U);
}

TEST(PowerCut, breaks_a_write_that_does_not_sync_its_content) {
    EXPECT_GT(losses(write_without(false, true)), 20U);
}

TEST(PowerCut, breaks_a_write_that_does_not_sync_the_folder) {
    EXPECT_GT(losses(write_without(true, false)), 20U);
}

TEST(PowerCut, breaks_a_write_in_place) {
    EXPECT_GT(losses(write_in_place), 20U);
}

TEST(PowerCut, loses_a_folder_whose_parent_was_not_synced) {
    unsigned lost = 0;
    const auto files = make_disk();
    ASSERT_TRUE(files->make_directory("/d/sub").has_value());
    ASSERT_TRUE(env::write_file_atomically(*files, "/d/sub/x", as_bytes("x")).has_value());
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
        lost += files->crash(seed)->status("/d/sub/x") ? 0U : 1U;
    EXPECT_GT(lost, 5U);
    EXPECT_LT(lost, seeds);
}

TEST(PowerCut, never_loses_a_file_that_moves_between_folders) {
    const auto files = make_disk();
    ASSERT_TRUE(env::make_directories(*files, "/e").has_value());
    ASSERT_TRUE(env::write_file_atomically(*files, "/d/x", as_bytes("x")).has_value());
    ASSERT_TRUE(files->rename("/d/x", "/e/y").has_value());
    std::set<int> seen;
    const auto look = [&](bool source_synced, bool target_synced) {
        seen.clear();
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            const auto found = files->crash(seed);
            const int at_source = found->status("/d/x") ? 1 : 0;
            const int at_target = found->status("/e/y") ? 2 : 0;
            seen.insert(at_source + at_target);
        }
        EXPECT_FALSE(seen.contains(0)) << source_synced << target_synced;
    };
    look(false, false);
    EXPECT_EQ(seen, (std::set{1, 2, 3}));
    ASSERT_TRUE(files->sync_directory("/d").has_value());
    look(true, false);
    EXPECT_TRUE(seen.contains(1)) << "syncing the source does not save the new name";
    ASSERT_TRUE(files->sync_directory("/e").has_value());
    look(true, true);
    EXPECT_EQ(seen, (std::set{2, 3}));
    ASSERT_TRUE(files->sync_directory("/d").has_value());
    look(true, true);
    EXPECT_EQ(seen, (std::set{2}));
}

TEST(PowerCut, never_loses_a_moved_file_whose_old_name_is_used_again) {
    const auto files = make_disk();
    ASSERT_TRUE(env::make_directories(*files, "/e").has_value());
    ASSERT_TRUE(env::write_file_atomically(*files, "/d/x", as_bytes("old")).has_value());
    ASSERT_TRUE(files->rename("/d/x", "/e/y").has_value());
    ASSERT_TRUE(env::write_file_atomically(*files, "/d/x", as_bytes("new")).has_value());
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto found = files->crash(seed);
        EXPECT_EQ(as_text(*env::read_file(*found, "/d/x", 10)), "new");
        EXPECT_EQ(as_text(*env::read_file(*found, "/e/y", 10)), "old");
    }
}

TEST(PowerCut, keeps_a_prefix_of_the_changes_of_one_folder) {
    const auto files = make_disk();
    for (const auto* name : {"/d/1", "/d/2", "/d/3"})
        ASSERT_TRUE(files->create(name, false).has_value());
    std::set<std::size_t> seen;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto found = files->crash(seed)->files_below("/d");
        for (std::size_t i = 0; i < found.size(); ++i)
            EXPECT_EQ(found[i].path, "/d/" + std::to_string(i + 1));
        seen.insert(found.size());
    }
    EXPECT_EQ(seen, (std::set<std::size_t>{0, 1, 2, 3}));
}

TEST(PowerCut, spoils_only_what_was_not_synced) {
    const auto files = make_disk();
    const auto file = *files->create(path, false);
    ASSERT_TRUE(file->append(content_of('a')).has_value());
    ASSERT_TRUE(file->sync().has_value());
    ASSERT_TRUE(files->sync_directory("/d").has_value());
    ASSERT_TRUE(file->append(content_of('b')).has_value());
    std::set<std::size_t> sizes;
    std::set<std::uint8_t> bytes;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto found = files->crash(seed);
        const auto content = *env::read_file(*found, path, 1_MiB);
        ASSERT_GE(content.size(), 2000U);
        EXPECT_EQ(Bytes(content.begin(), content.begin() + 2000), content_of('a'));
        sizes.insert(content.size());
        bytes.insert(content.begin() + 2000, content.end());
    }
    EXPECT_GT(sizes.size(), 5U);
    EXPECT_TRUE(bytes.contains(0)) << "a sector that was never written";
    EXPECT_TRUE(bytes.contains('b')) << "a sector that was";
    EXPECT_GT(bytes.size(), 50U) << "a sector of garbage";
}

TEST(PowerCut, shows_what_a_failed_sync_dropped) {
    const auto files = make_disk();
    const auto file = *files->create(path, false);
    ASSERT_TRUE(file->append(content_of('a')).has_value());
    files->fail_next(Operation::sync, Errc::io);
    EXPECT_EQ(file->sync().error().code(), Errc::io);
    EXPECT_TRUE(file->sync().has_value()) << "the kernel tells of the loss once";
    ASSERT_TRUE(files->sync_directory("/d").has_value());
    EXPECT_EQ(*env::read_file(*files, path, 1_MiB), content_of('a'));
    const auto found = files->crash(1);
    EXPECT_EQ(*env::read_file(*found, path, 1_MiB), Bytes(2000, 0));
}

TEST(PowerCut, may_have_done_the_operation_it_came_upon) {
    const auto files = make_disk();
    files->set_crash_after(1);
    EXPECT_EQ(files->create(path, false).error().code(), Errc::unavailable);
    EXPECT_EQ(files->status("/d").error().code(), Errc::unavailable);
    std::set<bool> seen;
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
        seen.insert(files->crash(seed)->status(path).has_value());
    EXPECT_EQ(seen.size(), 2U);
}

TEST(PowerCut, same_seed_same_disk) {
    const auto files = make_disk();
    for (const auto* name : {"/d/1", "/d/2", "/d/3"})
        ASSERT_TRUE((*files->create(name, false))->append(content_of('x')).has_value());
    const auto first = files->crash(9);
    const auto again = files->crash(9);
    const auto found = first->files_below("/");
    ASSERT_EQ(found.size(), again->files_below("/").size());
    for (const auto& file : found)
        EXPECT_EQ(*env::read_file(*first, file.path, 1_MiB),
                  *env::read_file(*again, file.path, 1_MiB));
}

TEST(PowerCut, leaves_a_disk_apart_from_the_first_one) {
    const auto files = make_disk();
    ASSERT_TRUE(env::write_file_atomically(*files, path, as_bytes("one")).has_value());
    const auto found = files->crash(1);
    ASSERT_TRUE(env::write_file_atomically(*files, path, as_bytes("two")).has_value());
    EXPECT_EQ(as_text(*env::read_file(*found, path, 10)), "one");
    EXPECT_EQ(as_text(*env::read_file(*found->crash(1), path, 10)), "one");
}

} // namespace torgo::sim
