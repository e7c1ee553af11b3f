#include "envelope/enrolment.hpp"

#include "base/codec.hpp"
#include "base/ensure.hpp"
#include "crypto/hash.hpp"
#include "envelope/secret_writer.hpp"

#include <utility>

namespace torgo::envelope {

namespace {
constexpr std::uint8_t version = 1;
constexpr std::size_t stored_answer_max = 64;
constexpr std::size_t state_size_max = 512;
} // namespace

Enrolment::Enrolment(Provision provision) : m_provision(std::move(provision)) {
    ENSURE(m_provision.secret.size() == shared_secret_size);
}

Provision Enrolment::with(const crypto::SecretBytes& secret) const {
    return {.sensor = m_provision.sensor,
            .gateway_key = m_provision.gateway_key,
            .secret = crypto::SecretBytes::copy_of(secret.view())};
}

/// [ENVELOPE-13] [ENVELOPE-14]
Result<Enrolment::Answered> Enrolment::answer(const crypto::KemKey& key, const Offer& offer,
                                              std::uint16_t company) {
    const auto hash = crypto::sha256(offer.ciphertext);
    if (offer.epoch == m_epoch && hash == m_offer && !m_answer.empty())
        return Answered{.keys = std::nullopt, .answer = m_answer};
    if (offer.epoch <= m_epoch) return fail(Errc::exists, "the offer of an epoch that has passed");
    auto accepted = accept(key, m_provision, offer, company);
    const bool newest = accepted.has_value();
    if (!newest && !m_previous.empty()) accepted = accept(key, with(m_previous), offer, company);
    if (!accepted) return std::unexpected(std::move(accepted).error());
    // The sensor has just shown which secret it holds; after the answer it has the next one.
    if (newest) m_previous = std::exchange(m_provision.secret, crypto::SecretBytes());
    m_provision.secret = crypto::SecretBytes::copy_of(accepted->keys.next_secret.view());
    m_epoch = offer.epoch;
    m_offer = hash;
    m_answer = accepted->answer;
    return Answered{.keys = std::move(accepted->keys), .answer = std::move(accepted->answer)};
}

bool Enrolment::confirm(std::uint32_t epoch) {
    if (epoch != m_epoch || m_previous.empty()) return false;
    m_previous = crypto::SecretBytes();
    return true;
}

crypto::SecretBytes Enrolment::encode() const {
    SecretWriter out(state_size_max);
    out.put(version).put(m_provision.sensor).raw(m_provision.gateway_key.view());
    out.raw(m_provision.secret.view()).put(m_epoch).raw(m_offer.view());
    out.blob(m_answer).blob(m_previous.view());
    return out.take();
}

Result<Enrolment> Enrolment::decode(ByteView bytes) {
    Reader in(bytes);
    TRY(const auto found, in.get<std::uint8_t>());
    if (found != version) return fail(Errc::unsupported, "an enrolment of another version");
    Provision provision;
    TRY(provision.sensor, in.get<std::uint64_t>());
    TRY(provision.gateway_key, in.id<Digest>());
    TRY(const auto secret, in.raw(shared_secret_size));
    provision.secret = crypto::SecretBytes::copy_of(secret);
    Enrolment out(std::move(provision));
    TRY(out.m_epoch, in.get<std::uint32_t>());
    TRY(out.m_offer, in.id<Digest>());
    TRY(const auto answer, in.blob(stored_answer_max));
    TRY(const auto previous, in.blob(shared_secret_size));
    CHECK_OK(in.done());
    if (!previous.empty() && previous.size() != shared_secret_size)
        return fail(Errc::corrupt, "a malformed enrolment");
    out.m_answer.assign(answer.begin(), answer.end());
    if (!previous.empty()) out.m_previous = crypto::SecretBytes::copy_of(previous);
    return out;
}

} // namespace torgo::envelope
