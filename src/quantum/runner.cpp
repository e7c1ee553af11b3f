#include "quantum/runner.hpp"

#include "quantum/gates.hpp"
#include "quantum/program.hpp"
#include "quantum/sampler.hpp"

#include <algorithm>
#include <mutex>
#include <thread>

namespace torgo::quantum {

namespace {

/// From here on a single shot is worth several threads, and many states are too large.
constexpr std::uint32_t shots_in_threads_below = 17;

using Counts = std::map<std::uint64_t, std::uint64_t>;

/// What the last measurements of a program say of a basis state.
std::uint64_t read_out(const Program& program, std::size_t index, std::uint64_t bits,
                       const Noise& noise, Draws& draws) {
    for (const auto& one : program.last_measures) {
        bool value = (index >> one.qubit & 1U) != 0;
        if (noise.readout > 0 && draws.next() < noise.readout) value = !value;
        bits = (bits & ~(std::uint64_t{1} << one.bit)) | std::uint64_t{value} << one.bit;
    }
    return bits;
}

class Shots {
public:
    Shots(const Program& program, const RunSettings& settings, const State& start)
        : m_program(program), m_settings(settings), m_start(start) {
        if (!program.noise_only) return;
        // Shots that nothing strikes share the state of the circuit without noise.
        m_clean.emplace(*State::make(start.qubits(), state_bytes(start.qubits())));
        execute(program.without_noise, *m_clean, settings.threads, settings.stop);
        m_sampler.emplace(*m_clean);
    }

    void work(std::uint64_t from, std::uint64_t to, State& state, unsigned threads) {
        Counts counts;
        for (auto shot = from; shot < to && !m_settings.stop.stop_requested(); ++shot)
            ++counts[one(shot, state, threads)];
        const std::scoped_lock lock(m_mutex);
        for (const auto& [bits, count] : counts)
            m_counts[bits] += count;
    }

    Counts take() { return std::move(m_counts); }

private:
    std::uint64_t one(std::uint64_t shot, State& state, unsigned threads) {
        if (m_sampler && !struck(shot)) {
            Draws draws(~m_settings.seed, shot);
            const auto index = m_sampler->at(draws.next());
            return read_out(m_program, index, 0, m_settings.noise, draws);
        }
        Draws draws(m_settings.seed, shot);
        state.copy(m_start);
        std::uint64_t bits = 0;
        for (const auto& piece : std::span(m_program.pieces).subspan(m_program.first_by_chance)) {
            if (m_settings.stop.stop_requested()) return 0;
            step(piece, state, bits, draws, threads);
        }
        if (m_program.last_measures.empty()) return bits;
        const auto index = Sampler(state).at(draws.next());
        return read_out(m_program, index, bits, m_settings.noise, draws);
    }

    bool struck(std::uint64_t shot) const {
        Draws draws(m_settings.seed, shot);
        bool out = false;
        for (std::size_t i = 0; i < m_program.noisy_places; ++i)
            out = noise_strikes(m_settings.noise, draws) || out;
        return out;
    }

    void step(const Piece& piece, State& state, std::uint64_t& bits, Draws& draws,
              unsigned threads) const {
        for (const auto& condition : piece.conditions)
            if (!condition.holds(bits)) return;
        if (piece.kind == Kind::gate) {
            execute(piece.plan, state, threads, m_settings.stop);
            for (const auto qubit : piece.noisy)
                if (!m_settings.stop.stop_requested())
                    apply_noise(m_settings.noise, state, qubit, draws);
            return;
        }
        bool value = measure(state, piece.qubit, draws);
        if (piece.kind == Kind::reset) {
            if (value) flip(state, piece.qubit);
            return;
        }
        if (m_settings.noise.readout > 0 && draws.next() < m_settings.noise.readout) value = !value;
        bits = (bits & ~(std::uint64_t{1} << piece.bit)) | std::uint64_t{value} << piece.bit;
    }

