// Full, read-only, vanished and exchanged disks.
#include "head/open.hpp"
#include "head/testing/conformance_case.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace torgo::head {

namespace {

constexpr const char* path = "/disk/head";

class DirFaultTest : public ::testing::Test {
protected:
    void SetUp() override {
        head = *create(path, files, conformance_repository, conformance_index);
        ASSERT_EQ(outcome(put_segment(*head, make_name(1), make_content(1000))), "success");
        ASSERT_EQ(outcome(put_segment(*head, make_name(2), make_content(1000))), "success");
        ASSERT_EQ(outcome(head->put_root("descriptor", make_content(100))), "success");
    }

    using Calls = std::vector<std::pair<std::string, std::function<std::string_view()>>>;

    Calls reads() {
        return {
            {"read_segment",
             [this] {
                 return outcome(head->read_segment(make_name(1), 0, buffer));
             }},
            {"read_segment of none",
             [this] {
                 return outcome(head->read_segment(make_name(9), 0, buffer));
             }},
            {"segment_size",
             [this] {
                 return outcome(head->segment_size(make_name(1)));
             }},
            {"segment_size of none",
             [this] {
                 return outcome(head->segment_size(make_name(9)));
             }},
            {"list_segments",
             [this] {
                 return outcome(head->list_segments(SegmentId{}, 9));
             }},
            {"get_root",
             [this] {
                 return outcome(head->get_root("descriptor"));
             }},
            {"get_root of none",
             [this] {
                 return outcome(head->get_root("none"));
             }},
            {"list_roots",
             [this] {
                 return outcome(head->list_roots(""));
             }},
            {"status",
             [this] {
                 return outcome(head->status());
             }},
        };
    }

    Calls writes() {
        return {
            {"put_segment",
             [this] {
                 return outcome(put_segment(*head, make_name(3), buffer));
             }},
            {"remove_segment",
             [this] {
                 return outcome(head->remove_segment(make_name(2)));
             }},
            {"put_root",
             [this] {
                 return outcome(head->put_root("batch-1", buffer));
             }},
            {"put_root descriptor",
             [this] {
                 return outcome(head->put_root("descriptor", buffer));
             }},
            {"remove_root",
             [this] {
                 return outcome(head->remove_root("descriptor"));
             }},
        };
    }

    sim::FileSystem files;
    std::unique_ptr<Head> head;
    Bytes buffer = Bytes(1000, 9);
};

} // namespace

// HEAD-14
TEST_F(DirFaultTest, a_vanished_disk_never_looks_like_an_empty_head) {
    for (const auto how : {sim::Vanished::folder_missing, sim::Vanished::empty_mount_point,
                           sim::Vanished::io_errors})
        for (const bool known : {true, false}) { // whether the head was used before the disk went
            if (!known) head = *open(path, files);
            files.vanish(path, how);
            for (const auto& calls : {reads(), writes()})
                for (const auto& [name, call] : calls) {
                    if (name == "status" && !known) continue;
                    EXPECT_EQ(call(), "unavailable") << name << static_cast<int>(how) << known;
                }
            EXPECT_EQ(outcome(head->probe()), how == sim::Vanished::empty_mount_point && !known
                                                  ? "not_a_repository"
                                                  : "unavailable");
            EXPECT_TRUE(files.files_below("/beneath").empty()) << "nothing goes beneath the mount";
            files.reappear(path);
            EXPECT_EQ(outcome(head->probe()), "success");
            EXPECT_EQ(read_whole(*head, make_name(2)), make_content(1000)) << "it serves again";
        }
}

TEST_F(DirFaultTest, a_writer_whose_disk_vanishes_fails_as_unavailable) {
    for (const auto how : {sim::Vanished::folder_missing, sim::Vanished::empty_mount_point,
                           sim::Vanished::io_errors}) {
        const auto writer = *head->begin_segment(10);
        ASSERT_EQ(outcome(writer->append(make_content(10))), "success");
        files.vanish(path, how);
        EXPECT_EQ(outcome(writer->commit(make_name(5))), "unavailable");
        files.reappear(path);
        EXPECT_EQ(outcome(head->segment_size(make_name(5))), "not_found");
    }
    const auto writer = *head->begin_segment(10);
    files.vanish(path, sim::Vanished::io_errors);
    EXPECT_EQ(outcome(writer->append(make_content(10))), "unavailable");
}

// HEAD-14
TEST_F(DirFaultTest, a_disk_that_goes_during_a_list_gives_no_short_list) {
    // A list looks at the marker, at segments/, at two folders, and at the marker again.
    for (unsigned nth = 1; nth <= 3; ++nth) {
        files.fail_nth(sim::Operation::list, nth, Errc::not_found);
        const auto listed = head->list_segments(SegmentId{}, 9);
        EXPECT_FALSE(listed.has_value()) << nth;
    }
    EXPECT_EQ(head->list_segments(SegmentId{}, 9)->size(), 2U);
}

// HEAD-14
TEST_F(DirFaultTest, another_disk_in_its_place_is_not_used) {
    files.vanish(path, sim::Vanished::folder_missing);
    ASSERT_TRUE(env::make_directories(files, "/other").has_value());
    files.reappear(path);
    ASSERT_TRUE(files.rename(path, "/away").has_value());
    ASSERT_EQ(outcome(create(path, files, RepoId{{1}}, 0)), "success");
    for (const auto& calls : {reads(), writes()})
        for (const auto& [name, call] : calls)
            EXPECT_EQ(call(), "unavailable") << name;
    EXPECT_NE(head->probe().error().detail().find("another disk"), std::string::npos);
}

