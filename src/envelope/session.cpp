#include "envelope/session.hpp"

#include "base/codec.hpp"
#include "crypto/ccm.hpp"
#include "envelope/secret_writer.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace torgo::envelope {

namespace {
constexpr std::uint8_t state_version = 1;
constexpr std::size_t state_size_max = 512;
constexpr std::uint64_t numbers_left_min = std::uint64_t{1} << 32U;

/// [ENVELOPE-4]
crypto::Ccm256Nonce nonce_of(Kind kind, std::uint32_t epoch, std::uint64_t number) {
    crypto::Ccm256Nonce out{};
    out[0] = static_cast<std::uint8_t>(kind);
    for (std::size_t i = 0; i < sizeof epoch; ++i)
        out[1 + i] = static_cast<std::uint8_t>(epoch >> (8 * i));
    for (std::size_t i = 0; i < number_size; ++i)
        out[1 + sizeof epoch + i] = static_cast<std::uint8_t>(number >> (8 * i));
    return out;
}

void put_number(Writer& out, std::uint64_t number) {
    for (std::size_t i = 0; i < number_size; ++i)
        out.put(static_cast<std::uint8_t>(number >> (8 * i)));
}

std::uint64_t number_at(ByteView bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < number_size; ++i)
        number |= std::uint64_t{bytes[i]} << (8 * i);
    return number;
}

const crypto::SecretBytes& key_for(const EpochKeys& keys, Kind kind) {
    switch (kind) {
    case Kind::short_up:
        return keys.short_up;
    case Kind::short_down:
        return keys.short_down;
    case Kind::long_up:
        return keys.long_up;
    default:
        return keys.long_down;
    }
}

Bytes joined(ByteView a, ByteView b, ByteView c = {}) {
    Bytes out(a.begin(), a.end());
    out.insert(out.end(), b.begin(), b.end());
    out.insert(out.end(), c.begin(), c.end());
    return out;
}
} // namespace

Result<> Session::install(std::uint32_t epoch, EpochKeys keys) {
    if (epoch <= m_newest) return fail(Errc::invalid_argument, "not a newer epoch");
    auto& place = m_epochs[epoch & 1U];
    auto& other = m_epochs[(epoch + 1) & 1U];
    // Two offers in a row may have gone lost: whatever is not the newest before this one ends.
    if (other && other->number != m_newest) other.reset();
    place = Epoch{.number = epoch, .failed = 0, .keys = std::move(keys)};
    m_newest = epoch;
    const bool old_is_there = other && other->number == m_sending;
    if (m_side == Side::sensor || !old_is_there) m_sending = m_side == Side::sensor ? epoch : 0;
    m_failed_in_a_row = 0;
    return {};
}

void Session::drop_previous() {
    for (auto& epoch : m_epochs)
        if (epoch && epoch->number != m_newest) epoch.reset();
    if (m_sending != m_newest) m_sending = 0;
}

bool Session::has_previous() const noexcept {
    return std::ranges::any_of(
        m_epochs, [&](const auto& epoch) { return epoch && epoch->number != m_newest; });
}

Result<Session::Epoch*> Session::sending() {
    for (auto& epoch : m_epochs)
        if (epoch && epoch->number == m_sending) return &*epoch;
    return fail(Errc::unavailable, "no keys to send with yet");
}

Result<SealedShort> Session::seal_short(std::uint8_t slot, const ShortValue& value) {
    const bool up = m_side == Side::sensor;
    if (slot >= (up ? slot_count : 1)) return fail(Errc::limit_exceeded, "no such slot");
    TRY(auto* const epoch, sending());
    TRY(const auto number, m_numbers.take_short());
    const auto kind = up ? Kind::short_up : Kind::short_down;
    const auto opcode = opcode_of(kind, epoch->number, slot, m_company);
    const std::uint8_t low = number & 0xFFU;
    TRY(const auto sealed,
        crypto::ccm_seal(key_for(epoch->keys, kind), nonce_of(kind, epoch->number, number), opcode,
                         value, short_tag_size)); // [ENVELOPE-3]
    return SealedShort{.number = number, .payload = joined(opcode, {&low, 1}, sealed)};
}

Result<std::uint64_t> Session::take_number() {
    return m_numbers.take_short();
}

Result<Bytes> Session::seal_long(ByteView body) {
    if (body.empty() || body.size() > body_max)
        return fail(Errc::limit_exceeded, "a body that no long envelope holds");
    TRY(auto* const epoch, sending());
    TRY(const auto number, m_numbers.take_long());
    const auto kind = m_side == Side::sensor ? Kind::long_up : Kind::long_down;
    Writer head;
    head.raw(opcode_of(kind, epoch->number, 0, m_company));
    put_number(head, number);
    Writer plain;
    put_number(plain, std::min(m_numbers.next_short(), number_max));
    plain.raw(body);
    TRY(const auto sealed,
        crypto::ccm_seal(key_for(epoch->keys, kind), nonce_of(kind, epoch->number, number),
                         head.view(), plain.view(), long_tag_size)); // [ENVELOPE-5]
    m_told_epoch = epoch->number;
    m_told_next = m_numbers.next_short();
    return joined(head.view(), sealed);
}

/// [ENVELOPE-8]
bool Session::wants_long() const noexcept {
    if (m_sending == 0) return false;
    return m_told_epoch != m_sending || m_numbers.next_short() - m_told_next >= long_every;
}

