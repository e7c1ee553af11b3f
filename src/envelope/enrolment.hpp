#pragma once

#include "envelope/exchange.hpp"

#include <cstdint>
#include <optional>

namespace torgo::envelope {

/// What a gateway keeps of one sensor between exchanges: its secrets, the highest epoch, and the
/// last answer. Secret, and to be stored durably whenever answer() or confirm() changed it.
class Enrolment {
public:
    explicit Enrolment(Provision provision);

    struct Answered {
        std::optional<EpochKeys> keys; ///< for Session::install; none for a repeat
        Bytes answer;                  ///< to be sent, after encode() was stored
    };

    /// errors  `exists` for an epoch that is not above all before; `authentication`
    Result<Answered> answer(const crypto::KemKey& key, const Offer& offer,
                            std::uint16_t company = test_company);

    /// An envelope of `epoch` opened: the sensor has the answer, and the secret before the last is
    /// forgotten. True when that changed something.
    bool confirm(std::uint32_t epoch);

    std::uint64_t sensor() const noexcept { return m_provision.sensor; }

    std::uint32_t epoch() const noexcept { return m_epoch; }

    crypto::SecretBytes encode() const;

    /// errors  `corrupt`, `unsupported`
    static Result<Enrolment> decode(ByteView bytes);

private:
    Provision with(const crypto::SecretBytes& secret) const;

    Provision m_provision;          ///< with the newest secret
    crypto::SecretBytes m_previous; ///< the one before, while the answer may be lost; else empty
    std::uint32_t m_epoch = 0;
    Digest m_offer; ///< SHA-256 of the ciphertext that m_answer answers
    Bytes m_answer;
};

} // namespace torgo::envelope
