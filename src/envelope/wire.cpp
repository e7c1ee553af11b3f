#include "envelope/wire.hpp"

#include <optional>

namespace torgo::envelope {

namespace {
constexpr std::uint8_t vendor_mark = 0xC0; // Mesh Protocol 1.1, 3.7.3.1: two high bits set
constexpr std::uint8_t number_mask = 0x3F;

struct Range {
    Kind kind;
    std::uint8_t first; ///< of six bits
    std::uint8_t count;
};

/// [ENVELOPE-2]
constexpr std::array<Range, 8> ranges{{
    {.kind = Kind::short_up, .first = 0x10, .count = 16},
    {.kind = Kind::short_down, .first = 0x20, .count = 2},
    {.kind = Kind::long_up, .first = 0x22, .count = 2},
    {.kind = Kind::long_down, .first = 0x24, .count = 2},
    {.kind = Kind::offer, .first = 0x26, .count = 1},
    {.kind = Kind::answer, .first = 0x27, .count = 1},
    {.kind = Kind::key_request, .first = 0x28, .count = 1},
    {.kind = Kind::key_part, .first = 0x29, .count = 1},
}};

std::optional<Range> range_of(std::uint8_t number) {
    for (const auto& range : ranges)
        if (number >= range.first && number - range.first < range.count) return range;
    return std::nullopt;
}
} // namespace

std::array<std::uint8_t, opcode_size> opcode_of(Kind kind, unsigned parity, unsigned slot,
                                                std::uint16_t company) {
    std::uint8_t number = 0;
    for (const auto& range : ranges) {
        if (range.kind != kind) continue;
        number = static_cast<std::uint8_t>(range.first + (2 * slot + (parity & 1U)) % range.count);
    }
    return {static_cast<std::uint8_t>(vendor_mark | number),
            static_cast<std::uint8_t>(company & 0xFFU), static_cast<std::uint8_t>(company >> 8U)};
}

Result<Message> parse(ByteView payload, std::uint16_t company) {
    if (payload.size() > access_payload_max)
        return fail(Errc::limit_exceeded, "more than an access payload holds");
    if (payload.size() < opcode_size) return fail(Errc::corrupt, "no vendor message");
    const auto number = static_cast<std::uint8_t>(payload[0] & number_mask);
    const auto sent = static_cast<std::uint16_t>(payload[1] | payload[2] << 8U);
    const auto range = range_of(number);
    if ((payload[0] & vendor_mark) != vendor_mark || sent != company || !range)
        return fail(Errc::unsupported, "not a message of this model");
    const unsigned offset = static_cast<unsigned>(number - range->first);
    return Message{.kind = range->kind,
                   .parity = static_cast<std::uint8_t>(offset & 1U),
                   .slot = static_cast<std::uint8_t>(offset >> 1U),
                   .opcode = {payload[0], payload[1], payload[2]},
                   .parameters = payload.subspan(opcode_size)};
}

} // namespace torgo::envelope
