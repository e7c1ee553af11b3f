#pragma once

#include "base/bytes.hpp"
#include "base/ensure.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace torgo::mesh {

/// Up to N bytes without an allocation, as every PDU of Mesh has a small greatest size. Putting in
/// more than N is a bug of the caller.
template <std::size_t N>
class Buffer {
public:
    static constexpr std::size_t capacity = N;
    static_assert(N < 65536);

    Buffer() = default;

    explicit Buffer(ByteView bytes) { append(bytes); }

    Buffer& append(ByteView bytes) {
        ENSURE(bytes.size() <= N - m_size);
        std::ranges::copy(bytes, m_bytes.begin() + m_size);
        m_size = static_cast<std::uint16_t>(m_size + bytes.size());
        return *this;
    }

    Buffer& u8(std::uint64_t value) { return big(value, 1); }

    Buffer& be16(std::uint64_t value) { return big(value, 2); }

    Buffer& be24(std::uint64_t value) { return big(value, 3); }

    Buffer& be32(std::uint64_t value) { return big(value, 4); }

    Buffer& le16(std::uint64_t value) { return little(value, 2); }

    /// The low `size` bytes, at most 8, the least first.
    Buffer& little(std::uint64_t value, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
            u8(value >> (8 * i) & 0xFFU);
        return *this;
    }

    /// Room for `size` bytes more, to be written by the caller.
    ByteSpan extend(std::size_t size) {
        ENSURE(size <= N - m_size);
        m_size = static_cast<std::uint16_t>(m_size + size);
        return ByteSpan(m_bytes).subspan(m_size - size, size);
    }

    ByteView view() const noexcept { return ByteView(m_bytes).first(m_size); }

    ByteSpan span() noexcept { return ByteSpan(m_bytes).first(m_size); }

    std::size_t size() const noexcept { return m_size; }

    bool empty() const noexcept { return m_size == 0; }

    void clear() noexcept { m_size = 0; }

    bool operator==(const Buffer& other) const { return std::ranges::equal(view(), other.view()); }

private:
    Buffer& big(std::uint64_t value, std::size_t size) {
        const auto out = extend(size);
        for (std::size_t i = 0; i < size; ++i)
            out[i] = static_cast<std::uint8_t>(value >> (8 * (size - 1 - i)));
        return *this;
    }

    std::uint16_t m_size = 0;
    std::array<std::uint8_t, N> m_bytes{};
};

/// Reads fields off the front of a PDU. Short input is no error worth a text: radio brings garbage
/// all day. After the first field that was not there ok() is false and every field reads as zero.
class Fields {
public:
    explicit Fields(ByteView in) : m_in(in) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(big(1)); }

    std::uint16_t be16() { return static_cast<std::uint16_t>(big(2)); }

    std::uint32_t be24() { return static_cast<std::uint32_t>(big(3)); }

    std::uint32_t be32() { return static_cast<std::uint32_t>(big(4)); }

    std::uint16_t le16() { return static_cast<std::uint16_t>(little(2)); }

    std::uint64_t little(std::size_t size) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < size; ++i)
            value |= std::uint64_t{u8()} << (8 * i);
        return value;
    }

    template <std::size_t N>
    std::array<std::uint8_t, N> bytes() {
        std::array<std::uint8_t, N> out{};
        const auto from = take(N);
        std::ranges::copy(from, out.begin());
        return out;
    }

    ByteView take(std::size_t size) {
        if (size > m_in.size()) {
            m_ok = false;
            m_in = {};
            return {};
        }
        const auto out = m_in.first(size);
        m_in = m_in.subspan(size);
        return out;
    }

    ByteView rest() { return take(m_in.size()); }

    std::size_t left() const { return m_in.size(); }

    bool ok() const { return m_ok; }

    /// All fields were there and nothing is left over.
    bool done() const { return m_ok && m_in.empty(); }

private:
    std::uint64_t big(std::size_t size) {
        std::uint64_t value = 0;
        for (const auto byte : take(size))
            value = value << 8U | byte;
        return value;
    }

    ByteView m_in;
    bool m_ok = true;
};

} // namespace torgo::mesh
