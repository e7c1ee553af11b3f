#include "envelope/exchange.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "crypto/mac.hpp"
#include "envelope/fragments.hpp"

#include <algorithm>

namespace torgo::envelope {

namespace {
constexpr std::uint8_t version = 1;

using Confirmation = std::array<std::uint8_t, confirmation_size>;

Confirmation confirm(const crypto::SecretBytes& key, std::string_view what, std::uint32_t epoch,
                     std::uint64_t sensor, ByteView bytes) {
    Writer head;
    head.raw(as_bytes(what)).put(epoch).put(sensor);
    const auto code = crypto::HmacSha256(key.view())({head.view(), bytes});
    Confirmation out{};
    std::ranges::copy(code.view().first(confirmation_size), out.begin());
    return out;
}

/// [ENVELOPE-11]
Confirmation confirm_offer(const EpochKeys& keys, std::uint32_t epoch, std::uint64_t sensor,
                           ByteView ciphertext) {
    return confirm(keys.confirm_up, "offer", epoch, sensor, ciphertext);
}

/// [ENVELOPE-13]
Confirmation confirm_answer(const EpochKeys& keys, std::uint32_t epoch, std::uint64_t sensor,
                            const Confirmation& offer) {
    return confirm(keys.confirm_down, "answer", epoch, sensor, offer);
}
} // namespace

Result<SensorExchange> SensorExchange::begin(const Provision& provision,
                                             ByteView gateway_public_key, std::uint32_t epoch,
                                             const crypto::SecretBytes& entropy,
                                             std::uint16_t company) {
    // [ENVELOPE-12]
    if (crypto::sha256(gateway_public_key) != provision.gateway_key)
        return fail(Errc::authentication, "not the gateway's key that was pinned");
    TRY(const auto made, crypto::encapsulate(gateway_public_key, entropy));
    SensorExchange out;
    out.m_sensor = provision.sensor;
    out.m_epoch = epoch;
    out.m_keys = derive_keys(provision, epoch, made.ciphertext, made.secret);
    out.m_confirmation = confirm_offer(out.m_keys, epoch, provision.sensor, made.ciphertext);
    Writer offer;
    offer.put(version).put(provision.sensor).raw(made.ciphertext).raw(out.m_confirmation);
    out.m_messages = split(offer.view(), epoch, opcode_of(Kind::offer, 0, 0, company));
    return out;
}

Result<EpochKeys> SensorExchange::finish(const Message& answer) const {
    if (answer.kind != Kind::answer) return fail(Errc::corrupt, "not an answer");
    Reader in(answer.parameters);
    TRY(const auto epoch, in.get<std::uint32_t>());
    TRY(const auto code, in.raw(confirmation_size));
    CHECK_OK(in.done());
    if (epoch != m_epoch) return fail(Errc::not_found, "the answer to another offer");
    const auto expected = confirm_answer(m_keys, epoch, m_sensor, m_confirmation);
    if (!crypto::equal_constant_time(code, expected))
        return fail(Errc::authentication, "the gateway's answer does not verify");
    return m_keys.copy();
}

Result<Offer> decode_offer(ByteView message, std::uint32_t epoch) {
    Reader in(message);
    TRY(const auto found, in.get<std::uint8_t>());
    if (found != version) return fail(Errc::unsupported, "an offer of another version");
    Offer offer{.sensor = 0, .epoch = epoch, .ciphertext = {}, .confirmation = {}};
    TRY(offer.sensor, in.get<std::uint64_t>());
    TRY(const auto ciphertext, in.raw(crypto::kem_ciphertext_size));
    TRY(const auto code, in.raw(confirmation_size));
    CHECK_OK(in.done());
    offer.ciphertext.assign(ciphertext.begin(), ciphertext.end());
    std::ranges::copy(code, offer.confirmation.begin());
    return offer;
}

Result<Accepted> accept(const crypto::KemKey& key, const Provision& provision, const Offer& offer,
                        std::uint16_t company) {
    if (offer.sensor != provision.sensor)
        return fail(Errc::authentication, "another sensor's offer");
    TRY(const auto secret, key.decapsulate(offer.ciphertext));
    auto keys = derive_keys(provision, offer.epoch, offer.ciphertext, secret);
    const auto expected = confirm_offer(keys, offer.epoch, offer.sensor, offer.ciphertext);
    if (!crypto::equal_constant_time(offer.confirmation, expected))
        return fail(Errc::authentication, "the sensor's offer does not verify");
    Writer answer;
    answer.raw(opcode_of(Kind::answer, 0, 0, company)).put(offer.epoch);
    answer.raw(confirm_answer(keys, offer.epoch, offer.sensor, expected));
    return Accepted{.keys = std::move(keys), .answer = std::move(answer).take()};
}

std::vector<Bytes> public_key_messages(ByteView public_key, std::uint16_t company) {
    return split(public_key, 0, opcode_of(Kind::key_part, 0, 0, company));
}

Bytes key_request(std::uint16_t company) {
    const auto opcode = opcode_of(Kind::key_request, 0, 0, company);
    return {opcode.begin(), opcode.end()};
}

} // namespace torgo::envelope