    const Program& m_program;
    const RunSettings& m_settings;
    const State& m_start;
    std::optional<State> m_clean;
    std::optional<Sampler> m_sampler;
    std::mutex m_mutex;
    Counts m_counts;
};

Counts sampled(const Program& program, const State& state, const RunSettings& settings) {
    const Sampler sampler(state);
    Counts out;
    for (std::uint64_t shot = 0; shot < settings.shots && !settings.stop.stop_requested(); ++shot) {
        Draws draws(settings.seed, shot);
        const auto index = sampler.at(draws.next());
        ++out[read_out(program, index, 0, settings.noise, draws)];
    }
    return out;
}

/// Each shot with a state of its own.
Result<Counts> one_by_one(const Program& program, const State& start, const RunSettings& settings) {
    const auto bytes = state_bytes(start.qubits());
    const auto others = program.noise_only ? std::uint64_t{2} : std::uint64_t{1};
    // One state that shots start from, perhaps one without noise, and one for each thread.
    const auto fit = settings.memory_free / bytes;
    if (fit < others + 1) {
        TRY(const auto none, State::make(start.qubits(), settings.memory_free / (others + 1)));
    }
    const bool many = start.qubits() < shots_in_threads_below;
    const auto workers =
        std::min<std::uint64_t>({many ? settings.threads : 1U, fit - others, settings.shots});
    Shots shots(program, settings, start);
    std::vector<State> states;
    for (std::uint64_t i = 0; i < std::max<std::uint64_t>(workers, 1); ++i) {
        TRY(states.emplace_back(), State::make(start.qubits(), bytes));
    }
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t i = 1; i < workers; ++i)
            threads.emplace_back([&, i] {
                shots.work(settings.shots * i / workers, settings.shots * (i + 1) / workers,
                           states[i], 1);
            });
        const auto own = workers == 0 ? 0 : settings.shots / workers;
        shots.work(0, own, states[0], many ? 1 : settings.threads);
    }
    return shots.take();
}

/// What a state leaves for the gates.
PlanLimits limits_beside(const State& state, std::uint64_t memory_free, std::stop_token stop) {
    return {.bytes = memory_free - state_bytes(state.qubits()), .stop = std::move(stop)};
}

std::unexpected<Error> stopped() {
    return fail(Errc::cancelled, "the run was stopped");
}

} // namespace

Result<Outcome> run(const Circuit& circuit, const RunSettings& wanted) {
    auto settings = wanted;
    TRY(auto state, State::make(circuit.qubits, settings.memory_free));
    TRY(const auto program,
        make_program(circuit, settings.noise,
                     limits_beside(state, settings.memory_free, settings.stop)));
    settings.memory_free -= program.bytes;
    for (std::size_t i = 0; i < program.first_by_chance; ++i)
        execute(program.pieces[i].plan, state, settings.threads, settings.stop);
    if (settings.stop.stop_requested()) return stopped();
    Outcome out;
    out.one_state = program.first_by_chance == program.pieces.size();
    if (out.one_state) {
        out.counts = sampled(program, state, settings);
    } else {
        TRY(out.counts, one_by_one(program, state, settings));
    }
    if (settings.stop.stop_requested()) return stopped();
    return out;
}

Result<State> final_state(const Circuit& circuit, std::uint64_t memory_free, unsigned threads,
                          const std::stop_token& stop) {
    TRY(auto state, State::make(circuit.qubits, memory_free));
    TRY(const auto program, make_program(circuit, {}, limits_beside(state, memory_free, stop)));
    if (program.first_by_chance != program.pieces.size() || !program.last_measures.empty())
        return fail(Errc::invalid_argument,
                    "the circuit measures, resets or asks: it has no single state at its end");
    for (const auto& piece : program.pieces)
        execute(piece.plan, state, threads, stop);
    if (stop.stop_requested()) return stopped();
    return state;
}

bool measure_all_if_none(Circuit& circuit) {
    const auto measures = [](const Operation& one) {
        return one.kind == Kind::measure;
    };
    if (std::ranges::any_of(circuit.operations, measures)) return false;
    circuit.bits = circuit.qubits;
    circuit.classical.clear();
    for (const auto& one : circuit.quantum)
        circuit.classical.push_back(one);
    for (Qubit q = 0; q < circuit.qubits; ++q)
        add_measure(circuit, q, q);
    return true;
}

} // namespace torgo::quantum
