// Row C2: the erasure code of a 64 MiB pack beside ISA-L called by hand on the same buffers; and
// the whole splitter (code, leaf hashes, trailers) beside its two parts. Bytes of the pack a
// second, one core.

#include "crypto/hash.hpp"
#include "segment/erasure.hpp"
#include "segment/splitter.hpp"

#include <benchmark/benchmark.h>
#include <isa-l/erasure_code.h>

#include <random>
#include <vector>

namespace {

using namespace torgo;
using segment::cell_size;
using segment::Code;

constexpr std::size_t pack_size = 64_MiB;
constexpr Code regenerating{.k = 2, .n = 4, .kind = segment::CodeKind::regenerating};

const Bytes& pack() {
    static const Bytes bytes = [] {
        std::mt19937_64 engine(1);
        Bytes out(pack_size);
        for (auto& byte : out)
            byte = static_cast<std::uint8_t>(engine() >> 56U);
        return out;
    }();
    return bytes;
}

/// The data cells of the whole stripes of the pack, and room for one stripe's parity.
struct Cells {
    explicit Cells(Code c) : code(c), parity((c.n - c.k) * cell_size) {
        for (std::size_t at = 0; at < pack().size(); at += cell_size)
            data.push_back(ByteView(pack()).subspan(at, cell_size));
        data.resize(data.size() / c.k * c.k);
        for (std::size_t at = 0; at < parity.size(); at += cell_size)
            made.push_back(ByteSpan(parity).subspan(at, cell_size));
    }

    Code code;
    Bytes parity;
    std::vector<ByteView> data;
    std::vector<ByteSpan> made;
};

void count_bytes(benchmark::State& state) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(pack_size));
}

void isal(benchmark::State& state, Code code) {
    const Cells cells(code);
    const int k = code.k;
    const int parity = code.n - k;
    std::vector<unsigned char> matrix(std::size_t{code.n} * code.k);
    std::vector<unsigned char> tables(std::size_t{32} * code.k * (code.n - code.k));
    gf_gen_cauchy1_matrix(matrix.data(), code.n, k);
    ec_init_tables(k, parity, matrix.data() + k * k, tables.data());
    std::vector<unsigned char*> in;
    for (const auto cell : cells.data)
        in.push_back(const_cast<unsigned char*>(cell.data()));
    std::vector<unsigned char*> out;
    for (const auto cell : cells.made)
        out.push_back(cell.data());
    for ([[maybe_unused]] auto round : state)
        for (std::size_t i = 0; i < in.size(); i += code.k)
            ec_encode_data(cell_size, k, parity, tables.data(), in.data() + i, out.data());
    count_bytes(state);
}

void encode(benchmark::State& state, Code code) {
    const Cells cells(code);
    for ([[maybe_unused]] auto round : state) {
        const auto map = segment::CellMap::parity(code);
        for (std::size_t i = 0; i < cells.data.size(); i += code.k)
            map.apply(std::span(cells.data).subspan(i, code.k), cells.made);
    }
    count_bytes(state);
}

/// As many cells as the n segments have.
void hash(benchmark::State& state, Code code) {
    constexpr std::size_t at_once = 16;
    const Cells cells(code);
    const auto count = cells.data.size() / code.k * code.n;
    std::vector<ByteView> some(at_once);
    std::vector<Digest> hashes(at_once);
    for ([[maybe_unused]] auto round : state)
        for (std::size_t i = 0; i < count; i += at_once) {
            for (std::size_t j = 0; j < at_once; ++j)
                some[j] = cells.data[(i + j) % cells.data.size()];
            crypto::sha256_lanes(some, hashes, std::uint8_t{0});
        }
    count_bytes(state);
}

void split(benchmark::State& state, Code code) {
    const auto ignore = [](unsigned, ByteView) -> Result<> {
        return {};
    };
    for ([[maybe_unused]] auto round : state) {
        auto splitter = segment::Splitter::create(code, PackClass::data, RepoId{}, pack_size);
        if (!splitter || !splitter->add(pack(), ignore) || !splitter->finish(ignore))
            state.SkipWithError("the pack was not split");
    }
    count_bytes(state);
}

} // namespace

// NOLINTBEGIN(cert-err58-cpp): the library's own way
BENCHMARK_CAPTURE(isal, 2 of 4, Code{2, 4});
BENCHMARK_CAPTURE(encode, 2 of 4, Code{2, 4});
BENCHMARK_CAPTURE(hash, 2 of 4, Code{2, 4});
BENCHMARK_CAPTURE(split, 2 of 4, Code{2, 4});
BENCHMARK_CAPTURE(encode, 2 of 4 regenerating, regenerating);
BENCHMARK_CAPTURE(split, 2 of 4 regenerating, regenerating);
BENCHMARK_CAPTURE(isal, 6 of 12, Code{6, 12});
BENCHMARK_CAPTURE(encode, 6 of 12, Code{6, 12});
BENCHMARK_CAPTURE(split, 6 of 12, Code{6, 12});
BENCHMARK_CAPTURE(isal, 10 of 20, Code{10, 20});
BENCHMARK_CAPTURE(encode, 10 of 20, Code{10, 20});
BENCHMARK_CAPTURE(split, 10 of 20, Code{10, 20});
// NOLINTEND(cert-err58-cpp)
BENCHMARK_MAIN();
