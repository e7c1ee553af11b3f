#include "quantum/hydrogen.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace torgo::quantum {

namespace {

constexpr double pi = std::numbers::pi;
constexpr double bohr_per_angstrom = 1 / 0.529177210903;

struct Gaussian {
    double exponent;
    double weight;
};

constexpr std::array<Gaussian, 3> sto3g = {
    {{3.425250914, 0.1543289673}, {0.6239137298, 0.5353281423}, {0.1688554040, 0.4446345422}}};

/// Of a sphere's Gaussian that is one when squared and summed over space.
double norm(double exponent) {
    return std::pow(2 * exponent / pi, 0.75);
}

/// ∫₀¹ exp(−t·u²) du.
double boys(double t) {
    if (t < 1e-8) return 1 - t / 3;
    return std::sqrt(pi / t) * std::erf(std::sqrt(t)) / 2;
}

/// The product of two Gaussians at places a and b on the axis: another one.
struct Product {
    Product(const Gaussian& f, double a, const Gaussian& g, double b)
        : p(f.exponent + g.exponent),
          at((f.exponent * a + g.exponent * b) / p),
          reduced(f.exponent * g.exponent / p),
          apart((a - b) * (a - b)),
          weight(f.weight * g.weight * norm(f.exponent) * norm(g.exponent) *
                 std::exp(-reduced * apart)) {}

    double p;
    double at;
    double reduced;
    double apart;
    double weight;
};

/// Sums f over all products of the parts of two atoms' orbitals.
template <class F>
double summed(double a, double b, const F& f) {
    double out = 0;
    for (const auto& first : sto3g)
        for (const auto& second : sto3g)
            out += f(Product(first, a, second, b));
    return out;
}

double overlap(double a, double b) {
    return summed(a, b, [](const Product& x) { return x.weight * std::pow(pi / x.p, 1.5); });
}

double one_electron(double a, double b, const std::array<double, 2>& nuclei) {
    return summed(a, b, [&](const Product& x) {
        auto out = x.weight * x.reduced * (3 - 2 * x.reduced * x.apart) * std::pow(pi / x.p, 1.5);
        for (const auto nucleus : nuclei)
            out -= x.weight * 2 * pi / x.p * boys(x.p * (x.at - nucleus) * (x.at - nucleus));
        return out;
    });
}

double two_electron(double a, double b, double c, double d) {
    return summed(a, b, [&](const Product& x) {
        return summed(c, d, [&](const Product& y) {
            const auto distance = (x.at - y.at) * (x.at - y.at);
            return x.weight * y.weight * 2 * std::pow(pi, 2.5) /
                   (x.p * y.p * std::sqrt(x.p + y.p)) * boys(x.p * y.p / (x.p + y.p) * distance);
        });
    });
}

} // namespace

Hydrogen hydrogen(double bond) {
    const std::array<double, 2> at = {0, bond * bohr_per_angstrom};
    Hydrogen out;
    out.repulsion = 1 / at[1];
    const auto shared = overlap(at[0], at[1]);
    const double parts[2][2] = {{1 / std::sqrt(2 + 2 * shared), 1 / std::sqrt(2 + 2 * shared)},
                                {1 / std::sqrt(2 - 2 * shared), -1 / std::sqrt(2 - 2 * shared)}};
    for (std::size_t ab = 0; ab < 4; ++ab) {
        const auto a = ab & 1U;
        const auto b = ab >> 1U;
        const auto value = one_electron(at[a], at[b], at);
        for (std::size_t p = 0; p < 2; ++p)
            out.one[p] += parts[p][a] * parts[p][b] * value;
    }
    for (std::size_t abcd = 0; abcd < 16; ++abcd) {
        const std::size_t k[4] = {abcd & 1U, abcd >> 1U & 1U, abcd >> 2U & 1U, abcd >> 3U & 1U};
        const auto value = two_electron(at[k[0]], at[k[1]], at[k[2]], at[k[3]]);
        for (std::size_t pqrs = 0; pqrs < 16; ++pqrs) {
            const std::size_t m[4] = {pqrs & 1U, pqrs >> 1U & 1U, pqrs >> 2U & 1U, pqrs >> 3U & 1U};
            out.two[m[0]][m[1]][m[2]][m[3]] += parts[m[0]][k[0]] * parts[m[1]][k[1]] *
                                               parts[m[2]][k[2]] * parts[m[3]][k[3]] * value;
        }
    }
    return out;
}

} // namespace torgo::quantum
