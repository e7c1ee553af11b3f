#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"

#include <concepts>
#include <cstring>
#include <string>
#include <string_view>

namespace torgo {

/// Appends fixed-width little-endian fields and length-prefixed strings
/// (docs/spec/repository.md 1).
class Writer {
public:
    template <std::unsigned_integral T>
    Writer& put(T value) {
        for (std::size_t i = 0; i < sizeof(T); ++i)
            m_out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
        return *this;
    }

    Writer& raw(ByteView bytes) {
        m_out.insert(m_out.end(), bytes.begin(), bytes.end());
        return *this;
    }

    /// Unsigned LEB128, shortest form: seven bits a byte, 1 to 10 bytes.
    Writer& varint(std::uint64_t value) {
        while (value >= 0x80) {
            m_out.push_back(static_cast<std::uint8_t>(value | 0x80U));
            value >>= 7U;
        }
        m_out.push_back(static_cast<std::uint8_t>(value));
        return *this;
    }

    /// Zig-zag, so that small negative numbers stay small.
    Writer& signed_varint(std::int64_t value) {
        const auto bits = static_cast<std::uint64_t>(value);
        return varint((bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0));
    }

    Writer& blob(ByteView bytes) { return varint(bytes.size()).raw(bytes); }

    Writer& text(std::string_view s) { return blob(as_bytes(s)); }

    std::size_t size() const noexcept { return m_out.size(); }

    ByteView view() const noexcept { return m_out; }

    Bytes take() && { return std::move(m_out); }

private:
    Bytes m_out;
};

/// Reads what Writer wrote. Strict: every length is checked before use, varints must be in shortest
/// form, and `done()` refuses trailing bytes. Views point into the input.
class Reader {
public:
    explicit Reader(ByteView in) : m_in(in) {}

    template <std::unsigned_integral T>
    Result<T> get() {
        TRY(const auto bytes, raw(sizeof(T)));
        T value = 0;
        for (std::size_t i = 0; i < sizeof(T); ++i)
            value = static_cast<T>(value | (static_cast<T>(bytes[i]) << (8 * i)));
        return value;
    }

    Result<ByteView> raw(std::size_t n) {
        if (n > m_in.size()) return fail(Errc::corrupt, "record ends too early");
        const auto out = m_in.first(n);
        m_in = m_in.subspan(n);
        return out;
    }

    template <class IdType>
    Result<IdType> id() {
        TRY(const auto bytes, raw(IdType::size));
        return IdType::from(bytes);
    }

    Result<std::uint64_t> varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            TRY(const auto byte, get<std::uint8_t>());
            if (shift == 63 && byte > 1) return fail(Errc::corrupt, "number too large");
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
            if ((byte & 0x80U) == 0) {
                if (byte == 0 && shift != 0)
                    return fail(Errc::corrupt, "number not in shortest form");
                return value;
            }
        }
        return fail(Errc::corrupt, "number too long");
    }

    /// A varint that must not exceed `limit`.
    Result<std::uint64_t> varint(std::uint64_t limit) {
        TRY(const auto value, varint());
        if (value > limit) return fail(Errc::limit_exceeded, "number over its limit");
        return value;
    }

    Result<std::int64_t> signed_varint() {
        TRY(const auto bits, varint());
        const auto half = static_cast<std::int64_t>(bits >> 1U);
        return (bits & 1U) != 0 ? ~half : half;
    }

    Result<ByteView> blob(std::size_t limit) {
        TRY(const auto n, varint(limit));
        return raw(n);
    }

    Result<std::string> text(std::size_t limit) {
        TRY(const auto bytes, blob(limit));
        return std::string(as_text(bytes));
    }

    std::size_t left() const noexcept { return m_in.size(); }

    bool empty() const noexcept { return m_in.empty(); }

    Result<> done() const {
        if (!m_in.empty()) return fail(Errc::corrupt, "bytes left over after the record");
        return {};
    }

private:
    ByteView m_in;
};

} // namespace torgo
