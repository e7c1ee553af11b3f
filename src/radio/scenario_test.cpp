#include "radio/report.hpp"
#include "radio/scenario.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace torgo::radio {

namespace {

/// Values with places that a test can recognize: each item stands on a line of its own.
class Page {
public:
    Value table(Table items) { return {std::move(items), ++m_line, 1}; }

    Item item(std::string key, decltype(Value::is) is) {
        return {std::move(key), {std::move(is), ++m_line, 5}};
    }

    Value plain(decltype(Value::is) is) { return {std::move(is), ++m_line, 3}; }

private:
    std::size_t m_line = 0;
};

using Int = std::int64_t;

/// A row of five relays 10 m apart with an edge node at its end, and whatever else a test adds.
Value row(Page& page, Table more = {}) {
    const auto role = [&](const char* name, bool edge) {
        return page.table({page.item("name", std::string(name)), page.item("relay", true),
                           page.item("edge", edge)});
    };
    const auto nodes = page.table({page.item("role", std::string("sensor")),
                                   page.item("place", std::string("grid")),
                                   page.item("columns", Int{5}), page.item("step_m", 10.0)});
    const auto edge =
        page.table({page.item("role", std::string("edge")), page.item("place", std::string("list")),
                    page.item("at", List{page.plain(List{page.plain(50.0), page.plain(Int{0})})})});
    const auto traffic =
        page.table({page.item("role", std::string("sensor")), page.item("period_s", 0.5)});
    Table items = {page.item("name", std::string("row & <co>")), page.item("duration_s", Int{20}),
                   page.item("role", List{role("sensor", false), role("edge", true)}),
                   page.item("nodes", List{nodes, edge}), page.item("traffic", List{traffic})};
    std::ranges::move(more, std::back_inserter(items));
    return page.table(std::move(items));
}

std::string refusal(const Value& document) {
    const auto scenario = read_scenario(document);
    return scenario ? "accepted" : scenario.error().detail();
}

std::size_t count(const std::string& text, const std::string& word) {
    std::size_t found = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        ++found;
    return found;
}

} // namespace

TEST(Scenario, places_nodes_and_names_roles) {
    Page page;
    const auto scenario = read_scenario(row(page));
    ASSERT_TRUE(scenario.has_value()) << scenario.error().detail();
    EXPECT_EQ(scenario->nodes.size(), 6U);
    EXPECT_EQ(scenario->plan.places[4].at, (Point{40, 0}));
    EXPECT_EQ(scenario->plan.places[5].at, (Point{50, 0}));
    EXPECT_TRUE(scenario->roles[scenario->nodes[5].role].edge);
    EXPECT_EQ(scenario->run.flows[0].sources.size(), 5U);
}

// [RADIO-1]
TEST(Scenario, refuses_what_it_does_not_know_with_its_place) {
    Page page;
    auto more = page.item("colour", Int{1});
    const auto line = std::to_string(more.value.line);
    EXPECT_EQ(refusal(row(page, {more})), line + ":5: \"colour\" is no key of the scenario");
}

// [RADIO-2]
TEST(Scenario, refuses_wrong_kinds_and_values_out_of_range) {
    const std::pair<Item, const char*> wrong[] = {
        {{"seed", {std::string("x"), 9, 9}}, "9:9: \"seed\" must be a whole number"},
        {{"seed", {Int{-1}, 9, 9}}, "9:9: \"seed\" must be a whole number"},
        {{"link_error_max", {2.0, 9, 9}}, "9:9: \"link_error_max\" must be a number"},
        {{"radio", {Int{3}, 9, 9}}, "9:9: [radio] must be a table"},
        {{"wall", {List{{Table{}, 7, 7}}, 9, 9}}, "7:7: a wall needs"},
        {{"event", {List{{Table{{"kind", {std::string("rain"), 8, 8}}}, 7, 7}}, 9, 9}},
         "8:8: \"kind\" must be one of: fail, flare"},
        {{"event",
          {List{{Table{{"kind", {std::string("partition"), 8, 8}},
                       {"groups", {List{{std::string("moon"), 6, 6}}, 5, 5}}},
                 7, 7}},
           9, 9}},
         "5:5: there is no group \"moon\""},
        {{"room",
          {List{
               {Table{{"area", {List{{0.0, 6, 6}, {0.0, 6, 7}, {1.1e6, 6, 8}, {1.0, 6, 9}}, 5, 5}}},
                7, 7}},
           9, 9}},
         "5:5: a place lies within 1,000 km"},
    };
    for (const auto& [item, words] : wrong) {
        Page page;
        EXPECT_TRUE(refusal(row(page, {item})).starts_with(words)) << refusal(row(page, {item}));
    }
}

// [RADIO-2]
TEST(Scenario, refuses_places_out_of_the_world_and_a_field_without_nodes) {
    const auto with = [](const std::string& key, decltype(Value::is) is) {
        Page page;
        auto document = row(page);
        for (auto& item : std::get<Table>(document.is)) {
            if (item.key != "nodes") continue;
            auto& list = std::get<List>(item.value.is);
            if (key.empty()) list.clear();
            for (auto& one : list)
                for (auto& member : std::get<Table>(one.is))
                    if (member.key == key) member.value.is = is;
        }
        return refusal(document);
    };
    EXPECT_TRUE(with("", false).contains("at least one node"));
    EXPECT_TRUE(with("step_m", 3e5).contains("within 1,000 km")) << "the fifth of a row";
    const auto far = [](double x) {
        return List{{List{{x, 1, 1}, {0.0, 1, 1}}, 1, 1}};
    };
    EXPECT_EQ(with("at", far(1e6)), "accepted");
    EXPECT_TRUE(with("at", far(-1.1e6)).contains("within 1,000 km"));
    EXPECT_TRUE(with("at", far(std::nan(""))).contains("list of [x, y]"));
}

