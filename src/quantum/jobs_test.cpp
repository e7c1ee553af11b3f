#include "quantum/hydrogen.hpp"
#include "quantum/jobs.hpp"
#include "quantum/minimise.hpp"
#include "quantum/qaoa.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace torgo::quantum {
namespace {

TEST(Minimise, finds_the_floor_of_a_narrow_valley) { // Rosenbrock's, whose minimum is (1, 1)
    const auto f = [](const std::vector<double>& x) {
        return std::pow(1 - x[0], 2) + 100 * std::pow(x[1] - x[0] * x[0], 2);
    };
    const auto found = minimise(f, {-1.2, 1}, 0.5, 1000);
    EXPECT_NEAR(found.at[0], 1, 1e-4);
    EXPECT_NEAR(found.at[1], 1, 1e-4);
    EXPECT_LE(found.evaluations, 1002);
}

TEST(Qaoa, finds_the_largest_cut_of_a_ring_far_above_chance) {
    Choices ring;
    ring.costs.assign(6, 0.0);
    for (std::uint32_t i = 0; i < 6; ++i) { // an edge is cut when one end is chosen: −a −b +2ab
        ring.costs[i] -= 2;
        ring.pairs.push_back({i, (i + 1) % 6, 2});
    }
    const auto result = qaoa(ring, 3, 200, 1);
    EXPECT_EQ(ring.cost(result.best_sampled), -6);
    // Three layers cut a ring of six wholly (Farhi et al. 2014).
    EXPECT_NEAR(result.mean_cost, -6, 0.05);
    EXPECT_NEAR(result.probability_of_best, 0.5, 0.01);
}

// Szabo and Ostlund 3.5.2: R = 1.4 bohr.
TEST(Hydrogen, integrals_and_energies_are_the_published_ones) {
    const auto h2 = hydrogen(1.4 * 0.529177210903);
    EXPECT_NEAR(h2.one[0], -1.2528, 1e-4);
    EXPECT_NEAR(h2.one[1], -0.4756, 1e-4);
    EXPECT_NEAR(h2.two[0][0][0][0], 0.6746, 1e-4);
    EXPECT_NEAR(h2.two[0][0][1][1], 0.6636, 1e-4);
    EXPECT_NEAR(h2.two[0][1][0][1], 0.1813, 1e-4);
    EXPECT_NEAR(exact_energy(hydrogen(0.735)), -1.137306, 2e-6); // as other programs have it
}

/// The lowest of all states, by multiplying again and again.
TEST(Hydrogen, the_operator_has_the_exact_energy_as_its_lowest) {
    for (const double bond : {0.4, 0.735, 1.2, 1.8}) {
        const auto molecule = hydrogen(bond);
        auto shifted = hydrogen_sum(molecule);
        for (auto& term : shifted)
            term.coefficient = -term.coefficient;
        shifted.push_back({10, {}});
        std::vector<Complex> state(16);
        for (std::size_t i = 0; i < 16; ++i)
            state[i] = 1.0 + 0.1 * static_cast<double>(i);
        double eigenvalue = 0;
        for (int round = 0; round < 4000; ++round) {
            state = applied(shifted, state);
            double norm = 0;
            for (const auto& amplitude : state)
                norm += std::norm(amplitude);
            eigenvalue = std::sqrt(norm);
            for (auto& amplitude : state)
                amplitude /= eigenvalue;
        }
        EXPECT_NEAR(10 - eigenvalue, exact_energy(molecule), 1e-7) << bond;
    }
}

TEST(Jobs, each_finds_what_an_ordinary_program_finds) {
    for (const auto& report :
         {placement_job({}), contacts_job({}), h2_job({}), h2_job({}, 2.0), burn_job({})}) {
        EXPECT_TRUE(report.same) << report.title << ": " << report.answer << " / " << report.exact;
        EXPECT_NEAR(report.value, report.exact_value, 1e-6);
        EXPECT_FALSE(report.note.empty());
        EXPECT_FALSE(report.circuit.operations.empty());
    }
}

TEST(Jobs, the_same_seed_finds_the_same) {
    EXPECT_EQ(burn_job({.seed = 4}).figures, burn_job({.seed = 4}).figures);
}

} // namespace
} // namespace torgo::quantum
