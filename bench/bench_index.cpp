// The chunk index at scale: resident memory a chunk, and the time of a look-up. The number of
// chunks is 10 million, or what TORGO_BENCH_CHUNKS says (100 million take 4.3 GB below TMPDIR and
// minutes).

#include "base/ensure.hpp"
#include "index/index.hpp"
#include "sys/file_system.hpp"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace {

using namespace torgo;
using Clock = std::chrono::steady_clock;

std::uint64_t mix(std::uint64_t value) {
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31U);
}

ChunkId id_of(std::uint64_t number) {
    ChunkId id;
    for (std::size_t i = 0; i < 4; ++i) {
        const auto word = mix((number * 4 + i) * 0x9E3779B97F4A7C15U);
        std::memcpy(id.bytes.data() + i * sizeof word, &word, sizeof word);
    }
    return id;
}

std::uint64_t chunk_count() {
    const char* text = std::getenv("TORGO_BENCH_CHUNKS"); // NOLINT(concurrency-mt-unsafe)
    return text == nullptr ? 10'000'000 : std::stoull(text);
}

/// Bytes of this process's memory that no file backs.
double resident_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (word == "RssAnon:") {
            double kib = 0;
            status >> kib;
            return kib * 1024;
        }
    return 0;
}

/// The index, built once and opened afresh, as the second run of the program finds it.
class World {
public:
    World() {
        std::filesystem::remove_all(m_options.cache_folder);
        const auto start = Clock::now();
        {
            index::Index index(m_files, m_options);
            for (std::uint64_t i = 0; i < m_count; ++i)
                index.add(id_of(i),
                          {static_cast<std::uint32_t>(i / 60), static_cast<std::uint32_t>(i % 60)});
            ENSURE(index.persist({}).has_value());
        }
        const auto built = Clock::now();
        const auto before = resident_bytes();
        m_index.emplace(m_files, m_options);
        ENSURE(m_index->load_manifest().value().has_value());
        m_open_seconds = std::chrono::duration<double>(Clock::now() - built).count();
        m_resident = resident_bytes() - before;
        m_build_seconds = std::chrono::duration<double>(built - start).count();
    }

    World(const World&) = delete;
    World& operator=(const World&) = delete;
    World(World&&) = delete;
    World& operator=(World&&) = delete;

    ~World() { std::filesystem::remove_all(m_options.cache_folder); }

    static World& get() {
        static World world;
        return world;
    }

    const index::Index& index() const { return *m_index; }

    std::uint64_t count() const { return m_count; }

    void report(benchmark::State& state) const {
        const auto chunks = static_cast<double>(m_count);
        state.counters["chunks"] = chunks;
        state.counters["resident_bytes_per_chunk"] = m_resident / chunks;
        state.counters["build_ns_per_chunk"] = m_build_seconds * 1e9 / chunks;
        state.counters["open_seconds"] = m_open_seconds;
    }

private:
    sys::FileSystem m_files;
    index::IndexOptions m_options{.cache_folder =
                                      std::filesystem::temp_directory_path() /
                                      ("torgo_bench_index_" + std::to_string(::getpid()))};
    std::uint64_t m_count = chunk_count();
    std::optional<index::Index> m_index;
    double m_resident = 0;
    double m_build_seconds = 0;
    double m_open_seconds = 0;
};

void find_unknown(benchmark::State& state) {
    const auto& world = World::get();
    auto number = world.count();
    std::size_t found = 0;
    for ([[maybe_unused]] auto round : state)
        found += world.index().find(id_of(++number)).value().has_value() ? 1U : 0U;
    ENSURE(found == 0);
    world.report(state);
}

void find_known(benchmark::State& state) {
    const auto& world = World::get();
    std::uint64_t number = 0;
    for ([[maybe_unused]] auto round : state) {
        number = mix(number + 1) % world.count();
        const auto found = world.index().find(id_of(number)).value();
        ENSURE(found.has_value() && found->pack == number / 60);
    }
    world.report(state);
}

void make_id(benchmark::State& state) {
    std::uint64_t number = 0;
    for ([[maybe_unused]] auto round : state) {
        auto id = id_of(++number);
        benchmark::DoNotOptimize(id);
    }
}

void add_to_memory(benchmark::State& state) {
    sys::FileSystem files;
    index::Index index(files, {});
    std::uint64_t number = 0;
    for ([[maybe_unused]] auto round : state)
        index.add(id_of(++number), {});
    state.counters["resident_bytes_per_chunk"] =
        static_cast<double>(index.resident_bytes()) / static_cast<double>(number);
}

} // namespace

BENCHMARK(make_id);
BENCHMARK(find_unknown);
BENCHMARK(find_known);
BENCHMARK(add_to_memory);
BENCHMARK_MAIN();
