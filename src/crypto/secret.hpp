#pragma once

#include "base/bytes.hpp"

#include <cstddef>
#include <iosfwd>

namespace torgo::crypto {

/// Overwrites bytes so that no compiler may leave it out.
void wipe(ByteSpan bytes) noexcept;

/// True when both have the same length and content; the time depends on the lengths only.
bool equal_constant_time(ByteView a, ByteView b) noexcept;

/// A secret of fixed length. Its memory comes from a pool that is locked against swapping and left
/// out of core dumps where the system's limits allow it (and works without where they do not), and
/// is wiped when the secret ends. Moves, never copies by accident, and cannot be printed.
class SecretBytes {
public:
    SecretBytes() noexcept = default;

    /// `size` zero bytes.
    explicit SecretBytes(std::size_t size);

    static SecretBytes copy_of(ByteView bytes);

    SecretBytes(SecretBytes&& other) noexcept;
    SecretBytes& operator=(SecretBytes&& other) noexcept;
    SecretBytes(const SecretBytes&) = delete;
    SecretBytes& operator=(const SecretBytes&) = delete;
    ~SecretBytes();

    ByteView view() const noexcept { return {m_data, m_size}; }

    ByteSpan span() noexcept { return {m_data, m_size}; }

    std::size_t size() const noexcept { return m_size; }

    bool empty() const noexcept { return m_size == 0; }

private:
    std::uint8_t* m_data = nullptr;
    std::size_t m_size = 0;
};

std::ostream& operator<<(std::ostream&, const SecretBytes&) = delete;

/// A 256-bit key that lives for one operation on the stack; wiped at its end.
struct ShortLivedKey {
    static constexpr std::size_t size = 32;
    std::uint8_t bytes[size] = {};

    ShortLivedKey() noexcept = default;
    ShortLivedKey(const ShortLivedKey&) = delete;
    ShortLivedKey& operator=(const ShortLivedKey&) = delete;

    ~ShortLivedKey() { wipe(bytes); }

    ByteView view() const noexcept { return bytes; }
};

} // namespace torgo::crypto
