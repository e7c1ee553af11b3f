// What sealing costs on this machine, one core: chunks of 1 MiB in the three modes, identifiers,
// hash lanes, small keyed hashes, compression, key stretching.

#include "base/ensure.hpp"
#include "crypto/hash.hpp"
#include "crypto/kdf.hpp"
#include "crypto/mac.hpp"
#include "crypto/selftest.hpp"
#include "crypto/sign.hpp"
#include "seal/sealer.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace {

using namespace torgo;
using crypto::Path;
using crypto::SecretBytes;
using seal::Suite;

constexpr std::size_t chunk_size = 1_MiB;
constexpr std::size_t leaf_size = 64_KiB;

class Noise final : public env::Random {
public:
    void fill(ByteSpan out) override {
        for (auto& byte : out)
            byte = static_cast<std::uint8_t>(next() >> 56U);
    }

    std::uint64_t next() { return m_state = m_state * 6364136223846793005U + 1442695040888963407U; }

private:
    std::uint64_t m_state = 1;
};

Noise& noise() {
    static Noise source;
    return source;
}

Bytes noise_of(std::size_t size) {
    Bytes out(size);
    noise().fill(out);
    return out;
}

/// Text with the statistics of source code: words of a fixed vocabulary, drawn unevenly, in lines.
Bytes source_like(std::size_t size) {
    static constexpr std::string_view words[] = {
        "static ",        "int ",    "return ",  "if (",       ") {\n\t", "}\n",
        "struct ",        "device ", "->",       "0x",         "const ",  "char *",
        "NULL",           ";\n\t",   " = ",      "err",        "ctx",     "len",
        "flags",          "buffer",  "goto out", "spin_lock(", "&priv",   "dev_err(",
        "unsigned long ", "sizeof(", "u32 ",     "*/\n",       "/* ",     "the ",
        "driver ",        "#define "};
    Bytes out;
    while (out.size() < size) {
        const auto r = noise().next() >> 33U;
        const auto word = words[(r & 31U) & ((r >> 5U) | 7U)];
        out.insert(out.end(), word.begin(), word.end());
        if (r % 3 == 0) out.push_back(static_cast<std::uint8_t>('a' + r / 64 % 26));
        if (r % 11 == 0) out.push_back(static_cast<std::uint8_t>('0' + r / 32 % 10));
    }
    out.resize(size);
    return out;
}

seal::Keys keys_of(Suite suite) {
    std::vector<SecretBytes> heads;
    for (std::size_t i = 0; i < seal::head_count(suite); ++i)
        heads.push_back(SecretBytes::copy_of(noise_of(seal::head_size(suite))));
    const auto dedup = SecretBytes::copy_of(noise_of(seal::dedup_secret_size));
    auto keys = seal::Keys::derive(suite, RepoId{}, 1, heads, dedup);
    ENSURE(keys.has_value());
    return std::move(*keys);
}

void set_bytes(benchmark::State& state, std::size_t each) {
    state.SetBytesProcessed(static_cast<std::int64_t>(each) * state.iterations());
}

void seal_chunk(benchmark::State& state, Suite suite, Path path) {
    const auto keys = keys_of(suite);
    seal::Sealer sealer(keys, 3, noise(), path);
    const auto m = noise_of(chunk_size);
    const auto id = keys.id(seal::ChunkType::data, m);
    Bytes out(m.size() + seal::tag_size);
    for (auto _ : state)
        benchmark::DoNotOptimize(
            sealer.seal(seal::ChunkType::data, id, m, {.bytes = m, .flags = 0}, false, out));
    set_bytes(state, chunk_size);
}

void open_chunk(benchmark::State& state, bool compressible) {
    const auto keys = keys_of(Suite::chimera2048);
    seal::Sealer sealer(keys, 3, noise());
    const auto m = compressible ? source_like(chunk_size) : noise_of(chunk_size);
    const auto payload = sealer.compress(m);
    Bytes sealed(payload.bytes.size() + seal::tag_size);
    const auto header = sealer.seal(seal::ChunkType::data, keys.id(seal::ChunkType::data, m), m,
                                    payload, false, sealed);
    Bytes plain;
    for (auto _ : state)
        ENSURE(sealer.open(*header, sealed, plain).has_value());
    set_bytes(state, chunk_size);
}

