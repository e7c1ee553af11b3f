#include "head/open.hpp"
#include "head/testing/conformance_case.hpp"
#include "head/testing/fault_head.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

namespace torgo::head {

namespace {

class FaultHeadTest : public ::testing::Test {
protected:
    sim::FileSystem files;
    FaultHead head{*create("/head", files, conformance_repository, conformance_index)};
};

} // namespace

TEST_F(FaultHeadTest, fails_the_nth_call_and_as_many_as_told) {
    head.on(Call::put_root).nth(2).times(2).fail(Errc::no_space);
    EXPECT_EQ(outcome(head.put_root("a", {})), "success");
    EXPECT_EQ(outcome(head.put_root("b", {})), "no_space");
    EXPECT_EQ(outcome(head.put_root("b", {})), "no_space");
    EXPECT_EQ(outcome(head.get_root("b")), "not_found");
    EXPECT_EQ(outcome(head.put_root("b", {})), "success");
    EXPECT_EQ(head.calls(Call::put_root), 4U);
    EXPECT_EQ(head.calls(Call::probe), 0U);
}

TEST_F(FaultHeadTest, loses_the_answer_of_what_was_done) {
    head.on(Call::put_root).fail_after(Errc::timeout);
    EXPECT_EQ(outcome(head.put_root("a", {})), "timeout");
    EXPECT_EQ(outcome(head.get_root("a")), "success");
}

TEST_F(FaultHeadTest, spoils_what_is_read) {
    ASSERT_EQ(outcome(put_segment(head, make_name(1), Bytes(10, 'x'))), "success");
    head.on(Call::read_segment).flip_bit(8);
    EXPECT_EQ(as_text(*read_whole(head, make_name(1))), "xyxxxxxxxx");
    head.on(Call::read_segment).cut_to(3);
    EXPECT_EQ(as_text(*read_whole(head, make_name(1))), std::string_view("xxx\0\0\0\0\0\0\0", 10));
    head.on(Call::read_segment).lie();
    EXPECT_EQ(*read_whole(head, make_name(1)), Bytes(10, 0));
    ASSERT_EQ(outcome(head.put_root("a", as_bytes("root"))), "success");
    head.on(Call::get_root).cut_to(2);
    EXPECT_EQ(as_text(*head.get_root("a")), "ro");
    EXPECT_EQ(as_text(*head.get_root("a")), "root");
}

TEST_F(FaultHeadTest, spoils_and_loses_what_is_written) {
    head.on(Call::append).flip_bit(0);
    ASSERT_EQ(outcome(put_segment(head, make_name(1), Bytes(2, 'x'))), "success");
    EXPECT_EQ(as_text(*read_whole(head, make_name(1))), "yx");
    head.on(Call::commit).lie();
    ASSERT_EQ(outcome(put_segment(head, make_name(2), Bytes(2, 'x'))), "success");
    EXPECT_EQ(outcome(head.segment_size(make_name(2))), "not_found");
    head.on(Call::list_segments).lie();
    EXPECT_EQ(head.list_segments(SegmentId{}, 9)->size(), 0U);
    EXPECT_EQ(head.list_segments(SegmentId{}, 9)->size(), 1U);
}

TEST_F(FaultHeadTest, hangs_and_vanishes) {
    sim::Clock clock;
    head.on(Call::status).always().hang(clock, 700);
    EXPECT_EQ(outcome(head.status()), "success");
    EXPECT_EQ(outcome(head.status()), "success");
    EXPECT_EQ(clock.monotonic_ns(), 1400);
    head.vanish();
    EXPECT_EQ(outcome(head.probe()), "unavailable");
    EXPECT_EQ(outcome(head.get_root("a")), "unavailable");
    EXPECT_EQ(outcome(head.begin_segment(1)), "unavailable");
    head.reappear();
    EXPECT_EQ(outcome(head.probe()), "success");
}

} // namespace torgo::head
