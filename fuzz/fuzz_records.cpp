// SPDX-License-Identifier: MIT
// The records that lie on heads in the clear: batches, snapshots, descriptors, key slots,
// withdrawals, and the index record behind its seal. Oracle: no crash, no allocation beyond the
// limits, and an index record that is accepted is what encode writes.
#include "base/ensure.hpp"
#include "repo/batch.hpp"
#include "repo/descriptor.hpp"
#include "repo/index_record.hpp"
#include "repo/key_slot.hpp"
#include "repo/snapshot_record.hpp"
#include "repo/withdrawal.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

constexpr std::size_t owner_key_size =
    torgo::crypto::sizes_of(torgo::crypto::SignatureScheme::ml_dsa_87).public_key;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace torgo;
    if (size == 0) return 0;
    const ByteView rest(data + 1, size - 1);
    switch (data[0] % 6) {
    case 0:
        (void)repo::decode_batch(rest);
        break;
    case 1:
        (void)repo::decode_snapshot_frame(rest);
        break;
    case 2:
        (void)repo::decode_descriptor(rest, Digest{});
        break;
    case 3:
        (void)repo::inspect_slot(rest, RepoId{}, nullptr);
        break;
    case 4:
        // Nobody has the key to this.
        ENSURE(!repo::open_withdrawal(rest, RepoId{}, Bytes(owner_key_size)));
        break;
    default:
        if (const auto record = repo::decode_index(rest))
            ENSURE(std::ranges::equal(repo::encode_index(*record), rest));
    }
    return 0;
}
