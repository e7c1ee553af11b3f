#include "base/bytes.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace torgo::sim {

namespace {

class SimFileSystem : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(env::make_directories(files, "/disk/d").has_value()); }

    Result<> write(const std::string& path, std::string_view text) {
        TRY(const auto file, files.create(path, false));
        return file->append(as_bytes(text));
    }

    std::string read(const std::string& path) {
        const auto content = env::read_file(files, path, 1_MiB);
        return content ? std::string(as_text(*content)) : std::string(name(content.error().code()));
    }

    template <class T>
    static Errc code(const Result<T>& result) {
        return result ? Errc{} : result.error().code();
    }

    FileSystem files;
};

} // namespace

TEST_F(SimFileSystem, answers_as_a_real_one) {
    ASSERT_TRUE(write("/disk/d/a", "hello").has_value());
    EXPECT_EQ(read("/disk/d/a"), "hello");
    EXPECT_EQ(code(files.create("/disk/d/a", false)), Errc::exists);
    EXPECT_EQ(code(files.create("/disk/none/a", false)), Errc::not_found);
    EXPECT_EQ(code(files.open_read("/disk/d/none")), Errc::not_found);
    EXPECT_EQ(code(files.open_read("/disk/d/a/below")), Errc::io);
    EXPECT_EQ(code(files.open_read("/disk/d")), Errc::io);
    EXPECT_EQ(files.status("/disk/d/a")->size, 5U);
    EXPECT_EQ(files.status("/disk/d")->type, env::FileType::directory);
    EXPECT_TRUE(files.make_directory("/disk/d").has_value());
    EXPECT_EQ(code(files.make_directory("/disk/d/a")), Errc::exists);
    EXPECT_EQ(code(files.remove_directory("/disk/d")), Errc::io) << "not empty";
    EXPECT_EQ(code(files.remove("/disk/d")), Errc::io) << "no file";
    EXPECT_EQ(files.list("/disk/d")->size(), 1U);
    EXPECT_TRUE(files.remove("/disk/d/a").has_value());
    EXPECT_EQ(code(files.remove("/disk/d/a")), Errc::not_found);
    EXPECT_TRUE(files.remove_directory("/disk/d").has_value());
    EXPECT_EQ(code(files.list("/disk/d")), Errc::not_found);
    EXPECT_EQ(code(files.sync_directory("/disk/d")), Errc::not_found);
}

TEST_F(SimFileSystem, reads_from_any_offset_and_short_only_at_the_end) {
    ASSERT_TRUE(write("/disk/a", "0123456789").has_value());
    const auto file = *files.open_read("/disk/a");
    Bytes out(4);
    EXPECT_EQ(*file->read_at(3, out), 4U);
    EXPECT_EQ(as_text(out), "3456");
    EXPECT_EQ(*file->read_at(8, out), 2U);
    EXPECT_EQ(*file->read_at(99, out), 0U);
    EXPECT_EQ(*file->size(), 10U);
    EXPECT_EQ(code(file->append(out)), Errc::io) << "opened for reading";
}

TEST_F(SimFileSystem, renames_over_and_refuses_where_told_to) {
    ASSERT_TRUE(write("/disk/a", "a").has_value());
    ASSERT_TRUE(write("/disk/b", "b").has_value());
    EXPECT_EQ(code(files.rename_new("/disk/a", "/disk/b")), Errc::exists);
    EXPECT_EQ(code(files.rename("/disk/none", "/disk/b")), Errc::not_found);
    EXPECT_EQ(code(files.rename("/disk/a", "/disk/d")), Errc::io);
    EXPECT_TRUE(files.rename("/disk/a", "/disk/b").has_value());
    EXPECT_EQ(read("/disk/b"), "a");
    EXPECT_EQ(read("/disk/a"), "not_found");
    EXPECT_TRUE(files.rename_new("/disk/b", "/disk/c").has_value());
    EXPECT_EQ(read("/disk/c"), "a");
}

TEST_F(SimFileSystem, an_open_file_outlives_its_name) {
    ASSERT_TRUE(write("/disk/a", "kept").has_value());
    const auto file = *files.open_read("/disk/a");
    ASSERT_TRUE(files.remove("/disk/a").has_value());
    Bytes out(4);
    EXPECT_EQ(*file->read_at(0, out), 4U);
    EXPECT_EQ(as_text(out), "kept");
}

TEST_F(SimFileSystem, runs_full_and_writes_what_fits) {
    files.set_capacity(10);
    EXPECT_EQ(files.space("/disk")->free, 10U);
    EXPECT_EQ(code(write("/disk/a", "0123456789ab")), Errc::no_space);
    EXPECT_EQ(files.status("/disk/a")->size, 10U);
    EXPECT_EQ(files.space("/disk")->free, 0U);
    ASSERT_TRUE(files.remove("/disk/a").has_value());
    EXPECT_TRUE(write("/disk/b", "0123456789").has_value());
}