void compress(benchmark::State& state, int level, bool compressible) {
    const auto keys = keys_of(Suite::chimera256);
    seal::Sealer sealer(keys, level, noise());
    const auto m = compressible ? source_like(chunk_size) : noise_of(chunk_size);
    std::size_t size = 0;
    for (auto _ : state)
        size = sealer.compress(m).bytes.size();
    set_bytes(state, chunk_size);
    state.counters["ratio"] = static_cast<double>(m.size()) / static_cast<double>(size);
}

void leaves(benchmark::State& state) {
    const auto data = noise_of(16 * leaf_size);
    std::vector<ByteView> messages;
    for (std::size_t i = 0; i < 16; ++i)
        messages.push_back(ByteView(data).subspan(i * leaf_size, leaf_size));
    std::vector<Digest> out(messages.size());
    for (auto _ : state)
        crypto::sha256_lanes(messages, out, std::uint8_t{0});
    set_bytes(state, data.size());
}

void one_stream(benchmark::State& state) {
    const auto data = noise_of(chunk_size);
    for (auto _ : state)
        benchmark::DoNotOptimize(crypto::sha256(data));
    set_bytes(state, data.size());
}

void keyed_hash(benchmark::State& state) {
    const crypto::HmacSha256 mac(noise_of(32));
    const auto data = noise_of(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state)
        benchmark::DoNotOptimize(mac({data}));
    set_bytes(state, data.size());
}

void stretch(benchmark::State& state, crypto::Argon2Cost cost) {
    const auto salt = noise_of(16);
    for (auto _ : state)
        ENSURE(crypto::argon2id(as_bytes("correct horse"), salt, cost, 32).has_value());
}

crypto::SigningKey signing_key(crypto::SignatureScheme scheme) {
    auto key = crypto::SigningKey::from_seed(
        scheme, SecretBytes::copy_of(noise_of(crypto::sizes_of(scheme).seed)));
    ENSURE(key.has_value());
    return std::move(*key);
}

void sign(benchmark::State& state, crypto::SignatureScheme scheme) {
    const auto key = signing_key(scheme);
    const auto message = noise_of(64);
    for (auto _ : state)
        ENSURE(key.sign(as_bytes("bench"), message).has_value());
}

void verify(benchmark::State& state, crypto::SignatureScheme scheme) {
    const auto key = signing_key(scheme);
    const auto message = noise_of(64);
    const auto public_key = key.public_key();
    const auto signature = key.sign(as_bytes("bench"), message);
    for (auto _ : state)
        ENSURE(
            crypto::verify(scheme, public_key, as_bytes("bench"), message, *signature).has_value());
}

constexpr crypto::Argon2Cost cost_64_mib{.memory_kib = 64U << 10U, .passes = 3, .lanes = 4};

BENCHMARK_CAPTURE(seal_chunk, mode_256, Suite::chimera256, Path::fast);
BENCHMARK_CAPTURE(seal_chunk, mode_512, Suite::chimera512, Path::fast);
BENCHMARK_CAPTURE(seal_chunk, mode_2048, Suite::chimera2048, Path::fast);
BENCHMARK_CAPTURE(seal_chunk, mode_2048_reference, Suite::chimera2048, Path::reference);
BENCHMARK_CAPTURE(open_chunk, noise, false);
BENCHMARK_CAPTURE(open_chunk, source_like, true);
BENCHMARK_CAPTURE(compress, source_like_1, 1, true);
BENCHMARK_CAPTURE(compress, source_like_2, 2, true);
BENCHMARK_CAPTURE(compress, source_like_3, 3, true);
BENCHMARK_CAPTURE(compress, noise_3, 3, false);
BENCHMARK(leaves);
BENCHMARK(one_stream);
BENCHMARK(keyed_hash)->Arg(80)->Arg(1 << 20);
BENCHMARK_CAPTURE(stretch, argon2id_64_mib, cost_64_mib)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(sign, ml_dsa_65, crypto::SignatureScheme::ml_dsa_65);
BENCHMARK_CAPTURE(sign, ml_dsa_87, crypto::SignatureScheme::ml_dsa_87);
BENCHMARK_CAPTURE(verify, ml_dsa_65, crypto::SignatureScheme::ml_dsa_65);
BENCHMARK_CAPTURE(verify, ml_dsa_87, crypto::SignatureScheme::ml_dsa_87);

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    benchmark::AddCustomContext("crypto", torgo::crypto::description());
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