TEST_F(DirFaultTest, a_folder_that_is_a_vanished_mount_of_its_own_is_noticed) {
    ASSERT_TRUE(files.rename("/disk/head/segments", "/away").has_value());
    EXPECT_EQ(outcome(head->read_segment(make_name(1), 0, buffer)), "unavailable");
    EXPECT_EQ(outcome(head->list_segments(SegmentId{}, 9)), "unavailable");
    EXPECT_EQ(outcome(head->remove_segment(make_name(1))), "unavailable");
    EXPECT_EQ(outcome(put_segment(*head, make_name(1), buffer)), "unavailable");
    EXPECT_EQ(outcome(head->probe()), "corrupt");
}

// HEAD-19
TEST_F(DirFaultTest, a_read_only_disk_serves_reads) {
    files.set_read_only(true);
    EXPECT_EQ(outcome(head->probe()), "read_only");
    for (const auto& [name, call] : writes())
        EXPECT_EQ(call(), "read_only") << name;
    EXPECT_EQ(read_whole(*head, make_name(1)), make_content(1000));
    EXPECT_EQ(outcome(head->get_root("descriptor")), "success");
    EXPECT_EQ(outcome(head->list_segments(SegmentId{}, 9)), "success");
    EXPECT_EQ(outcome(head->status()), "success");
}

TEST_F(DirFaultTest, what_the_system_denies_is_told_as_it_is) {
    files.fail_next(sim::Operation::open_read, Errc::permission);
    EXPECT_EQ(outcome(head->get_root("descriptor")), "permission");
    files.fail_next(sim::Operation::create, Errc::permission);
    EXPECT_EQ(outcome(head->put_root("batch-1", {})), "permission");
    files.fail_next(sim::Operation::create, Errc::permission);
    EXPECT_EQ(outcome(head->probe()), "permission");
}

// HEAD-17
TEST_F(DirFaultTest, a_disk_full_at_any_byte_loses_nothing) {
    const auto used = files.space("/disk")->total - files.space("/disk")->free;
    for (std::uint64_t room = 0; room < 1000; room += 83) {
        files.set_capacity(used + room);
        const auto writer = head->begin_segment(0);
        ASSERT_EQ(outcome(writer), "success");
        auto added = (*writer)->append(make_content(500));
        if (added) added = (*writer)->append(make_content(500));
        EXPECT_EQ(outcome(added), "no_space") << room;
        EXPECT_NE(outcome((*writer)->commit(make_name(5))), "success");
        EXPECT_EQ(outcome(head->put_root("batch-1", make_content(1000))), "no_space") << room;
        EXPECT_EQ(outcome(head->put_root("descriptor", make_content(1000))), "no_space") << room;
    }
    EXPECT_EQ(files.space("/disk")->total - files.space("/disk")->free, used)
        << "what did not fit takes no room";
    EXPECT_EQ(head->get_root("descriptor"), make_content(100));
    EXPECT_EQ(outcome(head->get_root("batch-1")), "not_found");
    EXPECT_EQ(outcome(head->segment_size(make_name(5))), "not_found");
    EXPECT_EQ(outcome(head->probe()), "success") << "it can still be read";
    EXPECT_EQ(outcome(head->remove_segment(make_name(2))), "success") << "and be given room";
    EXPECT_EQ(outcome(put_segment(*head, make_name(5), make_content(900))), "success");
}

TEST_F(DirFaultTest, a_segment_that_clearly_does_not_fit_is_refused_early) {
    const auto used = files.space("/disk")->total - files.space("/disk")->free;
    files.set_capacity(used + 5000);
    EXPECT_EQ(outcome(head->begin_segment(5001)), "no_space");
    EXPECT_EQ(outcome(head->begin_segment(5000)), "success");
}

// HEAD-1
TEST_F(DirFaultTest, a_failed_flush_is_a_failed_commit) {
    files.fail_next(sim::Operation::sync, Errc::io);
    EXPECT_EQ(outcome(put_segment(*head, make_name(5), make_content(1000))), "io");
    EXPECT_EQ(outcome(head->segment_size(make_name(5))), "not_found");
    files.fail_next(sim::Operation::sync, Errc::io);
    EXPECT_EQ(outcome(head->put_root("batch-1", make_content(1000))), "io");
    EXPECT_EQ(outcome(head->get_root("batch-1")), "not_found");
    files.fail_next(sim::Operation::sync_directory, Errc::io);
    EXPECT_EQ(outcome(put_segment(*head, make_name(1, 5), make_content(1000))), "io");
    EXPECT_EQ(outcome(put_segment(*head, make_name(1, 5), make_content(1000))), "success");
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto found = files.crash(seed);
        EXPECT_EQ(read_whole(**open(path, *found), make_name(1, 5)), make_content(1000));
    }
}

TEST_F(DirFaultTest, a_segment_cut_short_by_decay_is_corrupt_and_written_again) {
    const auto file = *files.create("/disk/head/segments/01/" + make_name(1, 9).hex(), false);
    ASSERT_TRUE(file->append(make_content(10)).has_value());
    EXPECT_EQ(outcome(head->read_segment(make_name(1, 9), 0, buffer)), "corrupt");
    ASSERT_EQ(outcome(put_segment(*head, make_name(1, 9), make_content(1000))), "success");
    EXPECT_EQ(outcome(head->read_segment(make_name(1, 9), 0, buffer)), "success");
}

} // namespace torgo::head
