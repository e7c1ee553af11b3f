// Bytes from a Bluetooth controller that was told to listen. Oracle: whole or byte by byte, the
// same is heard and the same goes wrong; and what is heard fits an advertisement.
#include "base/ensure.hpp"
#include "bluez/hci.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using torgo::Bytes;
using torgo::ByteView;

struct Heard {
    std::vector<Bytes> frames;
    bool failed = false;
    std::uint64_t malformed = 0;

    bool operator==(const Heard&) const = default;
};

Heard hear(ByteView input, std::size_t piece) {
    Heard heard;
    torgo::bluez::HciBearer bearer({}, {1, 2, 3, 4, 5, 6}, [&](ByteView frame, std::int8_t) {
        ENSURE(!frame.empty() && frame.size() <= 30);
        heard.frames.emplace_back(frame.begin(), frame.end());
    });
    ENSURE(bearer.send(Bytes{0x2a, 1}).has_value());
    (void)bearer.next_packet(0);
    while (!input.empty() && !heard.failed) {
        const auto size = std::min(piece, input.size());
        heard.failed = !bearer.receive(input.first(size), 0).has_value();
        input = input.subspan(size);
    }
    heard.malformed = bearer.counts().malformed;
    (void)bearer.next_packet(1);
    return heard;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input(data, size);
    const auto whole = hear(input, size == 0 ? 1 : size);
    ENSURE(whole == hear(input, 1));
    ENSURE(whole == hear(input, 7));
    return 0;
}
