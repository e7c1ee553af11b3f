// How long circuits take: quantum_speed FILE.qasm RUNS THREADS
// prints one JSON object: the quickest of so many runs, in milliseconds, of preparing the state and
// going through all gates; of reading the file; and of the same with 1024 shots.
#include "quantum/kernels.hpp"
#include "quantum/qasm.hpp"
#include "quantum/runner.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace torgo::quantum;

constexpr std::uint64_t memory = std::uint64_t{12} << 30U;

/// Processor time of this process in milliseconds: what a loaded machine does not spoil.
double cpu_ms() {
    return 1000 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// The quickest of so many runs, in milliseconds.
template <class F>
double quickest(int runs, const F& f) {
    double best = 1e300;
    for (int i = 0; i < runs; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        f();
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - begin;
        best = std::min(best, took.count());
    }
    return best;
}

std::string content(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: quantum_speed FILE.qasm RUNS THREADS\n", stderr);
        return 2;
    }
    const auto text = content(argv[1]);
    const auto runs = std::atoi(argv[2]);
    const auto threads = static_cast<unsigned>(std::atoi(argv[3]));
    auto circuit = read_qasm(text);
    if (!circuit) {
        std::fprintf(stderr, "%s:%s\n", argv[1], circuit.error().detail().c_str());
        return 1;
    }
    const auto read = quickest(runs, [&] { (void)read_qasm(text); });
    const auto gates = quickest(runs, [&] { (void)final_state(*circuit, memory, threads); });
    const auto before = cpu_ms();
    (void)final_state(*circuit, memory, threads);
    const auto cpu = cpu_ms() - before;
    const auto plain = circuit->operations.size();
    measure_all_if_none(*circuit);
    const auto shots = quickest(runs, [&] {
        (void)run(*circuit, {.shots = 1024, .seed = 1, .threads = threads, .memory_free = memory});
    });
    std::printf(
        "{\"qubits\":%u,\"gates\":%zu,\"kernels\":\"%s\",\"read_ms\":%.4f,\"gates_ms\":%.4f,"
        "\"gates_cpu_ms\":%.4f,\"shots_ms\":%.4f}\n",
        circuit->qubits, plain, best_kernels().name, read, gates, cpu, shots);
    return 0;
}