TEST_F(SimFileSystem, refuses_every_change_while_read_only) {
    ASSERT_TRUE(write("/disk/a", "a").has_value());
    files.set_read_only(true);
    EXPECT_EQ(code(write("/disk/b", "b")), Errc::read_only);
    EXPECT_EQ(code(files.remove("/disk/a")), Errc::read_only);
    EXPECT_EQ(code(files.rename("/disk/a", "/disk/b")), Errc::read_only);
    EXPECT_EQ(code(files.make_directory("/disk/e")), Errc::read_only);
    EXPECT_EQ(read("/disk/a"), "a");
    files.set_read_only(false);
    EXPECT_TRUE(files.remove("/disk/a").has_value());
}

TEST_F(SimFileSystem, fails_the_operation_asked_for_once) {
    files.fail_nth(Operation::create, 2, Errc::no_space);
    EXPECT_TRUE(write("/disk/a", "a").has_value());
    EXPECT_EQ(code(write("/disk/b", "b")), Errc::no_space);
    EXPECT_EQ(read("/disk/b"), "not_found");
    EXPECT_TRUE(write("/disk/b", "b").has_value());
    files.fail_nth_change(2, Errc::io);
    EXPECT_EQ(code(write("/disk/c", "0123456789")), Errc::io) << "the append is the second change";
    EXPECT_EQ(files.status("/disk/c")->size, 5U) << "a failed append has added a part";
    files.fail_next(Operation::read, Errc::not_found);
    EXPECT_EQ(read("/disk/a"), "not_found");
    EXPECT_EQ(read("/disk/a"), "a");
}

TEST_F(SimFileSystem, flips_one_bit) {
    ASSERT_TRUE(write("/disk/a", "aaaa").has_value());
    files.flip("/disk/a", 8 + 1);
    EXPECT_EQ(read("/disk/a"), "acaa");
}

TEST_F(SimFileSystem, vanishes_in_three_ways_and_comes_back) {
    ASSERT_TRUE(write("/disk/d/a", "a").has_value());
    const auto open = *files.open_read("/disk/d/a");
    Bytes out(1);

    files.vanish("/disk", Vanished::folder_missing);
    EXPECT_EQ(code(files.status("/disk")), Errc::not_found);
    EXPECT_EQ(code(files.create("/disk/d/b", false)), Errc::not_found);
    EXPECT_TRUE(open->read_at(0, out).has_value()) << "unmounting waits for open files";

    files.vanish("/disk", Vanished::io_errors);
    EXPECT_EQ(code(files.status("/disk/d/a")), Errc::io);
    EXPECT_EQ(code(open->read_at(0, out)), Errc::io);

    files.vanish("/disk", Vanished::empty_mount_point);
    EXPECT_TRUE(files.list("/disk")->empty());
    EXPECT_EQ(code(files.status("/disk/d/a")), Errc::not_found);
    EXPECT_TRUE(write("/disk/stray", "on the disk beneath").has_value());
    EXPECT_EQ(read("/disk/stray"), "on the disk beneath");

    files.reappear("/disk");
    EXPECT_EQ(read("/disk/d/a"), "a");
    EXPECT_EQ(read("/disk/stray"), "not_found");
}

TEST_F(SimFileSystem, keeps_a_list_of_what_was_asked) {
    const auto before = files.operation_count();
    ASSERT_TRUE(write("/disk/a", "a").has_value());
    ASSERT_TRUE(files.rename("/disk/a", "/disk/b").has_value());
    ASSERT_TRUE(files.status("/disk/b").has_value());
    EXPECT_EQ(files.operation_count() - before, 3U);
    auto events = files.operations();
    events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(before));
    EXPECT_EQ(events, (std::vector<Event>{{Operation::create, "/disk/a"},
                                          {Operation::append, "/disk/a"},
                                          {Operation::rename, "/disk/b"}}));
    ASSERT_EQ(files.files_below("/").size(), 1U);
    EXPECT_EQ(files.files_below("/")[0].path, "/disk/b");
}

TEST_F(SimFileSystem, locks_files_between_openers) {
    ASSERT_TRUE(write("/disk/a", "a").has_value());
    auto one = *files.open_read("/disk/a");
    auto two = *files.open_read("/disk/a");
    EXPECT_TRUE(*one->try_lock_exclusive());
    EXPECT_TRUE(*one->try_lock_exclusive()) << "it is ours already";
    EXPECT_FALSE(*two->try_lock_exclusive());
    ASSERT_TRUE(one->lock_shared().has_value());
    ASSERT_TRUE(two->lock_shared().has_value());
    EXPECT_FALSE(*two->try_lock_exclusive());
    one.reset();
    EXPECT_TRUE(*two->try_lock_exclusive()) << "the only holder may rise";
}

TEST_F(SimFileSystem, a_shared_lock_waits_for_the_exclusive_holder) {
    ASSERT_TRUE(write("/disk/a", "a").has_value());
    auto holder = *files.open_read("/disk/a");
    ASSERT_TRUE(*holder->try_lock_exclusive());
    std::atomic<bool> released = false;
    std::thread waiter([&] {
        const auto file = *files.open_read("/disk/a");
        EXPECT_TRUE(file->lock_shared().has_value());
        EXPECT_TRUE(released);
    });
    released = true;
    holder.reset();
    waiter.join();
}

} // namespace torgo::sim
