// Thousands of histories of a whole cluster, each from one seed (docs/design/simulation.md).
//
// TORGO_SIM_SEEDS=N runs N seeds instead of those of every day; TORGO_SIM_SEED=S replays one and
// prints its trace.
#include "sim/cluster/scenario.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace torgo::sim {

namespace {

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string text_of(const Outcome& outcome) {
    std::string out = "TORGO_SIM_SEED=" + std::to_string(outcome.seed) + ":";
    for (const auto& violation : outcome.violations)
        out += "\n  " + violation;
    return out;
}

/// Of each of the parts that run side by side.
#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t seeds_a_day = 100; // each takes several times as long
#else
constexpr std::uint64_t seeds_a_day = 1000;
#endif
constexpr std::uint64_t parts = 2;

void add(Outcome& all, const Outcome& one) {
    all.acknowledged += one.acknowledged;
    all.owed += one.owed;
    all.steps_done += one.steps_done;
    all.steps_failed += one.steps_failed;
    all.virtual_ns += one.virtual_ns;
}

void run_seeds(std::uint64_t first, std::uint64_t count, bool readable) {
    constexpr std::size_t told_max = 10;
    std::size_t failed = 0;
    Outcome all;
    for (auto seed = first; seed < first + count; ++seed) {
        const auto outcome = run_scenario(seed, {.readable = readable});
        for (const auto& line : outcome.trace)
            std::cout << line << '\n';
        if (!outcome.violations.empty() && ++failed <= told_max) ADD_FAILURE() << text_of(outcome);
        add(all, outcome);
    }
    std::cout << count << " seeds from " << first << ", " << failed << " failed; " << all.steps_done
              << " steps of clients succeeded and " << all.steps_failed << " did not; "
              << all.acknowledged << " snapshots, " << all.owed << " owed; "
              << all.virtual_ns / 3'600'000'000'000 << " virtual hours\n";
}

class ClusterSeeds : public testing::TestWithParam<std::uint64_t> {};

TEST_P(ClusterSeeds, every_promise_is_kept) {
    const auto one = number_in("TORGO_SIM_SEED", 0);
    if (one != 0) {
        if (GetParam() == 0) run_seeds(one, 1, true);
        return;
    }
    const auto count = number_in("TORGO_SIM_SEEDS", parts * seeds_a_day) / parts;
    run_seeds(1 + GetParam() * count, count, false);
}

INSTANTIATE_TEST_SUITE_P(Parts, ClusterSeeds, testing::Range(std::uint64_t{0}, parts));

/// Lines of one source come in one order but for reads that follow each other, those of several
/// sources in any.
std::vector<std::string> in_one_order(std::vector<std::string> lines) {
    const auto source = [](const std::string& line) {
        return line.substr(0, line.find(':'));
    };
    std::ranges::stable_sort(lines, {}, source);
    const auto is_read = [](const std::string& line) {
        return line.contains(": GET ") || line.contains(": HEAD ");
    };
    for (auto at = lines.begin(); at != lines.end();) {
        const auto end = std::find_if(at, lines.end(), [&](const std::string& line) {
            return !is_read(line) || source(line) != source(*at);
        });
        std::sort(at, end);
        at = end == at ? at + 1 : end;
    }
    return lines;
}

std::string first_difference(const std::vector<std::string>& one,
                             const std::vector<std::string>& other) {
    const auto lines = in_one_order(one);
    const auto others = in_one_order(other);
    const auto [left, right] = std::ranges::mismatch(lines, others);
    return "\n  " + (left == lines.end() ? "(end)" : *left) + "\n  " +
           (right == others.end() ? "(end)" : *right);
}

TEST(Cluster, the_same_seed_gives_the_same_trace) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const auto first = run_scenario(seed, {.readable = true});
        const auto second = run_scenario(seed, {.readable = true});
        EXPECT_EQ(first.trace_hash, second.trace_hash)
            << "seed " << seed << first_difference(first.trace, second.trace);
        EXPECT_EQ(first.violations, second.violations) << "seed " << seed;
        EXPECT_NE(first.trace_hash, run_scenario(seed + 1).trace_hash);
    }
}

struct Seen {
    const char* name;
    Defect defect;
    const char* violation; ///< a part of what a checker says

    friend void PrintTo(const Seen& seen, std::ostream* out) { *out << seen.name; }
};

class ClusterDefects : public testing::TestWithParam<Seen> {};

/// A checker that never fails proves nothing: each is shown a program that breaks what it checks.
TEST_P(ClusterDefects, are_seen_within_a_few_seeds) {
    constexpr std::uint64_t seeds_max = 150;
    for (std::uint64_t seed = 1; seed <= seeds_max; ++seed)
        for (const auto& violation : run_scenario(seed, {.defect = GetParam().defect}).violations)
            if (violation.contains(GetParam().violation)) return;
    FAIL() << "no seed shows it";
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, ClusterDefects,
    testing::Values(Seen{"answers_before_sync", Defect::answers_before_sync,
                         "promised and has not"},
                    Seen{"writers_delete", Defect::writers_delete, "without that right deleted"},
                    Seen{"forgets_locks", Defect::forgets_locks, "in spite of a lock"},
                    Seen{"keeps_temporaries", Defect::keeps_temporaries, "keeps a temporary"},
                    Seen{"hides_receipts", Defect::hides_receipts, "receipts accuse"},
                    Seen{"loses_roots", Defect::loses_roots, "promised and has not"},
                    Seen{"restores_wrongly", Defect::restores_wrongly, "wrong bytes"},
                    Seen{"loses_snapshots", Defect::loses_snapshots, "saved snapshot is not there"},
                    Seen{"never_heals", Defect::never_heals, "not healed"}),
    [](const auto& shown) { return std::string(shown.param.name); });

} // namespace

} // namespace torgo::sim
