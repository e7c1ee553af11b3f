#include "reading/record.hpp"

#include <algorithm>

namespace torgo::reading {

namespace {
constexpr std::uint8_t sent_kind = 1;
constexpr std::uint8_t gone_kind = 2;
constexpr std::uint8_t arrival_flag = 0x01;
constexpr std::uint8_t line_flag = 0x02;
constexpr std::uint8_t value_missing = 0xFF;

void put_sent(const Sent& sent, Writer& out) {
    const auto& reading = sent.reading;
    out.put(sent_kind).put(reading.source).varint(reading.number);
    out.put(reading.profile).put(sent.slot).put(static_cast<std::uint8_t>(reading.quality));
    out.put(static_cast<std::uint8_t>((reading.time_of_arrival ? arrival_flag : 0) |
                                      (sent.period_ns ? line_flag : 0)));
    out.put(reading.time.digits).varint(static_cast<std::uint64_t>(reading.time.ns));
    if (sent.period_ns) out.varint(static_cast<std::uint64_t>(*sent.period_ns));
    for (std::size_t i = 0; i < find_profile(reading.profile)->fields.size(); ++i) {
        const auto& value = reading.values[i];
        out.put(value ? value->digits : value_missing);
        if (value) out.signed_varint(value->mantissa);
    }
}

Result<> get_values(Reader& in, Reading& reading, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        TRY(const auto digits, in.get<std::uint8_t>());
        if (digits == value_missing) continue;
        Decimal value{.mantissa = 0, .digits = digits};
        TRY(value.mantissa, in.signed_varint());
        if (!is_valid(value)) return fail(Errc::corrupt, "a value out of range");
        reading.values[i] = value;
    }
    return {};
}

Result<Record> get_sent(Reader& in) {
    Sent out;
    auto& reading = out.reading;
    TRY(reading.source, in.get<std::uint64_t>());
    TRY(reading.number, in.varint());
    TRY(reading.profile, in.get<std::uint8_t>());
    TRY(out.slot, in.get<std::uint8_t>());
    TRY(const auto quality, in.get<std::uint8_t>());
    TRY(const auto flags, in.get<std::uint8_t>());
    TRY(reading.time.digits, in.get<std::uint8_t>());
    TRY(const auto ns, in.varint(static_cast<std::uint64_t>(moment_max)));
    const auto* const profile = find_profile(reading.profile);
    if (profile == nullptr) return fail(Errc::unsupported, "a reading of an unknown profile");
    if (quality > 2 || flags > (arrival_flag | line_flag) || out.slot >= Plan::slots)
        return fail(Errc::corrupt, "a malformed reading");
    reading.quality = static_cast<Quality>(quality);
    reading.time_of_arrival = (flags & arrival_flag) != 0;
    reading.time.ns = static_cast<std::int64_t>(ns);
    if (!is_valid(reading.time)) return fail(Errc::corrupt, "a malformed time");
    if ((flags & line_flag) != 0) {
        TRY(const auto period, in.varint(static_cast<std::uint64_t>(moment_max)));
        out.period_ns = static_cast<std::int64_t>(period);
    }
    CHECK_OK(get_values(in, reading, profile->fields.size()));
    CHECK_OK(in.done());
    return out;
}
} // namespace

void encode(const Record& record, Writer& out) {
    if (const auto* const sent = std::get_if<Sent>(&record)) {
        put_sent(*sent, out);
        return;
    }
    const auto& gone = std::get<GoneRecord>(record);
    out.put(gone_kind).put(gone.source).varint(gone.gone.first).varint(gone.gone.count);
}

Result<Record> decode_record(ByteView bytes) {
    Reader in(bytes);
    TRY(const auto kind, in.get<std::uint8_t>());
    if (kind == sent_kind) return get_sent(in);
    if (kind != gone_kind) return fail(Errc::unsupported, "a record of an unknown kind");
    GoneRecord out;
    TRY(out.source, in.get<std::uint64_t>());
    TRY(out.gone.first, in.varint());
    TRY(out.gone.count, in.varint());
    CHECK_OK(in.done());
    return out;
}

} // namespace torgo::reading
