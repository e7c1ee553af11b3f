// Going through a state by a plan, chunk by chunk and in several threads.
#include "base/ensure.hpp"
#include "quantum/plan.hpp"

#include <algorithm>
#include <cstring>
#include <thread>

namespace torgo::quantum {

namespace {

/// Below this many qubits a thread takes longer to start than to work.
constexpr std::uint32_t threads_from = 17;

/// The bits of `number` put at the places of `mask`, lowest first.
std::size_t deposited(std::size_t number, std::size_t mask) {
    std::size_t out = 0;
    for (; mask != 0; number >>= 1U) {
        const auto lowest = mask & (~mask + 1);
        if ((number & 1U) != 0) out |= lowest;
        mask &= mask - 1;
    }
    return out;
}

std::size_t mask_of(const std::vector<Qubit>& qubits) {
    std::size_t out = 0;
    for (const auto qubit : qubits)
        out |= std::size_t{1} << qubit;
    return out;
}

/// Moves the chunks of a run between the state and a buffer.
class Chunks {
public:
    Chunks(const Run& run, std::uint32_t qubits) : m_mask(mask_of(run.chunk)) {
        while (m_together < run.chunk.size() && run.chunk[m_together] == m_together)
            ++m_together;
        m_size = std::size_t{1} << run.chunk.size();
        m_outer = ((std::size_t{1} << qubits) - 1) & ~m_mask;
        m_pieces_mask = m_mask & ~((std::size_t{1} << m_together) - 1);
    }

    /// A chunk lies together in memory.
    bool whole() const { return m_pieces_mask == 0; }

    std::size_t size() const { return m_size; }

    /// Index of a chunk's first amplitude.
    std::size_t first(std::size_t number) const { return deposited(number, m_outer); }

    void fetch(const Complex* state, Complex* buffer) const {
        each_piece([&](std::size_t at, std::size_t in_buffer, std::size_t bytes) {
            std::memcpy(static_cast<void*>(buffer + in_buffer), state + at, bytes);
        });
    }

    void put_back(Complex* state, const Complex* buffer) const {
        each_piece([&](std::size_t at, std::size_t in_buffer, std::size_t bytes) {
            std::memcpy(static_cast<void*>(state + at), buffer + in_buffer, bytes);
        });
    }

private:
    template <class F>
    void each_piece(const F& f) const {
        const auto piece = std::size_t{1} << m_together;
        std::size_t at = 0;
        for (std::size_t in_buffer = 0; in_buffer < m_size; in_buffer += piece) {
            f(at, in_buffer, piece * sizeof(Complex));
            at = ((at | ~m_pieces_mask) + 1) & m_pieces_mask;
        }
    }

    std::size_t m_mask;
    std::size_t m_together = 0; ///< qubits from 0 on that the chunk has
    std::size_t m_size = 0;
    std::size_t m_outer = 0;
    std::size_t m_pieces_mask = 0;
};

std::size_t part_of(const Step& step, std::size_t first) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < step.outer_qubits.size(); ++i)
        out |= (first >> step.outer_qubits[i] & 1U) << i;
    return out;
}

/// All steps on one chunk whose first amplitude has this index in the state.
void work(const Run& run, const Kernels& best, Complex* chunk, std::size_t size, std::size_t first,
          const std::stop_token& stop) {
    auto* const doubles = reinterpret_cast<double*>(chunk);
    for (const auto& step : run.steps) {
        if (stop.stop_requested()) return;
        if ((first & step.outer_mask) != step.outer_value) continue;
        if (const auto* const dense = std::get_if<DenseStep>(&step.what)) {
            kernels_of(best, dense->lanes).dense(doubles, size, view(*dense));
            continue;
        }
        const auto& diagonal = std::get<DiagonalStep>(step.what);
        kernels_of(best, diagonal.lanes)
            .diagonal(doubles, size, view(diagonal, part_of(step, first)));
    }
}

void work_on(const Run& run, const Plan& plan, State& state, std::size_t from, std::size_t to,
             const std::stop_token& stop) {
    const Chunks chunks(run, plan.qubits);
    auto* const amplitudes = state.amplitudes().data();
    if (chunks.whole()) {
        for (auto i = from; i < to && !stop.stop_requested(); ++i)
            work(run, *plan.kernels, amplitudes + chunks.first(i), chunks.size(), chunks.first(i),
                 stop);
        return;
    }
    constexpr std::align_val_t line{64};
    struct Free {
        void operator()(Complex* what) const { ::operator delete(what, line); }
    };
    const std::unique_ptr<Complex, Free> buffer(
        static_cast<Complex*>(::operator new(chunks.size() * sizeof(Complex), line)));
    for (auto i = from; i < to && !stop.stop_requested(); ++i) {
        const auto first = chunks.first(i);
        chunks.fetch(amplitudes + first, buffer.get());
        work(run, *plan.kernels, buffer.get(), chunks.size(), first, stop);
        chunks.put_back(amplitudes + first, buffer.get());
    }
}

} // namespace

void execute(const Plan& plan, State& state, unsigned threads, const std::stop_token& stop) {
    ENSURE(plan.qubits == state.qubits());
    if (plan.qubits < threads_from) threads = 1;
    for (const auto& run : plan.runs) {
        if (stop.stop_requested()) return;
        const auto count = state.size() >> run.chunk.size();
        const auto workers = std::min<std::size_t>(std::max(threads, 1U), count);
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < workers; ++i)
            others.emplace_back([&, i] {
                work_on(run, plan, state, count * i / workers, count * (i + 1) / workers, stop);
            });
        work_on(run, plan, state, 0, count / workers, stop);
    }
}

} // namespace torgo::quantum
