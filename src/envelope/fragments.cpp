#include "envelope/fragments.hpp"

#include "base/codec.hpp"
#include "base/ensure.hpp"

#include <algorithm>

namespace torgo::envelope {

namespace {
constexpr unsigned nibble = 4;

struct Part {
    std::uint32_t group = 0;
    std::uint8_t index = 0;
    std::uint8_t count = 0;
    ByteView bytes{};
};

/// [ENVELOPE-21]
Result<Part> parse_part(ByteView parameters) {
    Reader in(parameters);
    Part part;
    TRY(part.group, in.get<std::uint32_t>());
    TRY(const auto place, in.get<std::uint8_t>());
    part.index = place & 0x0FU;
    part.count = static_cast<std::uint8_t>(place >> nibble);
    TRY(part.bytes, in.raw(in.left()));
    const bool last = part.index + 1 == part.count;
    if (part.index >= part.count || part.bytes.empty() || part.bytes.size() > part_size ||
        (!last && part.bytes.size() != part_size))
        return fail(Errc::corrupt, "a malformed part of a message");
    return part;
}
} // namespace

std::vector<Bytes> split(ByteView message, std::uint32_t group,
                         const std::array<std::uint8_t, opcode_size>& opcode) {
    const auto count = (message.size() + part_size - 1) / part_size;
    ENSURE(count > 0 && count <= part_count_max);
    std::vector<Bytes> out;
    for (std::size_t i = 0; i < count; ++i) {
        const auto rest = message.subspan(i * part_size);
        Writer part;
        part.raw(opcode).put(group).put(static_cast<std::uint8_t>(count << nibble | i));
        part.raw(rest.first(std::min(rest.size(), part_size)));
        out.push_back(std::move(part).take());
    }
    return out;
}

void Assembler::clear() {
    m_count = 0;
    m_refused = 0;
    m_parts.fill(std::nullopt);
}

Result<std::optional<Bytes>> Assembler::add(ByteView parameters) {
    TRY(const auto part, parse_part(parameters));
    if (m_count != 0 && part.group < m_group && m_refused < refused_parts_max) {
        m_refused += 1;
        return fail(Errc::exists, "a part of an older message");
    }
    if (part.group != m_group) clear();
    m_group = part.group;
    if (m_count == 0) m_count = part.count;
    auto& place = m_parts[part.index];
    if (part.count != m_count || (place && !std::ranges::equal(*place, part.bytes))) {
        clear();
        return fail(Errc::changed, "parts of a message contradict each other");
    }
    if (!place) m_refused = 0;
    place = Bytes(part.bytes.begin(), part.bytes.end());
    const auto wanted = std::span(m_parts).first(m_count);
    if (!std::ranges::all_of(wanted, [](const auto& one) { return one.has_value(); }))
        return std::optional<Bytes>();
    Bytes whole;
    for (const auto& one : wanted)
        whole.insert(whole.end(), one->begin(), one->end());
    clear();
    return std::optional(std::move(whole));
}

} // namespace torgo::envelope
