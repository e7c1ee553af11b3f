// The two jobs that choose: heads for segments, and passes over ground stations.
#include "quantum/jobs.hpp"
#include "quantum/qaoa.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace torgo::quantum {

namespace {

constexpr double same_value = 1e-9;
constexpr std::size_t layers = 4;

struct Head {
    const char* name;
    const char* domain;
    double cost; ///< for keeping one segment: price, distance, load
};

constexpr std::array<Head, 10> heads = {{{"ares", "habitat 1", 2.0},
                                         {"bora", "habitat 1", 1.2},
                                         {"ceres", "habitat 2", 2.4},
                                         {"dione", "habitat 2", 1.9},
                                         {"eris", "rover", 3.5},
                                         {"fuji", "orbiter", 2.8},
                                         {"gaia", "orbiter", 2.2},
                                         {"hale", "relay", 3.1},
                                         {"io", "habitat 1", 1.5},
                                         {"juno", "habitat 2", 3.0}}};
constexpr std::size_t segments = 4;
constexpr double same_domain = 3; ///< what two segments in one failure domain cost
constexpr double wrong_number = 4;

struct Pass {
    const char* station;
    int begin; ///< minutes
    int end;
    double mebibytes;
};

constexpr std::array<Pass, 12> passes = {{{"Goldstone", 0, 40, 310},
                                          {"Goldstone", 55, 95, 270},
                                          {"Madrid", 30, 70, 420},
                                          {"Madrid", 90, 140, 380},
                                          {"Canberra", 60, 110, 350},
                                          {"Canberra", 130, 170, 330},
                                          {"Relay orbiter", 10, 25, 160},
                                          {"Relay orbiter", 75, 88, 150},
                                          {"Relay orbiter", 145, 160, 170},
                                          {"Weilheim", 20, 58, 250},
                                          {"Weilheim", 100, 128, 240},
                                          {"Weilheim", 165, 190, 210}}};
/// Two overlapping passes cost so much more than the lesser brings: there is one antenna on board.
constexpr double overlap = 60;

Choices placement_choices() {
    Choices out;
    for (const auto& head : heads)
        out.costs.push_back(head.cost);
    for (std::uint32_t a = 0; a < heads.size(); ++a)
        for (auto b = a + 1; b < heads.size(); ++b)
            if (std::string_view(heads[a].domain) == heads[b].domain)
                out.pairs.push_back({a, b, same_domain});
    out.want_exactly(segments, wrong_number);
    return out;
}

Choices contact_choices() {
    Choices out;
    for (const auto& pass : passes)
        out.costs.push_back(-pass.mebibytes);
    for (std::uint32_t a = 0; a < passes.size(); ++a)
        for (auto b = a + 1; b < passes.size(); ++b)
            if (passes[a].begin < passes[b].end && passes[b].begin < passes[a].end)
                out.pairs.push_back(
                    {a, b, overlap + std::min(passes[a].mebibytes, passes[b].mebibytes)});
    return out;
}

template <class Name>
std::string chosen(std::uint64_t answer, std::size_t count, const Name& name) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        if ((answer >> i & 1U) != 0) out += (out.empty() ? "" : ", ") + name(i);
    return out.empty() ? "none" : out;
}

/// What both jobs report alike.
template <class Name>
JobReport solved(const Choices& choices, const JobSettings& settings, const Name& name) {
    const auto result = qaoa(choices, layers, settings.shots, settings.seed, settings.stop);
    const auto exact = best_by_trying_all(choices);
    const auto count = choices.costs.size();
    JobReport out;
    out.answer = chosen(result.best_sampled, count, name);
    out.exact = chosen(exact, count, name);
    out.value = choices.cost(result.best_sampled);
    out.exact_value = choices.cost(exact);
    out.same = std::abs(out.value - out.exact_value) < same_value;
    const auto chance = 1 / static_cast<double>(std::uint64_t{1} << count);
    out.figures = {{"qubits", std::to_string(count)},
                   {"layers", std::to_string(layers)},
                   {"shots", std::to_string(settings.shots)},
                   {"circuits to find the angles", std::to_string(result.evaluations)},
                   {"exact answer in one shot", digits(100 * result.probability_of_best, 2) + " %"},
                   {"the same by guessing", digits(100 * chance, 3) + " %"},
                   {"mean cost of a shot", digits(result.mean_cost, 2)}};
    out.circuit = result.circuit;
    return out;
}

} // namespace

std::string digits(double number, int after) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", after, number);
    return text.data();
}

JobReport placement_job(const JobSettings& settings) {
    auto out = solved(placement_choices(), settings,
                      [](std::size_t i) { return std::string(heads[i].name); });
    out.title = "Shard placement: four of ten heads, by QAOA";
    for (const auto& head : heads)
        out.problem.push_back(std::string(head.name) + ": " + head.domain + ", cost " +
                              digits(head.cost, 1));
    out.problem.push_back("two in one failure domain cost " + digits(same_domain, 0) + " more");
    out.unit = "cost";
    out.note =
        "QAOA raises the chance of the exact answer above guessing, but as many guesses as "
        "shots would mostly find it, too, and trying all 1,024 placements takes microseconds. "
        "TORGO places segments by docs/spec/place.md, not by this.";
    return out;
}

JobReport contacts_job(const JobSettings& settings) {
    auto out = solved(contact_choices(), settings, [](std::size_t i) {
        return std::string(passes[i].station) + " " + std::to_string(passes[i].begin) + "-" +
               std::to_string(passes[i].end);
    });
    out.title = "Contact selection: passes over ground stations, by QAOA";
    for (const auto& pass : passes)
        out.problem.push_back(std::string(pass.station) + ": minutes " +
                              std::to_string(pass.begin) + " to " + std::to_string(pass.end) +
                              ", " + digits(pass.mebibytes, 0) + " MiB");
    out.problem.emplace_back("passes that overlap cannot both be used: one antenna on board");
    out.value = -out.value;
    out.exact_value = -out.exact_value;
    out.unit = "MiB";
    out.note = "With one antenna this is scheduling of intervals, which an ordinary program solves "
               "exactly in the time of a sort, for any number of passes. QAOA adds nothing to it "
               "but an example.";
    return out;
}

} // namespace torgo::quantum
