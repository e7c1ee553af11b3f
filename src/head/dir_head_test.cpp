#include "head/dir_head.hpp"
#include "head/open.hpp"
#include "head/testing/conformance_case.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

namespace torgo::head {

namespace {

constexpr const char* path = "/disk/head";
const std::string hex_id = "c0ffee00000000000000000000000000";

class DirHeadTest : public ::testing::Test {
protected:
    std::unique_ptr<Head> make() {
        auto made = create(path, files, conformance_repository, conformance_index);
        EXPECT_EQ(outcome(made), "success");
        return *std::move(made);
    }

    Result<std::unique_ptr<Head>> make(const RepoId& repository, unsigned index) {
        return create(path, files, repository, index);
    }

    void put_file(const std::string& name, std::string_view content) {
        ASSERT_TRUE(env::make_directories(files, env::parent_path(name)).has_value());
        ASSERT_TRUE(env::write_file_atomically(files, name, as_bytes(content)).has_value());
    }

    std::string read(const std::string& name) {
        const auto content = env::read_file(files, name, 1_MiB);
        return content ? std::string(as_text(*content)) : "";
    }

    std::string probe() {
        auto head = open(path, files);
        return std::string(outcome((*head)->probe()));
    }

    sim::FileSystem files;
};

} // namespace

// HEAD-21 HEAD-22 HEAD-23
TEST_F(DirHeadTest, has_the_layout_of_its_specification) {
    const auto head = make();
    ASSERT_EQ(outcome(put_segment(*head, make_name(0xAB, 1), as_bytes("seg"))), "success");
    ASSERT_EQ(outcome(head->put_root("snapshot-1", as_bytes("root"))), "success");
    EXPECT_EQ(read("/disk/head/torgo-head"), "torgo-head 1\nrepository " + hex_id + "\nhead 2\n");
    EXPECT_EQ(read("/disk/head/segments/ab/" + make_name(0xAB, 1).hex()), "seg");
    EXPECT_EQ(read("/disk/head/roots/snapshot-1"), "root");
    EXPECT_EQ(files.files_below("/disk").size(), 3U) << "and nothing more";
    EXPECT_EQ(files.list("/disk/head/segments")->size(), 1U) << "made when it is needed";
}

// HEAD-22
TEST(DirMarker, is_read_strictly) {
    const Marker marker{conformance_repository, 2};
    EXPECT_EQ(parse_marker(format_marker(marker)), marker);
    const std::string rest = "repository " + hex_id + "\nhead 2\n";
    EXPECT_EQ(outcome(parse_marker("torgo-head 2\n" + rest)), "unsupported");
    EXPECT_EQ(outcome(parse_marker("torgo-head 2\nanything else")), "unsupported");
    for (const auto& text : std::vector<std::string>{
             "", "torgo-head 1", "torgo-head 1\n", "torgo-head 1\r\n" + rest, "head 1\n" + rest,
             "torgo-head 1\n" + rest + "\n", "torgo-head 1\nrepository " + hex_id + "\nhead 2",
             "torgo-head 1\nrepository C0FFEE00000000000000000000000000\nhead 2\n",
             "torgo-head 1\nrepository c0ff\nhead 2\n",
             "torgo-head 1\nrepository " + hex_id + "\nhead 256\n",
             "torgo-head 1\nrepository " + hex_id + "\nhead 02\n",
             "torgo-head 1\nrepository " + hex_id + "\nhead +2\n",
             "torgo-head 1\nrepository " + hex_id + "\nhead \n",
             "torgo-head 1\nhead 2\nrepository " + hex_id + "\n"})
        EXPECT_NE(outcome(parse_marker(text)), "success") << text;
    EXPECT_EQ(outcome(parse_marker("torgo-head 1\nrepository " + hex_id + "\nhead 255\n")),
              "success");
}

// HEAD-24
TEST_F(DirHeadTest, is_created_again_with_all_it_has) {
    ASSERT_EQ(outcome(put_segment(*make(), make_name(1), as_bytes("seg"))), "success");
    EXPECT_EQ(as_text(*read_whole(*make(), make_name(1))), "seg");
    ASSERT_TRUE(files.remove_directory("/disk/head/roots").has_value());
    EXPECT_EQ(probe(), "corrupt");
    EXPECT_EQ(outcome(make()->put_root("a", {})), "success") << "missing folders are made again";
}

// HEAD-25
TEST_F(DirHeadTest, is_not_created_over_anything_else) {
    put_file("/disk/head/photo.jpg", "mine");
    EXPECT_EQ(outcome(make(conformance_repository, 2)), "exists");
    EXPECT_EQ(files.list(path)->size(), 1U);
    ASSERT_TRUE(files.remove("/disk/head/photo.jpg").has_value());
    (void)make();
    EXPECT_EQ(outcome(make(RepoId{{1}}, 2)), "exists");
    EXPECT_EQ(outcome(make(conformance_repository, 1)), "exists");
    EXPECT_NE(make(RepoId{{1}}, 2).error().detail().find(hex_id), std::string::npos);
    EXPECT_EQ(outcome(make(conformance_repository, max_heads)), "invalid_argument");
}

TEST_F(DirHeadTest, is_not_created_over_a_head_that_lost_its_marker) {
    ASSERT_EQ(outcome(put_segment(*make(), make_name(1), as_bytes("seg"))), "success");
    ASSERT_TRUE(files.remove("/disk/head/torgo-head").has_value());
    EXPECT_EQ(outcome(make(conformance_repository, 2)), "exists");
    EXPECT_EQ(read("/disk/head/segments/01/" + make_name(1).hex()), "seg");
}

TEST_F(DirHeadTest, is_created_on_a_fresh_disk_and_over_an_interrupted_creation) {
    ASSERT_TRUE(env::make_directories(files, "/disk/head/lost+found").has_value());
    ASSERT_TRUE(env::make_directories(files, "/disk/head/segments").has_value());
    put_file("/disk/head/incoming/0.part", "torgo-he");
    EXPECT_EQ(outcome(make()->probe()), "success");
}

TEST_F(DirHeadTest, is_not_created_where_a_file_is_in_the_way) {
    put_file("/disk/head", "a file");
    EXPECT_NE(outcome(make(conformance_repository, 2)), "success");
    EXPECT_EQ(read(path), "a file");
}

// HEAD-26
TEST_F(DirHeadTest, tells_an_empty_folder_from_a_missing_a_damaged_and_a_newer_one) {
    EXPECT_EQ(probe(), "unavailable");
    ASSERT_TRUE(env::make_directories(files, path).has_value());
    EXPECT_EQ(probe(), "not_a_repository");
    put_file("/disk/head/torgo-head", "torgo-head 2\n");
    EXPECT_EQ(probe(), "unsupported");
    put_file("/disk/head/torgo-head", "something");
    EXPECT_EQ(probe(), "corrupt");
    put_file("/disk/head/torgo-head", std::string(10'000, 'x'));
    EXPECT_EQ(probe(), "corrupt");
    auto head = open(path, files);
    EXPECT_EQ(outcome((*head)->get_root("a")), "unavailable") << "the place is not fit for use";
    EXPECT_EQ(outcome((*head)->status()), "corrupt");
}

// HEAD-23
TEST_F(DirHeadTest, passes_over_names_that_are_not_its_own) {
    const auto head = make();
    ASSERT_EQ(outcome(put_segment(*head, make_name(1), as_bytes("seg"))), "success");
    put_file("/disk/head/segments/01/notes.txt", "x");
    put_file("/disk/head/segments/01/" + make_name(2).hex(), "in the wrong folder");
    put_file("/disk/head/segments/zz/" + make_name(2).hex(), "x");
    put_file("/disk/head/segments/0/" + make_name(2).hex(), "x");
    put_file("/disk/head/roots/Thumbs.db", "x");
    ASSERT_TRUE(files.make_directory("/disk/head/roots/folder").has_value());
    ASSERT_TRUE(
        files.make_directory("/disk/head/segments/01/" + make_name(1, 7).hex()).has_value());
    EXPECT_EQ(head->list_segments(SegmentId{}, 100), std::vector{make_name(1)});
    EXPECT_EQ(head->list_roots(""), std::vector<std::string>{});
    EXPECT_EQ(outcome(head->segment_size(make_name(1, 7))), "corrupt");
}

// HEAD-28
TEST_F(DirHeadTest, sweeps_what_a_crash_left_when_it_is_written_to) {
    put_file("/disk/head/incoming/0.part", "left");
    put_file("/disk/head/incoming/77.part", "left");
    put_file("/disk/head/incoming/README", "not ours");
    const auto head = make();
    EXPECT_EQ(files.list("/disk/head/incoming")->size(), 3U) << "looking sweeps nothing";
    ASSERT_EQ(outcome(head->put_root("a", {})), "success");
    ASSERT_EQ(files.list("/disk/head/incoming")->size(), 1U);
    EXPECT_EQ(read("/disk/head/incoming/README"), "not ours");
}

// HEAD-28
TEST_F(DirHeadTest, never_sweeps_what_another_is_writing) {
    const auto first = make();
    auto writer = *first->begin_segment(3);
    ASSERT_EQ(outcome(writer->append(as_bytes("seg"))), "success");
    const auto second = make();
    ASSERT_EQ(outcome(put_segment(*second, make_name(2), as_bytes("two"))), "success");
    EXPECT_EQ(outcome(writer->commit(make_name(1))), "success");
    EXPECT_EQ(as_text(*read_whole(*second, make_name(1))), "seg");
    // When nobody writes any more, the next one to come sweeps.
    put_file("/disk/head/incoming/9.part", "left");
    writer.reset();
    ASSERT_EQ(outcome(make()->put_root("a", {})), "success");
    EXPECT_TRUE(files.list("/disk/head/incoming")->empty());
}

TEST_F(DirHeadTest, leaves_no_temporary_of_a_writer_given_up) {
    const auto head = make();
    {
        const auto writer = *head->begin_segment(3);
        ASSERT_EQ(outcome(writer->append(as_bytes("seg"))), "success");
        EXPECT_EQ(files.list("/disk/head/incoming")->size(), 1U);
    }
    EXPECT_TRUE(files.list("/disk/head/incoming")->empty());
}

TEST_F(DirHeadTest, tells_when_its_temporary_was_taken_away) {
    const auto head = make();
    const auto writer = *head->begin_segment(3);
    ASSERT_EQ(outcome(writer->append(as_bytes("seg"))), "success");
    for (const auto& file : files.files_below("/disk/head/incoming"))
        ASSERT_TRUE(files.remove(file.path).has_value());
    EXPECT_EQ(outcome(writer->commit(make_name(1))), "changed");
    EXPECT_EQ(outcome(head->segment_size(make_name(1))), "not_found");
}

TEST_F(DirHeadTest, makes_a_fan_out_folder_again_that_somebody_removed) {
    const auto head = make();
    ASSERT_EQ(outcome(put_segment(*head, make_name(1), as_bytes("seg"))), "success");
    ASSERT_EQ(outcome(head->remove_segment(make_name(1))), "success");
    ASSERT_TRUE(files.remove_directory("/disk/head/segments/01").has_value());
    EXPECT_EQ(outcome(put_segment(*head, make_name(1), as_bytes("seg"))), "success");
}

// HEAD-27
TEST_F(DirHeadTest, keeps_key_slots_from_other_users) {
    const auto head = make();
    ASSERT_EQ(outcome(head->put_root("key-1", as_bytes("slot"))), "success");
    ASSERT_EQ(outcome(head->put_root("snapshot-1", as_bytes("s"))), "success");
    for (const auto& file : files.files_below("/disk/head/roots"))
        EXPECT_EQ(file.secret, file.path.ends_with("key-1")) << file.path;
}

// HEAD-29
TEST_F(DirHeadTest, flushes_no_more_than_it_must) {
    const auto head = make();
    ASSERT_EQ(outcome(put_segment(*head, make_name(1), as_bytes("first of its folder"))),
              "success");
    const auto flushes_of = [&](auto act) {
        const auto before = files.operation_count();
        EXPECT_EQ(outcome(act()), "success");
        std::vector<std::string> out;
        const auto all = files.operations();
        for (auto i = before; i < all.size(); ++i)
            if (all[i].operation == sim::Operation::sync ||
                all[i].operation == sim::Operation::sync_directory)
                out.push_back(all[i].path);
        return out;
    };
    const auto of_segment =
        flushes_of([&] { return put_segment(*head, make_name(1, 2), as_bytes("seg")); });
    ASSERT_EQ(of_segment.size(), 2U);
    EXPECT_TRUE(of_segment[0].starts_with("/disk/head/incoming/"));
    EXPECT_EQ(of_segment[1], "/disk/head/segments/01");
    const auto of_root = flushes_of([&] { return head->put_root("a", as_bytes("root")); });
    ASSERT_EQ(of_root.size(), 2U);
    EXPECT_EQ(of_root[1], "/disk/head/roots");
    EXPECT_TRUE(flushes_of([&] { return head->get_root("a"); }).empty());
}

TEST_F(DirHeadTest, discards_a_head_that_never_came_to_use) {
    ASSERT_EQ(outcome(make()->put_root("descriptor", as_bytes("d"))), "success");
    EXPECT_EQ(outcome(discard(path, files, RepoId{{1}})), "exists");
    EXPECT_EQ(outcome(discard(path, files, conformance_repository)), "success");
    EXPECT_EQ(outcome(files.status(path)), "not_found");
    EXPECT_EQ(outcome(discard(path, files, conformance_repository)), "unavailable");
    ASSERT_EQ(outcome(put_segment(*make(), make_name(1), as_bytes("seg"))), "success");
    EXPECT_EQ(outcome(discard(path, files, conformance_repository)), "exists");
    EXPECT_EQ(probe(), "success");
}

} // namespace torgo::head
