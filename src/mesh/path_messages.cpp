#include "mesh/path_messages.hpp"

namespace torgo::mesh {

namespace {

constexpr std::uint16_t length_present = 0x8000;

template <class Out>
void put(Out& out, const AddressRange& range) {
    const bool is_long = range.count > 1;
    out.be16(range.first | (is_long ? length_present : 0U));
    if (is_long) out.u8(range.count);
}

std::optional<AddressRange> read_range(Fields& in) {
    const auto first = in.be16();
    AddressRange out{.first = static_cast<Address>(first & unicast_max)};
    if ((first & length_present) != 0) {
        out.count = in.u8();
        if (out.count < 2) return std::nullopt;
    }
    if (!in.ok() || !is_unicast(out.first) || out.first + out.count - 1 > unicast_max)
        return std::nullopt;
    return out;
}

} // namespace

Buffer<unsegmented_control_max> encode(const PathRequest& message) {
    // Two long ranges would take one byte more than fits: a dependent node goes in the short form.
    Buffer<unsegmented_control_max> out;
    const bool dependent = message.dependent.first != unassigned;
    out.u8((dependent ? 0x80U : 0U) | static_cast<unsigned>(message.lifetime) << 2U |
           (message.long_discovery ? 2U : 0U));
    out.u8(message.number).u8(message.metric).be16(message.destination);
    put(out, message.origin);
    if (dependent) put(out, message.dependent);
    return out;
}

std::optional<PathRequest> decode_path_request(ByteView parameters) {
    Fields in(parameters);
    const auto flags = in.u8();
    PathRequest out{.lifetime = static_cast<std::uint8_t>(flags >> 2U & 3U),
                    .long_discovery = (flags & 2U) != 0,
                    .number = in.u8()};
    out.metric = in.u8();
    out.destination = in.be16();
    const auto origin = read_range(in);
    if (!origin || (flags & 0x71U) != 0 || !is_unicast(out.destination)) return std::nullopt;
    out.origin = *origin;
    if ((flags & 0x80U) != 0) {
        const auto dependent = read_range(in);
        if (!dependent || origin->contains(dependent->first)) return std::nullopt;
        out.dependent = *dependent;
    }
    return in.done() ? std::optional(out) : std::nullopt;
}

Buffer<unsegmented_control_max> encode(const PathReply& message) {
    Buffer<unsegmented_control_max> out;
    const bool dependent = message.dependent.first != unassigned;
    out.u8(0x80U | (dependent ? 0x40U : 0U) | (message.confirm ? 0x20U : 0U));
    out.be16(message.origin).u8(message.number);
    put(out, message.target);
    if (dependent) put(out, message.dependent);
    return out;
}

std::optional<PathReply> decode_path_reply(ByteView parameters) {
    Fields in(parameters);
    const auto flags = in.u8();
    PathReply out{.confirm = (flags & 0x20U) != 0, .origin = in.be16()};
    out.number = in.u8();
    const auto target = read_range(in);
    if (!target || (flags & 0x9FU) != 0x80U || !is_unicast(out.origin)) return std::nullopt;
    out.target = *target;
    if ((flags & 0x40U) != 0) {
        const auto dependent = read_range(in);
        if (!dependent) return std::nullopt;
        out.dependent = *dependent;
    }
    return in.done() ? std::optional(out) : std::nullopt;
}

Buffer<unsegmented_control_max> encode(const PathConfirmation& message) {
    Buffer<unsegmented_control_max> out;
    out.be16(message.origin).be16(message.target);
    return out;
}

std::optional<PathConfirmation> decode_path_confirmation(ByteView parameters) {
    Fields in(parameters);
    PathConfirmation out{.origin = in.be16()};
    out.target = in.be16();
    const bool good = is_unicast(out.origin) && is_unicast(out.target);
    return in.done() && good ? std::optional(out) : std::nullopt;
}

} // namespace torgo::mesh
