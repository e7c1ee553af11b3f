// What anybody in a mesh may send to a gateway, payload after payload; a sensor's card, a gateway's
// file of a sensor and its mark of the store; files of measurements. Oracle: nothing is taken into
// the store that no sensor sealed, and rows that are accepted hash as they are printed.
#include "base/ensure.hpp"
#include "sim/file_system.hpp"
#include "sim/random.hpp"
#include "uplink/card.hpp"
#include "uplink/feed.hpp"
#include "uplink/gateway_link.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;
using namespace torgo::uplink;

constexpr std::uint64_t sensor = 17;

/// A gateway that knows one sensor: made once, as its key takes most of the time.
struct World {
    sim::FileSystem files;
    sim::Random random{1};
    std::unique_ptr<GatewayLink> gateway;

    World() {
        gateway = GatewayLink::open(files, random, {.store = "/store", .state = "/state"}).value();
        ENSURE(gateway->enrol(sensor, usual_plan()).has_value());
    }
};

/// Payloads one after the other, each behind its address and size, a byte and two.
void send_to_gateway(ByteView bytes) {
    static World world;
    auto& gateway = *world.gateway;
    while (bytes.size() > 3) {
        const Address from = bytes[0];
        const std::size_t size = bytes[1] | std::size_t{bytes[2]} << 8U;
        bytes = bytes.subspan(3);
        const auto payload = bytes.first(std::min(size, bytes.size()));
        bytes = bytes.subspan(payload.size());
        ENSURE(gateway.receive(from, payload, {.monotonic_ns = 1, .wall_ns = 1}).has_value());
    }
    ENSURE(gateway.flush().has_value());
    while (gateway.has_outbound())
        ENSURE(gateway.pop().has_value());
    ENSURE(gateway.counters().opened == 0 && gateway.counters().exchanges == 0);
    ENSURE(gateway.collector().sources().empty());
}

void load_files(ByteView bytes) {
    sim::FileSystem files;
    ENSURE(env::write_file_atomically(files, "/file", bytes).has_value());
    if (const auto card = Card::load(files, "/file")) {
        ENSURE((*card)->save((*card)->content().marks).has_value());
        ENSURE(std::ranges::equal(env::read_file(files, "/file", bytes.size()).value(), bytes));
    }
    if (const auto file = SensorFile::load(files, "/file")) ENSURE((*file)->write().has_value());
    auto mark = StoreMark::open(files, "/file").value();
    ENSURE(mark.records().has_value() && mark.note(17).has_value());
    ENSURE(StoreMark::open(files, "/file").value().records() == 17);
}

void read_feed(ByteView bytes) {
    const auto feed = Feed::parse(as_text(bytes), 1);
    if (!feed) return;
    for (const auto& row : feed->rows())
        ENSURE(feed->hash_of(row.reading) == row.hash && row.period_ns >= 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    send_to_gateway(bytes);
    load_files(bytes);
    read_feed(bytes);
    return 0;
}