// [RADIO-3]
TEST(Scenario, refuses_a_million_and_one_nodes_before_it_makes_them) {
    for (const Int count : {Int{999'994}, Int{1'000'001}, Int{9'000'000'000}}) {
        Page page;
        const auto nodes = page.table(
            {page.item("role", std::string("edge")), page.item("place", std::string("random")),
             page.item("area",
                       List{page.plain(0.0), page.plain(0.0), page.plain(9.0), page.plain(9.0)}),
             page.item("count", count)});
        const auto refused = [&](Table more) {
            auto document = row(page, std::move(more));
            for (auto& item : std::get<Table>(document.is))
                if (item.key == "nodes") std::get<List>(item.value.is).push_back(nodes);
            return refusal(document);
        };
        const auto flooding = refused({page.item("device", std::string("flooding"))});
        EXPECT_EQ(flooding == "accepted", count == 999'994) << count;
        // [RADIO-8]
        if (count == 999'994) {
            EXPECT_TRUE(refused({}).contains("more nodes than addresses"));
        }
    }
}

// [RADIO-7] [RADIO-9]
TEST(Scenario, of_the_stack_has_its_intervals_and_names_far_sources) {
    Page page;
    const auto odd = [&](const char* device) {
        const auto role = page.table(
            {page.item("name", std::string("odd")), page.item("network_interval_ms", Int{25})});
        auto document = row(page, {page.item("device", std::string(device))});
        for (auto& item : std::get<Table>(document.is))
            if (item.key == "role") std::get<List>(item.value.is).push_back(role);
        return refusal(document);
    };
    EXPECT_EQ(odd("flooding"), "accepted");
    EXPECT_TRUE(odd("stack").ends_with("the stack has steps of 10 ms")) << odd("stack");
    const auto far = [&](Int size) {
        auto document = row(page);
        for (auto& item : std::get<Table>(document.is)) {
            auto* list = std::get_if<List>(&item.value.is);
            if (item.key == "nodes")
                std::get<Table>(list->back().is).push_back(page.item("network", Int{1}));
            if (item.key == "traffic")
                for (auto& more : {page.item("to", std::string("node")),
                                   page.item("target", Int{5}), page.item("size", size)})
                    std::get<Table>(list->back().is).push_back(more);
        }
        return refusal(document);
    };
    EXPECT_EQ(far(7), "accepted");
    EXPECT_TRUE(far(6).contains("7 bytes or more")) << far(6);
}

TEST(Report, tells_of_every_node_and_every_message) {
    Page page;
    auto scenario = read_scenario(row(page));
    ASSERT_TRUE(scenario.has_value());
    const auto report = run_scenario(*std::move(scenario), 1);
    ASSERT_TRUE(report.has_value()) << report.error().detail();
    EXPECT_EQ(report->before.components, 1U);
    EXPECT_EQ(report->before.reach_edge, 6U);
    EXPECT_GT(report->delivered(), 0.9);
    EXPECT_EQ(count(nodes_csv(*report), "\n"), 7U);
    EXPECT_TRUE(summary(*report).contains("latency                   median"));
    auto silent = *report;
    silent.latency = {};
    EXPECT_TRUE(summary(silent).contains("none: nothing arrived"));
    EXPECT_TRUE(summary_json(silent).contains("\"p99_ms\": null"));
    EXPECT_NE(summary(*report).find("delivered"), std::string::npos);
    EXPECT_EQ(count(summary_json(*report), "{"), count(summary_json(*report), "}"));
    const auto svg = picture_svg(*report);
    EXPECT_NE(svg.find("row &amp; &lt;co&gt;"), std::string::npos);
    EXPECT_EQ(count(svg, "<g"), count(svg, "</g>"));
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

// [RADIO-5]
TEST(Report, a_row_cut_in_two_has_two_pieces) {
    Page page;
    auto scenario = read_scenario(row(page));
    ASSERT_TRUE(scenario.has_value());
    // A wall that nothing passes, in the middle.
    scenario->plan.walls.push_back({{25, -50}, {25, 50}, 100, 0});
    const auto report = run_scenario(*std::move(scenario), 1);
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(report->before.components, 2U);
    EXPECT_EQ(report->before.reach_edge, 3U);
    EXPECT_LT(report->delivered(), 0.6);
}

TEST(Histogram, quantiles_are_right_to_a_sixteenth_and_sums_lose_nothing) {
    Histogram low;
    Histogram high;
    Histogram both;
    for (std::uint64_t us = 1; us <= 100'000; ++us) {
        (us % 2 == 0 ? low : high).add(us);
        both.add(us);
    }
    low += high;
    EXPECT_EQ(low, both);
    for (const double q : {0.1, 0.5, 0.99})
        EXPECT_NEAR(both.quantile_us(q), q * 100'000, q * 100'000 / 16);
    for (std::size_t i = 1; i < Histogram::buckets; ++i)
        ASSERT_GT(Histogram::lower_us(i), Histogram::lower_us(i - 1));
}

} // namespace torgo::radio
