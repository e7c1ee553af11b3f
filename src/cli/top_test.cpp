#include "cli/format.hpp"
#include "cli/top_model.hpp"
#include "cli/top_view.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace torgo::cli::top {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

/// Text of a terminal without what it is told about colours.
std::string without_codes(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b') {
            while (i < text.size() && text[i] != 'm')
                ++i;
        } else if (text[i] != '\r') {
            out += text[i];
        }
    }
    return out;
}

Frame example() {
    Frame frame;
    frame.time = "14:05:59";
    frame.repository = "4adc14dc";
    for (unsigned i = 0; i < 4; ++i) {
        HeadView head;
        head.uri = "tls://192.168.1." + std::to_string(i + 5) + ":7443/" + std::string(64, 'a');
        head.state = HeadState::ok;
        head.p50_ns = 3'100'000;
        head.p99_ns = 120'000'000;
        head.up = 2.5 * 1024 * 1024;
        head.history = {0, 1, 2, 4, 8};
        head.free_bytes = 30ULL << 30U;
        head.total_bytes = 100ULL << 30U;
        frame.heads.push_back(head);
    }
    frame.heads[1].state = HeadState::away;
    frame.heads[1].reason = "nobody answers there";
    frame.heads[2].missing = 12;
    frame.heads[3].queue = 37;
    frame.redundancy = Redundancy{.k = 2, .n = 4, .snapshots = 7, .packs_with = {0, 0, 0, 30, 400}};
    WorkView work;
    work.work = {.process = 17,
                 .command = "backup",
                 .repository = "",
                 .items = "files",
                 .note = "",
                 .items_done = 120,
                 .items_total = 480,
                 .bytes_done = 1ULL << 30U,
                 .bytes_total = 4ULL << 30U,
                 .problems = 2,
                 .circuits = 14,
                 .circuits_building = 3,
                 .elapsed_ns = 0,
                 .heads = {}};
    work.bytes_per_second = 10.0 * 1024 * 1024;
    work.left_ns = 307 * second_ns;
    work.history = {1, 3, 2};
    frame.work.push_back(work);
    NodeView node;
    node.place = "127.0.0.1:9090";
    node.up = 1024 * 1024;
    node.requests = 12.3;
    node.p50_s = 0.0021;
    node.p99_s = 0.4;
    node.stored_bytes = 1ULL << 30U;
    node.quota_bytes = 4ULL << 30U;
    node.free_bytes = 9ULL << 30U;
    node.repositories = 1;
    node.segments = 512;
    node.audits_passed = 10;
    node.circuits = 21;
    frame.node = node;
    return frame;
}

