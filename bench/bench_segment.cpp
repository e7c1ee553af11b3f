// Row C2: the erasure code of a 64 MiB pack against ISA-L called by hand on the same buffers, and
// the whole splitter (code and Merkle leaves) against the sum of its two parts.
//
//     bench_segment [--json]
#include "crypto/hash.hpp"
#include "segment/erasure.hpp"
#include "segment/splitter.hpp"

#include <isa-l/erasure_code.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace torgo;
using segment::cell_size;

constexpr std::size_t pack_size = 64_MiB;
constexpr int rounds = 5;

/// Seconds.
template <class Work>
double timed(const Work& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

/// The data cells and one stripe's worth of parity cells for each code.
struct Cells {
    Cells(const Bytes& pack, segment::Code c) : code(c), parity((c.n - c.k) * cell_size) {
        for (std::size_t at = 0; at + c.k * cell_size <= pack.size(); at += cell_size)
            data.emplace_back(ByteView(pack).subspan(at, cell_size));
        for (std::size_t at = 0; at < parity.size(); at += cell_size)
            made.emplace_back(ByteSpan(parity).subspan(at, cell_size));
        data.resize(data.size() / c.k * c.k);
    }

    segment::Code code;
    Bytes parity;
    std::vector<ByteView> data;
    std::vector<ByteSpan> made;
};

void encode_raw(Cells& cells) {
    const int k = cells.code.k;
    const int parity = cells.code.n - k;
    std::vector<unsigned char> matrix(static_cast<std::size_t>(cells.code.n) * cells.code.k);
    std::vector<unsigned char> tables(static_cast<std::size_t>(32 * k * parity));
    gf_gen_cauchy1_matrix(matrix.data(), cells.code.n, k);
    ec_init_tables(k, parity, matrix.data() + k * k, tables.data());
    std::vector<unsigned char*> in;
    for (const auto cell : cells.data)
        in.push_back(const_cast<unsigned char*>(cell.data()));
    std::vector<unsigned char*> out;
    for (const auto cell : cells.made)
        out.push_back(cell.data());
    for (std::size_t i = 0; i < in.size(); i += cells.code.k)
        ec_encode_data(cell_size, k, parity, tables.data(), in.data() + i, out.data());
}

void encode_ours(Cells& cells) {
    const auto map = segment::CellMap::parity(cells.code);
    for (std::size_t i = 0; i < cells.data.size(); i += cells.code.k)
        map.apply(std::span(cells.data).subspan(i, cells.code.k), cells.made);
}

void hash_all(const Cells& cells) {
    constexpr std::size_t at_once = 16;
    const auto count = cells.data.size() / cells.code.k * cells.code.n;
    std::array<Digest, at_once> hashes;
    for (std::size_t i = 0; i < count; i += at_once) {
        std::vector<ByteView> some;
        for (std::size_t j = i; j < std::min(i + at_once, count); ++j)
            some.push_back(cells.data[j % cells.data.size()]);
        crypto::sha256_lanes(some, std::span(hashes).first(some.size()), std::uint8_t{0});
    }
}

void split(const Bytes& pack, segment::Code code) {
    const auto ignore = [](unsigned, ByteView) -> Result<> {
        return {};
    };
    auto splitter = segment::Splitter::create(code, PackClass::data, RepoId{}, pack.size());
    if (!splitter || !splitter->add(pack, ignore) || !splitter->finish(ignore)) std::abort();
}

void row(const Bytes& pack, segment::Code code, bool json) {
    Cells cells(pack, code);
    std::vector<double> raw, ours, hash, whole;
    for (int i = 0; i < rounds; ++i) {
        raw.push_back(timed([&] { encode_raw(cells); }));
        ours.push_back(timed([&] { encode_ours(cells); }));
        hash.push_back(timed([&] { hash_all(cells); }));
        whole.push_back(timed([&] { split(pack, code); }));
    }
    const auto speed = [&](const std::vector<double>& s) {
        return pack_size / median(s) / 1e9;
    };
    const auto share = speed(ours) / speed(raw);
    const auto parts = pack_size / (median(raw) + median(hash)) / 1e9;
    if (json)
        std::printf("{\"row\":\"C2\",\"k\":%u,\"n\":%u,\"isal_gbps\":%.2f,\"encode_gbps\":%.2f,"
                    "\"ratio\":%.3f,\"goal\":0.9,\"split_gbps\":%.3f,\"split_ratio\":%.3f}\n",
                    code.k, code.n, speed(raw), speed(ours), share, speed(whole),
                    speed(whole) / parts);
    else
        std::printf(
            "C2 %2u/%-2u  ISA-L %6.2f GB/s  encode %6.2f GB/s = %3.0f %% (goal 90)   encode + "
            "hash %5.2f GB/s = %3.0f %% of its parts\n",
            code.k, code.n, speed(raw), speed(ours), 100 * share, speed(whole),
            100 * speed(whole) / parts);
}

} // namespace

int main(int argc, char** argv) {
    const bool json = argc > 1 && std::string_view(argv[1]) == "--json";
    Bytes pack(pack_size);
    std::uint64_t state = 1;
    for (auto& byte : pack) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        byte = static_cast<std::uint8_t>(state >> 56U);
    }
    for (const auto code : {segment::Code{2, 4}, segment::Code{6, 12}, segment::Code{10, 20}})
        row(pack, code, json);
    return 0;
}
