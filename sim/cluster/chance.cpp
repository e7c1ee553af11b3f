// The old way to replace OpenSSL's chance, which needs no provider of one's own.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "sim/cluster/chance.hpp"

#include "base/bytes.hpp"

#include <openssl/rand.h>

#include <mutex>
#include <string>

namespace torgo::sim {

namespace {

struct Signatures {
    std::mutex mutex;
    Prng prng{0};
};

Signatures& signatures() {
    static Signatures all;
    return all;
}

int fill(unsigned char* out, int size) {
    auto& all = signatures();
    const std::lock_guard lock(all.mutex);
    all.prng.fill(ByteSpan(out, static_cast<std::size_t>(size)));
    return 1;
}

int is_ready() {
    return 1;
}

const RAND_METHOD method{.seed = nullptr,
                         .bytes = fill,
                         .cleanup = nullptr,
                         .add = nullptr,
                         .pseudorand = fill,
                         .status = is_ready};

} // namespace

std::uint64_t hash_of(std::string_view text, std::uint64_t begin) noexcept {
    for (const char c : text) {
        begin ^= static_cast<std::uint8_t>(c);
        begin *= 0x100000001B3U;
    }
    return begin;
}

Prng Chance::of(std::string_view what, std::uint64_t number) const {
    return Prng(hash_of(what, m_seed * 0x9E3779B97F4A7C15U + number));
}

void seed_signatures(std::uint64_t seed) {
    auto& all = signatures();
    const std::lock_guard lock(all.mutex);
    all.prng = Prng(seed);
    RAND_set_rand_method(&method);
}

} // namespace torgo::sim