TEST(CounterRate, is_growth_a_second) {
    CounterRate rate;
    rate.add(1 * second_ns, 1'000);
    EXPECT_EQ(rate.per_second(), 0) << "one reading tells nothing";
    rate.add(3 * second_ns, 5'000);
    EXPECT_DOUBLE_EQ(rate.per_second(), 2'000);
    rate.add(3 * second_ns, 9'000);
    EXPECT_DOUBLE_EQ(rate.per_second(), 2'000) << "no time has passed";
}

TEST(CounterRate, begins_anew_with_a_counter_that_was_reset) {
    CounterRate rate;
    rate.add(1 * second_ns, 1'000'000);
    rate.add(2 * second_ns, 300);
    EXPECT_DOUBLE_EQ(rate.per_second(), 300);
    EXPECT_EQ(rate.history().size(), 1U);
}

TEST(CounterRate, remembers_so_much_and_no_more) {
    CounterRate rate;
    for (int i = 0; i < 1'000; ++i)
        rate.add(i * second_ns, static_cast<std::uint64_t>(i));
    EXPECT_EQ(rate.history().size(), history_max);
}

TEST(Latencies, give_the_nearest_rank_of_the_last_hundred) {
    Latencies values;
    EXPECT_EQ(values.percentile_ns(0.5), 0);
    for (int i = 1; i <= 200; ++i)
        values.add(i);
    EXPECT_EQ(values.percentile_ns(0.5), 150);
    EXPECT_EQ(values.percentile_ns(0.99), 199);
    EXPECT_EQ(values.percentile_ns(1), 200);
}

TEST(Samples, are_read_from_the_text_of_metrics) {
    const auto samples = parse_samples("# HELP a_total x\n# TYPE a_total counter\n"
                                       "a_total{kind=\"put\",outcome=\"ok\"} 3\n"
                                       "a_total{kind=\"get\",outcome=\"ok\"} 4.5\n"
                                       "a_totals 100\nnonsense\nb 7\nc nan_\n");
    EXPECT_DOUBLE_EQ(sum_of(samples, "a_total"), 7.5);
    EXPECT_DOUBLE_EQ(sum_of(samples, "b"), 7);
    EXPECT_DOUBLE_EQ(sum_of(samples, "z"), 0);
}

TEST(Samples, that_are_no_numbers_are_none) {
    const auto samples =
        parse_samples("a NaN\na{x=\"1\"} nan\na{x=\"2\"} inf\na{x=\"3\"} -inf\na{x=\"4\"} 1e308\n"
                      "a{x=\"5\"} 3\n");
    EXPECT_DOUBLE_EQ(sum_of(samples, "a"), 3);
    EXPECT_EQ(count_of(samples, "a"), 3U);
    EXPECT_EQ(count_of(parse_samples("a -5\n"), "a"), 0U);
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "a{x=\"" + std::to_string(i) + "\"} 1e18\n";
    EXPECT_EQ(count_of(parse_samples(many), "a"), 4'000'000'000'000'000'000U);
    EXPECT_EQ(count_of(parse_samples("a{x=\"1\"} 2\na{x=\"2\"} 3\n"), "a", "x=\"2\""), 3U);
    const auto buckets = parse_samples("h_bucket{le=\"nan\"} 5\nh_bucket{le=\"inf\"} 6\n"
                                       "h_bucket{le=\"-1\"} 7\nh_bucket{le=\"1\"} inf\n"
                                       "h_bucket{le=\"2\"} 10\nh_bucket{le=\"+Inf\"} 10\n");
    EXPECT_NEAR(quantile_of(buckets, {}, "h", 0.5), 1, 1e-9);
}

TEST(Samples, give_quantiles_of_what_was_added) {
    const auto before = parse_samples("h_bucket{le=\"0.1\"} 100\nh_bucket{le=\"1\"} 100\n"
                                      "h_bucket{le=\"+Inf\"} 100\n");
    const auto after = parse_samples("h_bucket{le=\"0.1\"} 100\nh_bucket{le=\"1\"} 110\n"
                                     "h_bucket{le=\"+Inf\"} 110\n");
    EXPECT_NEAR(quantile_of(after, before, "h", 0.5), 0.55, 1e-9);
    EXPECT_NEAR(quantile_of(before, {}, "h", 0.5), 0.05, 1e-9);
    EXPECT_LT(quantile_of(before, before, "h", 0.5), 0) << "nothing was added";
    EXPECT_NEAR(quantile_of(before, after, "h", 0.5), 0.05, 1e-3) << "the node was started again";
}

TEST(TimeLeft, is_told_where_it_can_be) {
    Work work;
    work.bytes_total = 1'000;
    EXPECT_EQ(time_left_ns(work, 100), 10 * second_ns);
    EXPECT_LT(time_left_ns(work, 0), 0);
    work.bytes_done = 1'000;
    EXPECT_EQ(time_left_ns(work, 0), 0);
    EXPECT_LT(time_left_ns({}, 100), 0);
}

TEST(Sparkline, has_the_newest_at_the_right_and_shows_what_is_little) {
    EXPECT_EQ(sparkline({0, 1, 100}, 5), "   ▁█");
    EXPECT_EQ(sparkline({9, 9, 9, 0}, 2), "█ ");
    EXPECT_EQ(sparkline({}, 3), "   ");
    EXPECT_EQ(sparkline({0, 0}, 2), "  ");
}

TEST(Bar, is_filled_to_an_eighth) {
    EXPECT_EQ(bar(0, 4), "    ");
    EXPECT_EQ(bar(0.5, 4), "██  ");
    EXPECT_EQ(bar(1, 4), "████");
    EXPECT_EQ(bar(1.0 / 32, 4), "▏   ");
    EXPECT_EQ(bar(7, 2), "██");
}

class TopView : public ::testing::TestWithParam<std::pair<std::size_t, std::size_t>> {};

TEST_P(TopView, fits_and_shows_what_matters) {
    const auto [width, height] = GetParam();
    const auto text = render(example(), {}, width, height, false);
    const auto lines = lines_of(text);
    EXPECT_EQ(lines.size(), height);
    for (const auto& line : lines)
        EXPECT_LE(display_width(line), width) << line;
    for (const auto* const wanted :
         {"4adc14dc", "3/4 heads", "192.168.1.5", "away", "heal", "1 more may be lost", "backup",
          "25 %", "5:07 left", "req/s", "quit"})
        EXPECT_TRUE(text.contains(wanted)) << wanted << "\n" << text;
}

TEST_P(TopView, says_the_same_in_colours) {
    const auto [width, height] = GetParam();
    const auto coloured = render(example(), {}, width, height, true);
    EXPECT_TRUE(coloured.contains("\x1b["));
    auto stripped = lines_of(without_codes(coloured));
    for (auto& line : stripped)
        while (line.ends_with(' '))
            line.pop_back();
    EXPECT_EQ(stripped, lines_of(render(example(), {}, width, height, false)));
}

INSTANTIATE_TEST_SUITE_P(Sizes, TopView,
                         ::testing::Values(std::pair(60UL, 15UL), std::pair(100UL, 30UL),
                                           std::pair(200UL, 50UL)));

TEST(TopView, a_wide_one_has_more_to_say) {
    const auto narrow = render(example(), {}, 60, 15, false);
    const auto middle = render(example(), {}, 100, 30, false);
    const auto wide = render(example(), {}, 200, 50, false);
    EXPECT_FALSE(narrow.contains("p99  ")) << narrow;
    EXPECT_TRUE(middle.contains("120 of 480 files")) << middle;
    EXPECT_TRUE(wide.contains("30.0 GiB")) << wide;
    EXPECT_FALSE(middle.contains("30.0 GiB")) << middle;
}

TEST(TopView, shows_what_waits_and_the_circuits) {
    const auto text = render(example(), {}, 160, 40, false);
    EXPECT_TRUE(text.contains("queue")) << text;
    EXPECT_TRUE(text.contains("     37 ")) << text;
    EXPECT_TRUE(text.contains("14 circuits, 3 being built")) << text;
    EXPECT_TRUE(text.contains("  21 circuits")) << text;
    EXPECT_FALSE(text.contains("spool")) << text;
    auto frame = example();
    frame.heads[0].waiting_bytes = 3ULL << 20U;
    frame.heads[1].waiting_bytes = 1ULL << 20U;
    const auto waiting = render(frame, {}, 160, 40, false);
    EXPECT_TRUE(waiting.contains("spool: 4.00 MiB wait for 2 heads")) << waiting;
    EXPECT_TRUE(waiting.contains("3.00 MiB wait for it in the spool: torgo sync")) << waiting;
}

TEST(TopView, the_chosen_head_says_why_it_is_away) {
    const auto text = render(example(), {.head = 1}, 100, 30, false);
    EXPECT_TRUE(text.contains("away: nobody answers there")) << text;
    EXPECT_TRUE(render(example(), {.paused = true}, 100, 30, false).contains("paused"));
    EXPECT_TRUE(render(example(), {.help = true}, 60, 15, false).contains("pause, and go on"));
}

TEST(TopView, is_no_larger_than_the_smallest_terminal) {
    for (std::size_t width = 1; width < 70; width += 7)
        for (std::size_t height = 1; height < 20; ++height) {
            const auto lines = lines_of(render(example(), {}, width, height, false));
            EXPECT_EQ(lines.size(), std::max<std::size_t>(height, 3));
            for (const auto& line : lines)
                EXPECT_LE(display_width(line), std::max<std::size_t>(width, 20));
        }
}

TEST(TopView, says_what_is_not_there) {
    const auto text = render_all({}, 80);
    EXPECT_TRUE(text.contains("no repository")) << text;
    EXPECT_TRUE(text.contains("nothing runs on this machine")) << text;
    EXPECT_TRUE(text.contains("no node runs here")) << text;
    EXPECT_FALSE(text.contains("quit")) << text;
}

TEST(TopView, what_others_say_moves_no_cursor) {
    auto frame = example();
    frame.heads[1].reason = "\x1b[2J\nboo";
    frame.heads[0].uri = "dir:///mnt/\x1b[31m";
    const auto text = render(frame, {.head = 1}, 100, 30, false);
    EXPECT_FALSE(text.contains('\x1b')) << text;
}

TEST(Places, are_short) {
    EXPECT_EQ(place_text("dir:///mnt/disk1"), "/mnt/disk1");
    EXPECT_EQ(place_text("tor://abc.onion/" + std::string(64, 'a')), "tor abc.onion");
    EXPECT_EQ(place_text("tls://h:7443/" + std::string(64, 'a')), "tls h:7443");
    EXPECT_EQ(place_text("none:"), "none:");
}

TEST(LatencyText, has_three_digits_at_most) {
    EXPECT_EQ(latency_text(0), "-");
    EXPECT_EQ(latency_text(250'000), "250 µs");
    EXPECT_EQ(latency_text(3'140'000), "3.1 ms");
    EXPECT_EQ(latency_text(123'400'000), "123 ms");
    EXPECT_EQ(latency_text(2'400'000'000), "2.4 s");
}

} // namespace
} // namespace torgo::cli::top
