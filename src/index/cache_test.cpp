// The cache folder under faults, crashes and other processes, seen through Index.
#include "index/cache.hpp"
#include "index/index.hpp"
#include "index/test_entries.hpp"

#include <gtest/gtest.h>

namespace torgo::index {

namespace {

const std::string manifest_path = "/cache/index.manifest";
constexpr std::uint64_t first_batch = 60;
constexpr std::uint64_t both_batches = 140;

IndexOptions small_options() {
    return {.cache_folder = "/cache", .fingerprint = {}, .table_entries_max = 20, .runs_max = 2};
}

void add(Index& index, std::uint64_t first, std::uint64_t end) {
    for (auto i = first; i < end; ++i)
        index.add(id_of(i), location_of(i));
}

bool holds(const Index& index, std::uint64_t end) {
    for (std::uint64_t i = 0; i < end; ++i)
        if (const auto found = index.find(id_of(i)); !found || *found != location_of(i))
            return false;
    return !index.find(id_of(end)).value().has_value();
}

void make_first_batch(sim::FileSystem& files) {
    Index index(files, small_options());
    add(index, 0, first_batch);
    ASSERT_TRUE(index.persist(as_bytes("first")).has_value());
}

/// The work of a session: what `make_first_batch` left, and more.
Result<> second_session(sim::FileSystem& files) {
    Index index(files, small_options());
    CHECK_OK(index.load_manifest().transform([](const auto&) {}));
    add(index, first_batch, both_batches);
    return index.persist(as_bytes("both"));
}

std::size_t files_in_cache(const sim::FileSystem& files) {
    return files.files_below("/cache").size();
}

} // namespace

TEST(Cache, after_a_power_cut_holds_the_old_content_or_the_new) {
    sim::FileSystem whole;
    make_first_batch(whole);
    const auto before = whole.operation_count();
    ASSERT_TRUE(second_session(whole).has_value());
    const auto operations = whole.operation_count() - before;
    ASSERT_GT(operations, 30U);
    std::size_t old_content = 0;
    for (std::uint64_t n = 1; n <= operations; ++n) {
        sim::FileSystem files;
        make_first_batch(files);
        files.set_crash_after(n);
        const auto done = second_session(files);
        const auto found = files.crash(n);
        Index index(*found, small_options());
        const auto manifest = index.load_manifest();
        ASSERT_TRUE(manifest.has_value() && manifest->has_value()) << "operation " << n;
        const bool is_old = as_text(**manifest) == "first";
        EXPECT_TRUE(holds(index, is_old ? first_batch : both_batches)) << "operation " << n;
        EXPECT_FALSE(is_old && done.has_value());
        old_content += is_old ? 1 : 0;
        // And the session can be repeated on what is left.
        EXPECT_TRUE(second_session(*found).has_value()) << "operation " << n;
    }
    EXPECT_GT(old_content, operations / 2);
    EXPECT_LT(old_content, operations);
}

TEST(Cache, a_write_that_fails_loses_no_entry_and_can_be_repeated) {
    sim::FileSystem whole;
    ASSERT_TRUE(second_session(whole).has_value());
    const auto operations = whole.operation_count();
    for (std::uint64_t n = 1; n <= operations; ++n) {
        sim::FileSystem files;
        files.fail_nth_change(n, Errc::no_space);
        Index index(files, small_options());
        add(index, 0, both_batches);
        EXPECT_TRUE(holds(index, both_batches));
        if (index.persist(as_bytes("m")).has_value()) { // then it must be there already
            Index reader(files, small_options());
            ASSERT_TRUE(reader.load_manifest().value().has_value());
            EXPECT_TRUE(holds(reader, both_batches)) << "operation " << n;
        }
        EXPECT_TRUE(holds(index, both_batches));
        ASSERT_TRUE(index.persist(as_bytes("m")).has_value());
        Index again(files, small_options());
        ASSERT_TRUE(again.load_manifest().value().has_value());
        EXPECT_TRUE(holds(again, both_batches)) << "operation " << n;
    }
}

TEST(Cache, on_a_full_disk_entries_stay_in_memory_and_persist_says_why) {
    sim::FileSystem files;
    files.set_read_only(true);
    Index index(files, small_options());
    add(index, 0, both_batches);
    EXPECT_TRUE(holds(index, both_batches));
    EXPECT_EQ(index.persist(as_bytes("m")).error().code(), Errc::read_only);
    EXPECT_TRUE(holds(index, both_batches));
    EXPECT_EQ(index.count(), both_batches);
}

TEST(Cache, leaves_no_file_that_nothing_names) {
    sim::FileSystem files;
    for (int session = 0; session < 5; ++session) {
        ASSERT_TRUE(second_session(files).has_value());
        EXPECT_LE(files_in_cache(files), 1U + small_options().runs_max);
    }
    EXPECT_TRUE(std::ranges::all_of(files.files_below("/cache"), &sim::FoundFile::secret));
}

TEST(Cache, deletes_what_a_crashed_session_left_once_another_has_persisted) {
    sim::FileSystem files;
    make_first_batch(files);
    {
        Index crashed(files, small_options());
        ASSERT_TRUE(crashed.load_manifest().has_value());
        add(crashed, 1000, 1030); // one run, never named
    }
    ASSERT_TRUE(files.create("/cache/" + RunName{2, 0}.text() + ".tmp", true).has_value());
    ASSERT_TRUE(files.create("/cache/precious", true).has_value());
    const auto with_leftovers = files_in_cache(files);
    ASSERT_TRUE(second_session(files).has_value());
    ASSERT_TRUE(second_session(files).has_value());
    Index index(files, small_options());
    ASSERT_TRUE(index.load_manifest().has_value());
    EXPECT_LT(files_in_cache(files), with_leftovers + 1);
    EXPECT_FALSE(files.status("/cache/" + RunName{2, 0}.text() + ".tmp").has_value());
    EXPECT_TRUE(files.status("/cache/precious").has_value());
    EXPECT_TRUE(holds(index, both_batches));
}

TEST(Cache, two_processes_do_not_harm_each_other) {
    sim::FileSystem files;
    make_first_batch(files);
    Index slow(files, small_options());
    ASSERT_TRUE(slow.load_manifest().has_value());
    add(slow, first_batch, both_batches - 10);
    for (int session = 0; session < 3; ++session)
        ASSERT_TRUE(second_session(files).has_value());
    EXPECT_TRUE(holds(slow, both_batches - 10)); // its files are gone, and still open
    add(slow, both_batches - 10, both_batches);
    ASSERT_TRUE(slow.persist(as_bytes("slow")).has_value());
    Index reader(files, small_options());
    EXPECT_EQ(as_text(reader.load_manifest().value().value()), "slow");
    EXPECT_TRUE(holds(reader, both_batches));
}

TEST(Cache, a_run_that_is_gone_is_reported) {
    sim::FileSystem files;
    make_first_batch(files);
    for (const auto& file : files.files_below("/cache"))
        if (file.path != manifest_path) {
            ASSERT_TRUE(files.remove(file.path).has_value());
        }
    Index index(files, small_options());
    EXPECT_EQ(index.load_manifest().error().code(), Errc::not_found);
    ASSERT_TRUE(index.clear().has_value());
    add(index, 0, both_batches);
    ASSERT_TRUE(index.persist(as_bytes("again")).has_value());
    Index again(files, small_options());
    ASSERT_TRUE(again.load_manifest().value().has_value());
    EXPECT_TRUE(holds(again, both_batches));
}

TEST(Cache, damage_in_any_file_is_reported_and_never_believed) {
    sim::FileSystem files;
    make_first_batch(files);
    for (const auto& file : files.files_below("/cache"))
        for (std::uint64_t byte = 0; byte < file.size;
             byte += file.path == manifest_path ? 1U : 53U) {
            files.flip(file.path, byte * 8 + 3);
            Index index(files, small_options());
            const auto loaded = index.load_manifest();
            if (!loaded) {
                ASSERT_EQ(loaded.error().code(), Errc::corrupt) << file.path << " " << byte;
            } else {
                ASSERT_NE(file.path, manifest_path) << byte;
                bool damaged = false;
                for (std::uint64_t i = 0; i < first_batch; ++i) {
                    const auto found = index.find(id_of(i));
                    if (found) {
                        ASSERT_EQ(*found, location_of(i));
                    }
                    damaged |= !found && found.error().code() == Errc::corrupt;
                }
                EXPECT_TRUE(damaged) << file.path << " " << byte;
            }
            files.flip(file.path, byte * 8 + 3);
        }
}

TEST(Cache, a_run_under_the_name_of_another_is_refused) {
    sim::FileSystem files;
    make_first_batch(files);
    const auto all = files.files_below("/cache");
    const auto run =
        std::ranges::find_if(all, [](const auto& f) { return f.path != manifest_path; });
    ASSERT_TRUE(files.remove(run->path).has_value());
    write_run(files, run->path, some_entries(30));
    Index index(files, small_options());
    EXPECT_EQ(index.load_manifest().error().code(), Errc::corrupt);
}

TEST(Cache, of_another_repository_is_refused) {
    sim::FileSystem files;
    make_first_batch(files);
    auto options = small_options();
    options.fingerprint.bytes[3] = 1;
    Index index(files, options);
    EXPECT_EQ(index.load_manifest().error().code(), Errc::corrupt);
}

TEST(Cache, an_unreadable_file_is_an_error_and_not_an_absence) {
    sim::FileSystem files;
    make_first_batch(files);
    Index index(files, small_options());
    ASSERT_TRUE(index.load_manifest().has_value());
    files.fail_next(sim::Operation::read, Errc::io);
    EXPECT_EQ(index.find(id_of(1)).error().code(), Errc::io);
    EXPECT_TRUE(holds(index, first_batch));
    files.fail_next(sim::Operation::open_read, Errc::permission);
    EXPECT_EQ(index.load_manifest().error().code(), Errc::permission);
}

TEST(Cache, clear_deletes_its_own_files_and_no_others) {
    sim::FileSystem files;
    make_first_batch(files);
    ASSERT_TRUE(files.create("/cache/precious", true).has_value());
    Index index(files, small_options());
    ASSERT_TRUE(index.load_manifest().has_value());
    ASSERT_TRUE(index.clear().has_value());
    EXPECT_EQ(files_in_cache(files), 1U);
    EXPECT_FALSE(index.find(id_of(1)).value().has_value());
    EXPECT_FALSE(index.load_manifest().value().has_value());
    sim::FileSystem fresh;
    Index never_used(fresh, small_options());
    EXPECT_TRUE(never_used.clear().has_value());
}

} // namespace torgo::index
