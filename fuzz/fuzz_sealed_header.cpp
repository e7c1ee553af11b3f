// The header of a sealed chunk: whatever is accepted is the only spelling of what it says, and its
// sizes are bounded.

#include "base/ensure.hpp"
#include "seal/chunk.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace torgo;
    const auto header = seal::SealedHeader::decode({data, size});
    if (!header) return 0;
    ENSURE(header->plain_size <= seal::chunk_size_max &&
           header->payload_size <= header->plain_size);
    const auto again = header->encode();
    ENSURE(std::ranges::equal(again, ByteView(data, size)));
    return 0;
}
