#include "cli/format.hpp"
#include "cli/progress.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <semaphore>

namespace torgo::cli {

namespace {

ProgressView halfway() {
    ProgressView view;
    view.counts = {.items_done = 1234,
                   .items_total = 5678,
                   .bytes_done = 512ULL << 20U,
                   .bytes_total = 1024ULL << 20U,
                   .problems = 0,
                   .note = ""};
    view.elapsed_ns = 10'000'000'000;
    view.bytes_per_second = 64.0 * (1 << 20);
    return view;
}

} // namespace

TEST(ProgressLines, show_everything_where_there_is_room) {
    EXPECT_EQ(
        progress_lines(halfway(), 120).front(),
        "[===================>                  ]  50 %  1,234 / 5,678 files  512 MiB / 1.00 GiB"
        "  64.0 MiB/s  0:08 left");
}

TEST(ProgressLines, drop_what_matters_least_first) {
    EXPECT_EQ(progress_lines(halfway(), 66).front(),
              "[===>  ]  50 %  1,234 / 5,678 files  512 MiB / 1.00 GiB  0:08 left");
    EXPECT_EQ(progress_lines(halfway(), 45).front(),
              "50 %  1,234 / 5,678 files  512 MiB / 1.00 GiB");
    EXPECT_EQ(progress_lines(halfway(), 24).front(), "50 %  512 MiB / 1.00 GiB");
    EXPECT_EQ(progress_lines(halfway(), 5).front(), "50 %");
    EXPECT_TRUE(progress_lines(halfway(), 0).empty());
}

TEST(ProgressLines, count_up_while_the_total_is_not_known) {
    auto view = halfway();
    view.counts.items_total = 0;
    view.counts.bytes_total = 0;
    EXPECT_EQ(progress_lines(view, 100).front(), "1,234 files  512 MiB  64.0 MiB/s  0:10");
}

TEST(ProgressLines, name_problems_on_a_second_line) {
    auto view = halfway();
    view.counts.problems = 2;
    view.counts.note = "5 new";
    EXPECT_EQ(progress_lines(view, 100).at(1), "5 new, 2 problems");
}

TEST(ProgressLines, say_a_hundred_percent_only_at_the_end) {
    auto view = halfway();
    view.counts.bytes_done = view.counts.bytes_total - 1;
    EXPECT_TRUE(progress_lines(view, 5).front().starts_with("99 %"));
    view.counts.bytes_done = view.counts.bytes_total;
    EXPECT_TRUE(progress_lines(view, 5).front().starts_with("100 %"));
}

RC_GTEST_PROP(ProgressLines, never_exceed_the_width,
              (std::uint64_t items, std::uint64_t bytes, std::uint64_t total,
               std::uint16_t speed)) {
    const auto width = *rc::gen::inRange<std::size_t>(1, 240);
    ProgressView view;
    view.counts = {.items_done = items,
                   .items_total = total / 2,
                   .bytes_done = bytes,
                   .bytes_total = total,
                   .problems = speed,
                   .note = "some words that may be longer than a narrow terminal is wide"};
    view.bytes_per_second = speed * 1e6;
    view.elapsed_ns = static_cast<std::int64_t>(items >> 1U);
    for (const auto& line : progress_lines(view, width))
        RC_ASSERT(display_width(line) <= width);
}

TEST(ProgressBar, is_as_wide_as_asked) {
    EXPECT_EQ(progress_bar(0, 12), "[>         ]");
    EXPECT_EQ(progress_bar(0.5, 12), "[=====>    ]");
    EXPECT_EQ(progress_bar(1, 12), "[==========]");
    EXPECT_EQ(progress_bar(7, 12), "[==========]");
    EXPECT_EQ(progress_bar(0.5, 3), "");
}

TEST(Rate, forgets_what_is_older_than_some_seconds) {
    Rate rate;
    EXPECT_EQ(rate.per_second(), 0);
    constexpr std::int64_t second = 1'000'000'000;
    for (std::int64_t i = 0; i <= 20; ++i)
        rate.add(i * second, static_cast<std::uint64_t>(i) * 100);
    EXPECT_DOUBLE_EQ(rate.per_second(), 100);
    for (std::int64_t i = 21; i <= 40; ++i)
        rate.add(i * second, 2000);
    EXPECT_EQ(rate.per_second(), 0);
}

TEST(ProgressView, gives_no_forecast_it_cannot_give) {
    auto view = halfway();
    EXPECT_EQ(view.left_ns(), 8'000'000'000);
    view.bytes_per_second = 0;
    EXPECT_LT(view.left_ns(), 0);
    view.bytes_per_second = 1;
    EXPECT_LT(view.left_ns(), 0); // 17 years
}

TEST(Ticker, ticks_until_it_ends) {
    std::counting_semaphore<1000> ticked(0);
    std::atomic<int> count{0};
    {
        const Ticker ticker(std::chrono::milliseconds(1), [&] {
            ++count;
            ticked.release();
        });
        ticked.acquire();
        ticked.acquire();
    }
    EXPECT_GE(count.load(), 2);
}

} // namespace torgo::cli
