#pragma once

#include "base/bytes.hpp"
#include "base/ensure.hpp"
#include "crypto/secret.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>

namespace torgo::envelope {

/// What base/codec.hpp's Writer is, for secrets: its memory is wiped, and never grows, as a vector
/// that grows leaves what it held behind.
class SecretWriter {
public:
    /// More than `capacity` bytes are an own bug.
    explicit SecretWriter(std::size_t capacity) : m_out(capacity) {}

    template <std::unsigned_integral T>
    SecretWriter& put(T value) {
        for (std::size_t i = 0; i < sizeof(T); ++i)
            byte(static_cast<std::uint8_t>(value >> (8 * i)));
        return *this;
    }

    SecretWriter& raw(ByteView bytes) {
        ENSURE(bytes.size() <= m_out.size() - m_used);
        std::ranges::copy(bytes, m_out.span().subspan(m_used).begin());
        m_used += bytes.size();
        return *this;
    }

    /// Fewer than 128 bytes, so that their number is a varint of one byte.
    SecretWriter& blob(ByteView bytes) {
        ENSURE(bytes.size() < 0x80);
        return put(static_cast<std::uint8_t>(bytes.size())).raw(bytes);
    }

    crypto::SecretBytes take() const {
        return crypto::SecretBytes::copy_of(m_out.view().first(m_used));
    }

private:
    void byte(std::uint8_t value) { raw({&value, 1}); }

    crypto::SecretBytes m_out;
    std::size_t m_used = 0;
};

} // namespace torgo::envelope
