// What only the machine's own disk and locks can show.
#include "head/open.hpp"
#include "head/testing/conformance_case.hpp"
#include "sys/file_system.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace torgo::head {

namespace {

namespace fs = std::filesystem;

class DirDiskTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::string name = ::testing::TempDir() + "torgo_head_XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        top = name;
        path = top + "/my disk";
        head = *create(path, files, conformance_repository, conformance_index);
    }

    void TearDown() override { fs::remove_all(top); }

    std::string top;
    std::string path;
    sys::FileSystem files;
    std::unique_ptr<Head> head;
};

} // namespace

TEST_F(DirDiskTest, is_found_again_by_its_uri) {
    EXPECT_TRUE(head->uri().ends_with("/my%20disk"));
    ASSERT_EQ(outcome(head->put_root("a", as_bytes("root"))), "success");
    EXPECT_EQ(as_text(*(*open(head->uri(), files))->get_root("a")), "root");
    EXPECT_EQ(as_text(*(*open(path, files))->get_root("a")), "root");
}

TEST_F(DirDiskTest, never_sweeps_what_another_process_is_writing) {
    std::ofstream(path + "/incoming/left.part") << "of a crash";
    auto writer = *head->begin_segment(3); // sweeps
    EXPECT_FALSE(fs::exists(path + "/incoming/left.part"));
    ASSERT_EQ(outcome(writer->append(as_bytes("seg"))), "success");
    const pid_t child = ::fork();
    if (child == 0) {
        const auto theirs = open(path, files);
        const auto put = put_segment(**theirs, make_name(2), as_bytes("two"));
        ::_exit(put ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(outcome(writer->commit(make_name(1))), "success");
    EXPECT_EQ(as_text(*read_whole(*head, make_name(2))), "two");
}

TEST_F(DirDiskTest, sweeps_what_a_killed_process_left) {
    const pid_t child = ::fork();
    if (child == 0) {
        const auto theirs = open(path, files);
        const auto writer = (*theirs)->begin_segment(3);
        ::_exit(writer && (*writer)->append(as_bytes("seg")) ? 0 : 1); // with no destructor run
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    EXPECT_FALSE(fs::is_empty(path + "/incoming"));
    ASSERT_EQ(outcome(head->put_root("a", {})), "success");
    EXPECT_TRUE(fs::is_empty(path + "/incoming"));
}

// HEAD-27
TEST_F(DirDiskTest, keeps_key_slots_from_other_users) {
    ASSERT_EQ(outcome(head->put_root("key-1", as_bytes("slot"))), "success");
    struct stat info{};
    ASSERT_EQ(::stat((path + "/roots/key-1").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(DirDiskTest, notices_that_its_folder_was_moved_away) {
    ASSERT_EQ(outcome(head->put_root("a", {})), "success");
    fs::rename(path, top + "/away");
    EXPECT_EQ(outcome(head->get_root("a")), "unavailable");
    EXPECT_EQ(outcome(head->segment_size(make_name(1))), "unavailable");
    fs::create_directory(path);
    EXPECT_EQ(outcome(head->list_segments(SegmentId{}, 9)), "unavailable");
    EXPECT_EQ(outcome(head->begin_segment(1)), "unavailable");
    fs::remove(path);
    fs::rename(top + "/away", path);
    EXPECT_EQ(outcome(head->get_root("a")), "success");
}

TEST_F(DirDiskTest, writes_a_large_segment_in_pieces) {
    const auto piece = make_content(65'536);
    const auto writer = *head->begin_segment(12_MiB);
    for (unsigned i = 0; i < 192; ++i)
        ASSERT_EQ(outcome(writer->append(piece)), "success");
    ASSERT_EQ(outcome(writer->commit(make_name(1))), "success");
    EXPECT_EQ(head->segment_size(make_name(1)), 12_MiB);
    Bytes last(65'536);
    ASSERT_EQ(outcome(head->read_segment(make_name(1), 12_MiB - last.size(), last)), "success");
    EXPECT_EQ(last, piece);
}

} // namespace torgo::head
