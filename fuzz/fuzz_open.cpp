// Opening a sealed chunk. An even first byte: header, V, KC and bytes are all the input's, as a
// stranger may send them; nothing of that may open. An odd one: the input is a frame that a holder
// of the keys sealed, so that the fuzzer reaches zstd and the checks behind it; what opens must be
// the chunk that its name says.

#include "base/ensure.hpp"
#include "seal/sealer.hpp"

#include <algorithm>
#include <vector>

namespace {

using namespace torgo;
using crypto::SecretBytes;

/// Any bytes do: nothing here stays secret.
class NoRandom final : public env::Random {
public:
    void fill(ByteSpan out) override { std::ranges::fill(out, std::uint8_t{1}); }
};

const seal::Keys& keys() {
    static const auto all = [] {
        std::vector<SecretBytes> heads;
        heads.emplace_back(seal::head_size(seal::Suite::chimera512));
        return seal::Keys::derive(seal::Suite::chimera512, RepoId{}, 1, heads, SecretBytes(64));
    }();
    ENSURE(all.has_value());
    return *all;
}

seal::Sealer& sealer() {
    static NoRandom random;
    static seal::Sealer one(keys(), 1, random);
    return one;
}

void open_hostile(ByteView input) {
    constexpr auto head_size = seal::header_size + 64;
    if (input.size() < head_size) return;
    auto header = seal::SealedHeader::decode(input.first(seal::header_size));
    if (!header) return;
    std::ranges::copy(input.subspan(seal::header_size, 32), header->v.begin());
    std::ranges::copy(input.subspan(seal::header_size + 32, 32), header->kc.begin());
    Bytes plain;
    ENSURE(!sealer().open(*header, input.subspan(head_size), plain) && plain.empty());
}

void open_frame(ByteView input) {
    if (input.size() < 3) return;
    const Bytes m(input[0] + 256U * input[1] + 65536U * (input[2] & 15U), input[2]);
    const auto frame = input.subspan(3);
    const auto id = keys().id(seal::ChunkType::data, m);
    Bytes sealed(frame.size() + seal::tag_size);
    const auto header =
        sealer().seal(seal::ChunkType::data, id, m,
                      {.bytes = frame, .flags = seal::flag_compressed}, false, sealed);
    if (!header) return;
    Bytes plain;
    if (sealer().open(*header, sealed, plain))
        ENSURE(plain == m);
    else
        ENSURE(plain.empty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const torgo::ByteView input(data + 1, size - 1);
    if (data[0] % 2 == 0)
        open_hostile(input);
    else
        open_frame(input);
    return 0;
}
