// Bundles and acknowledgements from the air; logs, segments and checkpoints from a disk. Oracle:
// what is accepted is written again as the same, or reads back as the same.
#include "base/ensure.hpp"
#include "reading/folder.hpp"
#include "reading/log.hpp"
#include "reading/segment_file.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;
using namespace torgo::reading;

void read_bundle(ByteView bytes) {
    const Plan plan{.profiles = {1, 2, 3, 4, 5, 6}};
    const auto bundle = decode_bundle(bytes, plan, 7);
    if (!bundle) return;
    const auto again = encode(*bundle, plan);
    if (again.readings == bundle->readings.size())
        ENSURE(decode_bundle(again.body, plan, 7)->readings == bundle->readings);
}

void read_record(ByteView bytes) {
    const auto record = decode_record(bytes);
    if (!record) return;
    Writer out;
    encode(*record, out);
    ENSURE(std::ranges::equal(out.view(), bytes));
}

void read_segment(ByteView bytes) {
    const auto footer = decode_footer(bytes);
    if (footer) (void)decode_segment(bytes, *footer);
}

void read_column(ByteView bytes) {
    constexpr std::size_t rows = 100;
    if (bytes.empty()) return;
    const auto size = static_cast<std::uint32_t>(bytes.size() - 1);
    const auto column = decode_column(bytes[0], size, bytes.subspan(1), rows);
    if (!column) return;
    const auto again = encode_column(*column);
    ENSURE(decode_column(again.coding, again.raw_size, again.bytes, rows) == *column);
}

void read_requests(ByteView bytes) {
    if (const auto request = decode_request(bytes))
        ENSURE(std::ranges::equal(encode(*request), bytes));
    constexpr std::uint64_t oldest = 70'000;
    Packed packed{};
    if (bytes.size() != packed.size()) return;
    std::ranges::copy(bytes, packed.begin());
    const auto ack = decode_small_ack(packed, oldest);
    // Nothing new, or at most half of what 16 bits tell above the number before the oldest.
    ENSURE(ack.cumulative == 0 ||
           (ack.cumulative >= oldest - 1 && ack.cumulative < oldest - 1 + 0x8000));
    if (ack.cumulative != 0) ENSURE(encode_small(ack) == packed);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    read_bundle(bytes);
    read_record(bytes);
    read_segment(bytes);
    read_column(bytes);
    read_requests(bytes);
    (void)decode_log(bytes, 1);
    if (const auto ack = decode_ack(bytes)) ENSURE(std::ranges::equal(encode(*ack), bytes));
    if (const auto checkpoint = decode_checkpoint(bytes))
        ENSURE(decode_checkpoint(encode(*checkpoint)).has_value());
    return 0;
}
