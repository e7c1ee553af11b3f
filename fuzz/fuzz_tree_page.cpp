// SPDX-License-Identifier: MIT
// Pages and lists of extents, as a hostile repository may hold them. Oracle: what is accepted can
// be written again, and reads back as the same.
#include "base/ensure.hpp"
#include "repo/tree.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;

void read_page(ByteView bytes, bool root) {
    const auto listing = repo::decode_page(bytes, root);
    if (!listing) return;
    const auto written = repo::encode_page(*listing);
    const auto again = repo::decode_page(written, root);
    ENSURE(again.has_value());
    ENSURE(repo::count_nodes(*again) == repo::count_nodes(*listing));
    ENSURE(repo::encode_page(*again) == written);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView rest(data + 1, size - 1);
    read_page(rest, (data[0] & 1U) != 0);
    if (const auto extents = repo::decode_extents(rest))
        ENSURE(repo::decode_extents(repo::encode_extents(*extents)) == *extents);
    return 0;
}
