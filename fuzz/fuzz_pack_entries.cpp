// SPDX-License-Identifier: MIT
// What a holder of the keys may have written into the trailer and the footer of a pack: authentic,
// and yet hostile or made by a broken writer. Oracle: what is accepted is what encode writes, and
// all of it lies inside the pack.
#include "base/ensure.hpp"
#include "crypto/siv.hpp"
#include "pack/footer.hpp"
#include "pack/test_repository.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;

void decode_entries(ByteView plain, std::uint64_t end) {
    const auto entries = pack::decode_entries(plain, seal::Suite::chimera2048, end);
    if (!entries) return;
    ENSURE(std::ranges::equal(pack::encode_entries(*entries), plain));
    std::uint64_t offset = 0;
    for (const auto& entry : *entries) {
        ENSURE(entry.offset == offset);
        offset += entry.header.sealed_size();
    }
    ENSURE(offset <= end);
}

void open_footer(ByteView plain) {
    static const auto keys = pack::test_keys();
    static const auto key = keys.footer_key();
    const auto sealed = crypto::siv_seal(key, as_bytes("TORGO/PACK/1"), plain).value();
    for (const auto size : pack::ladder) {
        const auto footer = pack::open_footer(sealed, keys, size);
        if (!footer) continue;
        ENSURE(footer->trailer_offset + footer->trailer_size + pack::footer_size == size);
        ENSURE(pack::seal_footer(*footer, keys).value() == sealed); // sealing is deterministic
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t footer_plain_size = pack::footer_size - crypto::siv_overhead;
    if (size < 4) return 0;
    const ByteView rest(data + 3, size - 3);
    const std::uint64_t end = data[0] + data[1] * 256U + data[2] * 65'536U;
    decode_entries(rest, end);
    if (rest.size() == footer_plain_size) open_footer(rest);
    return 0;
}
