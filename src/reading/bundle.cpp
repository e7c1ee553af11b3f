#include "reading/bundle.hpp"

#include "base/codec.hpp"

#include <algorithm>
#include <limits>

namespace torgo::reading {

namespace {
constexpr std::uint8_t bundle_kind = 1;
constexpr std::uint8_t ack_kind = 2;
constexpr std::uint8_t slot_mask = 0x07;
constexpr std::uint8_t line_flag = 0x08;
constexpr std::uint8_t packed_flag = 0x10;
constexpr std::uint8_t flags_known = slot_mask | line_flag | packed_flag;
constexpr std::uint8_t value_missing = 0xFF;
constexpr unsigned nibble = 4;
constexpr std::uint64_t number_max = (std::uint64_t{1} << 48U) - 1;

/// What the next reading is told relative to.
struct Before {
    std::uint64_t number = 0;
    std::int64_t time_ns = 0;
    std::array<std::array<std::int64_t, values_max>, Plan::slots> q{};
};

std::int64_t q_of(const Field& field, const std::optional<Decimal>& value) {
    const auto q = field.quantise(value);
    return q ? std::int64_t{*q} : -1;
}

bool fits_fields(const Profile& profile, const Reading& reading) {
    for (std::size_t i = 0; i < profile.fields.size(); ++i)
        if (!profile.fields[i].quantise(reading.values[i])) return false;
    return true;
}

void put_values(Writer& out, const Profile& profile, const Reading& reading, bool packed,
                std::array<std::int64_t, values_max>& q) {
    for (std::size_t i = 0; i < profile.fields.size(); ++i) {
        const auto& value = reading.values[i];
        if (packed) {
            const auto now = q_of(profile.fields[i], value);
            out.signed_varint(now - q[i]);
            q[i] = now;
        } else if (!value) {
            out.put(value_missing);
        } else {
            out.put(value->digits).signed_varint(value->mantissa);
        }
    }
}

void put_sent(Writer& out, const Sent& sent, const Profile& profile, Before& before) {
    const auto& reading = sent.reading;
    const bool packed = fits_fields(profile, reading);
    out.put(static_cast<std::uint8_t>(sent.slot | (sent.period_ns ? line_flag : 0) |
                                      (packed ? packed_flag : 0)));
    out.put(static_cast<std::uint8_t>(static_cast<unsigned>(reading.quality) << nibble |
                                      reading.time.digits));
    const auto unit = unit_of(reading.time.digits);
    out.varint(reading.number - before.number);
    out.signed_varint(reading.time.ns / unit - before.time_ns / unit);
    if (sent.period_ns) out.varint(static_cast<std::uint64_t>(*sent.period_ns / unit));
    put_values(out, profile, reading, packed, before.q[sent.slot]);
    before.number = reading.number;
    before.time_ns = reading.time.ns;
}

Result<> get_packed(Reader& in, const Profile& profile, Reading& reading,
                    std::array<std::int64_t, values_max>& q) {
    for (std::size_t i = 0; i < profile.fields.size(); ++i) {
        const auto& field = profile.fields[i];
        TRY(const auto delta, in.signed_varint());
        const auto missing = std::int64_t{field.missing()};
        if (delta < -missing || delta > missing) return fail(Errc::corrupt, "a value out of range");
        q[i] += delta;
        if (q[i] < 0 || q[i] > missing) return fail(Errc::corrupt, "a value out of range");
        reading.values[i] = field.expand(static_cast<std::uint32_t>(q[i]));
    }
    return {};
}

Result<> get_wide(Reader& in, const Profile& profile, Reading& reading) {
    for (std::size_t i = 0; i < profile.fields.size(); ++i) {
        TRY(const auto digits, in.get<std::uint8_t>());
        if (digits == value_missing) continue;
        Decimal value{.mantissa = 0, .digits = digits};
        TRY(value.mantissa, in.signed_varint());
        if (!is_valid(value)) return fail(Errc::corrupt, "a value out of range");
        reading.values[i] = value;
    }
    // One spelling for each reading: what can be packed is.
    if (fits_fields(profile, reading)) return fail(Errc::corrupt, "a value in its longer form");
    return {};
}

Result<Moment> get_time(Reader& in, std::uint8_t digits, std::int64_t before_ns) {
    if (digits > moment_digits_max) return fail(Errc::corrupt, "a time with too many digits");
    const auto unit = unit_of(digits);
    TRY(const auto delta, in.signed_varint());
    const auto limit = moment_max / unit;
    if (delta < -limit || delta > limit) return fail(Errc::corrupt, "a time out of range");
    const auto before = before_ns / unit;
    // Compared before it is added: with nine digits the sum of two times leaves 64 bits.
    if (delta < -before || delta >= limit - before)
        return fail(Errc::corrupt, "a time out of range");
    return Moment{.ns = (before + delta) * unit, .digits = digits};
}

Result<Sent> get_sent(Reader& in, const Plan& plan, Before& before) {
    Sent out;
    TRY(const auto head, in.get<std::uint8_t>());
    TRY(const auto second, in.get<std::uint8_t>());
    out.slot = head & slot_mask;
    const auto* const profile = plan.profile_of(out.slot);
    if (profile == nullptr) return fail(Errc::unsupported, "a slot without a profile");
    if ((head & ~flags_known) != 0 || second >> nibble > 2)
        return fail(Errc::corrupt, "a malformed reading");
    auto& reading = out.reading;
    reading.profile = profile->id;
    reading.quality = static_cast<Quality>(second >> nibble);
    TRY(const auto step, in.varint(number_max));
    if (step == 0 || step > number_max - before.number)
        return fail(Errc::corrupt, "numbers of readings that do not rise");
    reading.number = before.number + step;
    TRY(reading.time, get_time(in, second & 0x0FU, before.time_ns));
    if ((head & line_flag) != 0) {
        const auto unit = unit_of(reading.time.digits);
        TRY(const auto units, in.varint(static_cast<std::uint64_t>(moment_max / unit)));
        out.period_ns = static_cast<std::int64_t>(units) * unit;
    }
    if ((head & packed_flag) != 0)
        CHECK_OK(get_packed(in, *profile, reading, before.q[out.slot]));
    else
        CHECK_OK(get_wide(in, *profile, reading));
    before.number = reading.number;
    before.time_ns = reading.time.ns;
    return out;
}

Bytes head_of(const Bundle& bundle, std::size_t readings) {
    Writer out;
    out.put(bundle_kind).put(static_cast<std::uint8_t>(bundle.gone.size()));
    for (const auto& gone : bundle.gone)
        out.varint(gone.first).varint(gone.count);
    out.varint(readings);
    return std::move(out).take();
}
} // namespace

EncodedBundle encode(const Bundle& bundle, const Plan& plan) {
    const auto head_size = head_of(bundle, bundle_readings_max).size();
    Before before;
    Bytes body;
    EncodedBundle out;
    for (const auto& sent : bundle.readings) {
        if (out.readings == bundle_readings_max) break;
        Writer one;
        put_sent(one, sent, *plan.profile_of(sent.slot), before);
        if (head_size + body.size() + one.size() > bundle_size_max) break;
        body.insert(body.end(), one.view().begin(), one.view().end());
        out.readings += 1;
    }
    out.body = head_of(bundle, out.readings);
    out.body.insert(out.body.end(), body.begin(), body.end());
    return out;
}

Result<Bundle> decode_bundle(ByteView body, const Plan& plan, std::uint64_t source) {
    Reader in(body);
    TRY(const auto kind, in.get<std::uint8_t>());
    if (kind != bundle_kind) return fail(Errc::unsupported, "not a bundle of readings");
    Bundle out;
    TRY(const auto gone_count, in.get<std::uint8_t>());
    if (gone_count > bundle_gone_max) return fail(Errc::limit_exceeded, "too many gaps");
    for (std::uint8_t i = 0; i < gone_count; ++i) {
        Gone gone;
        TRY(gone.first, in.varint(number_max));
        TRY(gone.count, in.varint(number_max));
        if (gone.first == 0 || gone.count == 0 || gone.count - 1 > number_max - gone.first)
            return fail(Errc::corrupt, "a malformed gap");
        out.gone.push_back(gone);
    }
    TRY(const auto count, in.varint(bundle_readings_max));
    Before before;
    for (std::uint64_t i = 0; i < count; ++i) {
        TRY(auto sent, get_sent(in, plan, before));
        sent.reading.source = source;
        out.readings.push_back(std::move(sent));
    }
    CHECK_OK(in.done());
    return out;
}

bool Ack::has(std::uint64_t number) const noexcept {
    if (number <= cumulative) return true;
    const auto bit = number - cumulative - 1;
    return bit / 8 < bitmap.size() && (bitmap[bit / 8] >> (bit % 8) & 1U) != 0;
}

std::optional<Packed> encode_small(const Ack& ack) {
    if (ack.bitmap.size() > 1) return std::nullopt;
    return Packed{static_cast<std::uint8_t>(ack.cumulative),
                  static_cast<std::uint8_t>(ack.cumulative >> 8U),
                  ack.bitmap.empty() ? std::uint8_t{0} : ack.bitmap[0]};
}

Ack decode_small_ack(const Packed& packed, std::uint64_t oldest) {
    // From one below the oldest that waits: everything before it is acknowledged already.
    const auto base = oldest > 0 ? oldest - 1 : 0;
    const auto low = static_cast<std::uint16_t>(packed[0] | packed[1] << 8U);
    const auto above = static_cast<std::uint16_t>(low - static_cast<std::uint16_t>(base));
    Ack out;
    // The upper half is an ack from before that one, which tells nothing new.
    if (above >= 0x8000U) return out;
    out.cumulative = base + above;
    if (packed[2] != 0) out.bitmap = {packed[2]};
    return out;
}

/// [READING-23]
Bytes encode(Request request) {
    return {static_cast<std::uint8_t>(request)};
}

std::optional<Request> decode_request(ByteView body) noexcept {
    for (const auto request : {Request::exchange, Request::resend})
        if (body.size() == 1 && body[0] == static_cast<std::uint8_t>(request)) return request;
    return std::nullopt;
}

Bytes encode(const Ack& ack) {
    Writer out;
    out.put(ack_kind).varint(ack.cumulative).blob(ack.bitmap);
    return std::move(out).take();
}

Result<Ack> decode_ack(ByteView body) {
    Reader in(body);
    TRY(const auto kind, in.get<std::uint8_t>());
    if (kind != ack_kind) return fail(Errc::unsupported, "not an acknowledgement");
    Ack out;
    TRY(out.cumulative, in.varint(number_max));
    TRY(const auto bits, in.blob(ack_bits_max / 8));
    CHECK_OK(in.done());
    if (!bits.empty() && bits.back() == 0) return fail(Errc::corrupt, "a bitmap with a tail");
    out.bitmap.assign(bits.begin(), bits.end());
    return out;
}

} // namespace torgo::reading
