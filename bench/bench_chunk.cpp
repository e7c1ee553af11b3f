// Cutting and bundling, one core: bytes of the source a second, over noise (cuts where the content
// says so) and over zeros (the longest search: every chunk is cut at the most); files a second.

#include "chunk/bundle.hpp"
#include "chunk/cutter.hpp"

#include <benchmark/benchmark.h>

#include <random>
#include <string>

namespace {

using namespace torgo;

Bytes key() {
    return Bytes(chunk::Gear::key_size, 1);
}

Bytes noise(std::size_t size) {
    std::mt19937_64 engine(1);
    Bytes bytes(size);
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(engine() >> 56U);
    return bytes;
}

void cut(benchmark::State& state, const Bytes& file) {
    const chunk::Cutter cutter(key());
    std::size_t chunks = 0;
    std::size_t bytes = 0;
    std::size_t at = 0;
    for ([[maybe_unused]] auto round : state) {
        if (at == file.size()) at = 0;
        auto length = cutter.next(ByteView(file).subspan(at));
        benchmark::DoNotOptimize(length);
        at += length;
        bytes += length;
        ++chunks;
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
    state.counters["bytes_per_chunk"] = static_cast<double>(bytes) / static_cast<double>(chunks);
}

void cut_noise(benchmark::State& state) {
    cut(state, noise(64_MiB));
}

void cut_zeros(benchmark::State& state) {
    cut(state, Bytes(64_MiB));
}

void bundle(benchmark::State& state) {
    const chunk::Bundler bundler(key());
    std::vector<std::string> names;
    for (int i = 0; i < 1000; ++i)
        names.push_back("some_source_file_" + std::to_string(i) + ".cpp");
    std::size_t place = 0;
    for ([[maybe_unused]] auto round : state) {
        place = (place + 1) % names.size();
        bool ends = bundler.ends_after(names[place], 4096, 2_MiB, 500);
        benchmark::DoNotOptimize(ends);
    }
}

} // namespace

BENCHMARK(cut_noise);
BENCHMARK(cut_zeros);
BENCHMARK(bundle);
BENCHMARK_MAIN();
