// The small files of a node, as a disk may give them back. Read once as they are, and once with
// their check made to fit. Oracle: what is accepted is what encode writes.
#include "base/ensure.hpp"
#include "crypto/hash.hpp"
#include "node/record.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;

void decode(ByteView bytes) {
    if (const auto record = node::decode_repository_record(bytes))
        ENSURE(std::ranges::equal(node::encode(*record), bytes));
    if (const auto invite = node::decode_invite_record(bytes))
        ENSURE(std::ranges::equal(node::encode(*invite), bytes));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    decode(bytes);
    if (size < Digest::size) return 0;
    Bytes repaired(data, data + size - Digest::size);
    const auto digest = crypto::sha256(repaired);
    repaired.insert(repaired.end(), digest.bytes.begin(), digest.bytes.end());
    decode(repaired);
    return 0;
}
