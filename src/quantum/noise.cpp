#include "quantum/noise.hpp"

#include "base/chance.hpp"
#include "base/ensure.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace torgo::quantum {

namespace {

struct Named {
    std::string_view name;
    double Noise::* value;
};

constexpr std::array<Named, 5> names = {{{"bitflip", &Noise::bit_flip},
                                         {"phaseflip", &Noise::phase_flip},
                                         {"depolarizing", &Noise::depolarizing},
                                         {"damping", &Noise::damping},
                                         {"readout", &Noise::readout}}};

/// Calls f(amplitude where the qubit is 0, amplitude where it is 1).
template <class F>
void each_pair(State& state, Qubit qubit, const F& f) {
    const auto all = state.amplitudes();
    const auto stride = std::size_t{1} << qubit;
    for (std::size_t from = 0; from < all.size(); from += 2 * stride)
        for (std::size_t i = from; i < from + stride; ++i)
            f(all[i], all[i + stride]);
}

void turn_phase(State& state, Qubit qubit) {
    each_pair(state, qubit, [](Complex&, Complex& one) { one = -one; });
}

/// The Kraus operators of amplitude damping, one of them by chance.
void damp(State& state, Qubit qubit, double gamma, double draw) {
    const auto one_before = state.probability_of_one(qubit);
    const auto jump = gamma * one_before;
    if (draw < jump) {
        const auto scale = 1 / std::sqrt(one_before);
        each_pair(state, qubit, [&](Complex& zero, Complex& one) {
            zero = one * scale;
            one = 0;
        });
        return;
    }
    const auto scale = 1 / std::sqrt(1 - jump);
    const auto kept = scale * std::sqrt(1 - gamma);
    each_pair(state, qubit, [&](Complex& zero, Complex& one) {
        zero *= scale;
        one *= kept;
    });
}

/// Which of none, X, Y, Z a depolarizing channel does: 0 to 3.
int depolarized(double probability, double draw) {
    return draw < probability ? static_cast<int>(4 * draw / probability) : 0;
}

Result<> set(Noise& noise, std::string_view name, std::string_view text) {
    for (const auto& one : names) {
        if (one.name != name) continue;
        double value = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || !(value >= 0) ||
            value > 1)
            return fail(Errc::invalid_argument, "\"" + std::string(text) +
                                                    "\" is no probability: give 0 to 1 for " +
                                                    std::string(name));
        noise.*one.value = value;
        return {};
    }
    return fail(Errc::invalid_argument,
                "there is no noise \"" + std::string(name) +
                    "\": give bitflip, phaseflip, depolarizing, damping or readout");
}

} // namespace

Result<Noise> read_noise(std::string_view text) {
    Noise out;
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        const auto item = text.substr(0, end);
        const auto equals = item.find('=');
        if (equals == std::string_view::npos)
            return fail(Errc::invalid_argument, "\"" + std::string(item) +
                                                    "\" says no probability: write it as "
                                                    "bitflip=0.01");
        CHECK_OK(set(out, item.substr(0, equals), item.substr(equals + 1)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

Draws::Draws(std::uint64_t seed, std::uint64_t shot) : m_key(mix(seed, shot)) {}

std::uint64_t Draws::next_word() {
    return mix(m_key, m_counter++);
}

double Draws::next() {
    return unit(next_word());
}

void flip(State& state, Qubit qubit) {
    each_pair(state, qubit, [](Complex& zero, Complex& one) { std::swap(zero, one); });
}

void apply_noise(const Noise& noise, State& state, Qubit qubit, Draws& draws) {
    if (noise.bit_flip > 0 && draws.next() < noise.bit_flip) flip(state, qubit);
    if (noise.phase_flip > 0 && draws.next() < noise.phase_flip) turn_phase(state, qubit);
    if (noise.depolarizing > 0) {
        const auto which = depolarized(noise.depolarizing, draws.next());
        // Y is X and Z, but for a phase of the whole state.
        if (which == 1 || which == 2) flip(state, qubit);
        if (which == 2 || which == 3) turn_phase(state, qubit);
    }
    if (noise.damping > 0) damp(state, qubit, noise.damping, draws.next());
}

bool noise_strikes(const Noise& noise, Draws& draws) {
    ENSURE(noise.damping == 0);
    bool out = false;
    if (noise.bit_flip > 0) out = draws.next() < noise.bit_flip || out;
    if (noise.phase_flip > 0) out = draws.next() < noise.phase_flip || out;
    if (noise.depolarizing > 0) out = depolarized(noise.depolarizing, draws.next()) != 0 || out;
    return out;
}

bool measure(State& state, Qubit qubit, Draws& draws) {
    const auto one = state.probability_of_one(qubit);
    const bool out = draws.next() < one;
    state.collapse(qubit, out, out ? one : 1 - one);
    return out;
}

} // namespace torgo::quantum