Result<Opened> Session::open(ByteView payload) {
    TRY(const auto message, parse(payload, m_company));
    const bool from_sensor = message.kind == Kind::short_up || message.kind == Kind::long_up;
    const bool from_gateway = message.kind == Kind::short_down || message.kind == Kind::long_down;
    if (!(m_side == Side::gateway ? from_sensor : from_gateway))
        return fail(Errc::unsupported, "not an envelope of the other side");
    auto& epoch = m_epochs[message.parity];
    if (!epoch) return fail(Errc::not_found, "an envelope of an epoch that is not there");
    const bool is_short = message.kind == Kind::short_up || message.kind == Kind::short_down;
    auto opened = is_short ? open_short(message, *epoch) : open_long(message, *epoch);
    if (opened) {
        note_opened(*epoch);
        m_counters.opened += 1;
    } else if (opened.error().code() == Errc::exists) {
        m_counters.replayed += 1;
    } else if (opened.error().code() == Errc::authentication) {
        m_counters.failed += 1;
    }
    return opened;
}

void Session::note_opened(const Epoch& epoch) {
    m_failed_in_a_row = 0;
    if (epoch.number > m_sending) m_sending = epoch.number;
}

Result<Opened> Session::open_short(const Message& message, Epoch& epoch) {
    if (message.parameters.size() != short_size - opcode_size)
        return fail(Errc::corrupt, "a short envelope of a wrong size");
    if (epoch.failed >= failed_tags_max) {
        m_counters.skipped += 1;
        return fail(Errc::limit_exceeded, "too many wrong tags in this epoch");
    }
    if (is_out_of_step()) {
        m_counters.skipped += 1;
        return fail(Errc::unavailable, "out of step until a long envelope comes");
    }
    const auto number = m_shorts.expand(message.parameters[0]);
    // The tag comes first: a repeat is told from a number that was guessed wrong only by it.
    const auto plain = crypto::ccm_open(
        key_for(epoch.keys, message.kind), nonce_of(message.kind, epoch.number, number),
        message.opcode, message.parameters.subspan(1), short_tag_size);
    if (!plain) {
        epoch.failed += 1;
        m_failed_in_a_row += 1;
        return std::unexpected(plain.error());
    }
    if (m_shorts.is_used(number)) return fail(Errc::exists, "a short envelope came again");
    m_shorts.take(number);
    Opened out;
    out.kind = message.kind;
    out.slot = message.slot;
    out.epoch = epoch.number;
    out.number = number;
    std::ranges::copy(*plain, out.value.begin());
    return out;
}

Result<Opened> Session::open_long(const Message& message, Epoch& epoch) {
    constexpr auto fixed = long_overhead - opcode_size;
    if (message.parameters.size() <= fixed)
        return fail(Errc::corrupt, "a long envelope of a wrong size");
    const auto number = number_at(message.parameters);
    if (m_longs.is_used(number)) return fail(Errc::exists, "a long envelope came again");
    const auto head = joined(message.opcode, message.parameters.first(number_size));
    TRY(const auto plain, crypto::ccm_open(key_for(epoch.keys, message.kind),
                                           nonce_of(message.kind, epoch.number, number), head,
                                           message.parameters.subspan(number_size), long_tag_size));
    m_longs.take(number);
    Opened out;
    out.kind = message.kind;
    out.epoch = epoch.number;
    out.number = number;
    out.next = number_at(plain);
    out.body.assign(plain.begin() + number_size, plain.end());
    if (out.next > 0) m_shorts.advance(out.next - 1);
    return out;
}

bool Session::wants_new_epoch() const {
    if (m_numbers.left() < numbers_left_min) return true;
    return std::ranges::any_of(m_epochs, [&](const auto& epoch) {
        return epoch && epoch->number == m_newest && epoch->failed >= failed_tags_max / 2;
    });
}

crypto::SecretBytes Session::save() const {
    SecretWriter out(state_size_max);
    out.put(state_version).put(m_newest).put(m_sending);
    out.put(m_shorts.highest()).put(m_longs.highest());
    for (const auto& epoch : m_epochs) {
        out.put(std::uint8_t{epoch.has_value()});
        if (!epoch) continue;
        out.put(epoch->number).put(epoch->failed);
        for (const auto kind : {Kind::short_up, Kind::short_down, Kind::long_up, Kind::long_down})
            out.raw(key_for(epoch->keys, kind).view());
    }
    return out.take();
}

Result<Session> Session::restore(ByteView state, Numbers numbers, std::uint16_t company) {
    Reader in(state);
    TRY(const auto version, in.get<std::uint8_t>());
    if (version != state_version) return fail(Errc::unsupported, "a session of another version");
    Session out(Side::gateway, std::move(numbers), company);
    TRY(out.m_newest, in.get<std::uint32_t>());
    TRY(out.m_sending, in.get<std::uint32_t>());
    for (auto* const window : {&out.m_shorts, &out.m_longs}) {
        TRY(const auto highest, in.get<std::uint64_t>());
        window->advance(highest);
        window->close();
    }
    for (auto& place : out.m_epochs) {
        TRY(const auto there, in.get<std::uint8_t>());
        if (there > 1) return fail(Errc::corrupt, "a malformed session");
        if (there == 0) continue;
        Epoch epoch;
        TRY(epoch.number, in.get<std::uint32_t>());
        TRY(epoch.failed, in.get<std::uint32_t>());
        for (auto* const key : {&epoch.keys.short_up, &epoch.keys.short_down, &epoch.keys.long_up,
                                &epoch.keys.long_down}) {
            TRY(const auto bytes, in.raw(crypto::ccm_key_size));
            *key = crypto::SecretBytes::copy_of(bytes);
        }
        place = std::move(epoch);
    }
    CHECK_OK(in.done());
    return out;
}

} // namespace torgo::envelope
