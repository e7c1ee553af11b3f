#include "head/testing/conformance_case.hpp"

#include <algorithm>
#include <limits>
#include <ranges>

namespace torgo::head {

namespace {

// HEAD-4
void a_segment_is_read_back_whole_and_in_ranges(Fixture& t) {
    const auto content = make_content(300'000);
    const auto writer = t.head->begin_segment(content.size());
    ASSERT_EQ(outcome(writer), "success");
    const ByteView view(content);
    for (std::size_t at = 0; at < content.size(); at += 65'536)
        ASSERT_EQ(outcome((*writer)->append(
                      view.subspan(at, std::min<std::size_t>(65'536, content.size() - at)))),
                  "success");
    ASSERT_EQ(outcome((*writer)->commit(make_name(7))), "success");
    EXPECT_EQ(read_whole(*t.head, make_name(7)), content);
    EXPECT_EQ(read_whole(*t.other, make_name(7)), content);
    Bytes range(1000);
    ASSERT_EQ(outcome(t.head->read_segment(make_name(7), 65'000, range)), "success");
    EXPECT_TRUE(std::ranges::equal(range, view.subspan(65'000, 1000)));
    ASSERT_EQ(outcome(t.head->read_segment(make_name(7), 299'000, range)), "success");
    EXPECT_TRUE(std::ranges::equal(range, view.last(1000)));
}

void a_segment_may_be_empty(Fixture& t) {
    ASSERT_EQ(outcome(put_segment(*t.head, make_name(1), {})), "success");
    EXPECT_EQ(t.head->segment_size(make_name(1)), 0U);
    EXPECT_EQ(outcome(t.head->read_segment(make_name(1), 0, {})), "success");
    EXPECT_EQ(t.head->list_segments(SegmentId{}, 9), std::vector{make_name(1)});
}

// HEAD-6
void reading_past_the_end_is_corrupt(Fixture& t) {
    ASSERT_EQ(outcome(put_segment(*t.head, make_name(1), make_content(100))), "success");
    Bytes out(10);
    for (const std::uint64_t offset :
         {std::uint64_t{91}, std::uint64_t{100}, std::uint64_t{5000}, std::uint64_t{1} << 63U,
          std::numeric_limits<std::uint64_t>::max()})
        EXPECT_EQ(outcome(t.head->read_segment(make_name(1), offset, out)), "corrupt") << offset;
}

// HEAD-7
void a_segment_that_is_not_there_is_not_found(Fixture& t) {
    Bytes out(1);
    EXPECT_EQ(outcome(t.head->read_segment(make_name(1), 0, out)), "not_found");
    EXPECT_EQ(outcome(t.head->read_segment(make_name(1), 0, {})), "not_found");
    EXPECT_EQ(outcome(t.head->segment_size(make_name(1))), "not_found");
    // Now with others of the same beginning there.
    ASSERT_EQ(outcome(put_segment(*t.head, make_name(1, 1), make_content(9))), "success");
    EXPECT_EQ(outcome(t.head->segment_size(make_name(1))), "not_found");
}

// HEAD-2
void a_segment_is_not_seen_before_its_commit(Fixture& t) {
    {
        auto writer = t.head->begin_segment(10);
        ASSERT_EQ(outcome(writer), "success");
        ASSERT_EQ(outcome((*writer)->append(make_content(10))), "success");
        EXPECT_EQ(t.other->list_segments(SegmentId{}, 9), std::vector<SegmentId>{});
        EXPECT_EQ(outcome(t.other->segment_size(make_name(1))), "not_found");
    }
    EXPECT_EQ(t.other->list_segments(SegmentId{}, 9), std::vector<SegmentId>{});
    EXPECT_EQ(t.other->list_roots(""), std::vector<std::string>{});
}

// HEAD-3 HEAD-5
void committing_again_keeps_the_segment_that_is_there(Fixture& t) {
    const auto first = make_content(100, 1);
    ASSERT_EQ(outcome(put_segment(*t.head, make_name(1), first)), "success");
    EXPECT_EQ(outcome(put_segment(*t.head, make_name(1), first)), "success");
    EXPECT_EQ(outcome(put_segment(*t.other, make_name(1), make_content(100, 2))), "success");
    EXPECT_EQ(read_whole(*t.head, make_name(1)), first);
    EXPECT_EQ(t.head->list_segments(SegmentId{}, 9)->size(), 1U);
}

// HEAD-3
void committing_another_size_replaces_what_cannot_be_right(Fixture& t) {
    ASSERT_EQ(outcome(put_segment(*t.head, make_name(1), make_content(50, 1))), "success");
    const auto whole = make_content(100, 2);
    ASSERT_EQ(outcome(put_segment(*t.head, make_name(1), whole)), "success");
    EXPECT_EQ(read_whole(*t.head, make_name(1)), whole);
}

void a_writer_serves_for_one_segment(Fixture& t) {
    const auto writer = t.head->begin_segment(1);
    ASSERT_EQ(outcome(writer), "success");
    ASSERT_EQ(outcome((*writer)->append(make_content(1))), "success");
    ASSERT_EQ(outcome((*writer)->commit(make_name(1))), "success");
    EXPECT_EQ(outcome((*writer)->append(make_content(1))), "invalid_argument");
    EXPECT_EQ(outcome((*writer)->commit(make_name(2))), "invalid_argument");
    EXPECT_EQ(t.head->list_segments(SegmentId{}, 9), std::vector{make_name(1)});
}

// HEAD-16
void a_segment_over_the_limit_is_refused_before_it_is_sent(Fixture& t) {
    EXPECT_EQ(outcome(t.head->begin_segment(max_segment_size + 1)), "limit_exceeded");
}

// HEAD-8
void segments_are_listed_in_ascending_pages(Fixture& t) {
    std::vector<SegmentId> names;
    for (const auto first : std::initializer_list<std::uint8_t>{0x00, 0x01, 0x7F, 0x80, 0xFF})
        for (std::uint8_t number = 3; number <= 5; ++number)
            names.push_back(make_name(first, number));
    for (const auto& name : std::ranges::reverse_view(names))
        ASSERT_EQ(outcome(put_segment(*t.head, name, make_content(5))), "success");
    EXPECT_EQ(t.other->list_segments(SegmentId{}, 1000), names);
    for (const std::size_t page : {1U, 2U, 3U, 4U, 14U, 15U}) {
        std::vector<SegmentId> seen;
        for (SegmentId after;;) {
            const auto part = t.head->list_segments(after, page);
            ASSERT_EQ(outcome(part), "success");
            if (part->empty()) break;
            ASSERT_LE(part->size(), page);
            seen.insert(seen.end(), part->begin(), part->end());
            after = seen.back();
        }
        EXPECT_EQ(seen, names) << "pages of " << page;
    }
    EXPECT_EQ(t.head->list_segments(make_name(0x50), 2),
              (std::vector{make_name(0x7F, 3), make_name(0x7F, 4)}))
        << "`after` need not be there";
    EXPECT_EQ(t.head->list_segments(SegmentId{}, 0), std::vector<SegmentId>{});
}

// HEAD-9
void removing_a_segment_twice_is_success(Fixture& t) {
    ASSERT_EQ(outcome(put_segment(*t.head, make_name(1), make_content(5))), "success");
    ASSERT_EQ(outcome(put_segment(*t.head, make_name(1, 1), make_content(5))), "success");
    EXPECT_EQ(outcome(t.head->remove_segment(make_name(1))), "success");
    EXPECT_EQ(outcome(t.head->remove_segment(make_name(1))), "success");
    EXPECT_EQ(outcome(t.head->remove_segment(make_name(99))), "success");
    EXPECT_EQ(outcome(t.other->segment_size(make_name(1))), "not_found");
    EXPECT_EQ(t.head->list_segments(SegmentId{}, 9), std::vector{make_name(1, 1)});
    ASSERT_EQ(outcome(put_segment(*t.head, make_name(1), make_content(6))), "success");
    EXPECT_EQ(t.head->segment_size(make_name(1)), 6U);
}

constexpr Case cases[] = {
    {"a_segment_is_read_back_whole_and_in_ranges", a_segment_is_read_back_whole_and_in_ranges},
    {"a_segment_may_be_empty", a_segment_may_be_empty},
    {"reading_past_the_end_is_corrupt", reading_past_the_end_is_corrupt},
    {"a_segment_that_is_not_there_is_not_found", a_segment_that_is_not_there_is_not_found},
    {"a_segment_is_not_seen_before_its_commit", a_segment_is_not_seen_before_its_commit},
    {"committing_again_keeps_the_segment_that_is_there",
     committing_again_keeps_the_segment_that_is_there},
    {"committing_another_size_replaces_what_cannot_be_right",
     committing_another_size_replaces_what_cannot_be_right},
    {"a_writer_serves_for_one_segment", a_writer_serves_for_one_segment},
    {"a_segment_over_the_limit_is_refused_before_it_is_sent",
     a_segment_over_the_limit_is_refused_before_it_is_sent},
    {"segments_are_listed_in_ascending_pages", segments_are_listed_in_ascending_pages},
    {"removing_a_segment_twice_is_success", removing_a_segment_twice_is_success},
};

} // namespace

std::span<const Case> segment_cases() {
    return cases;
}

} // namespace torgo::head
