#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace torgo::crypto {

/// AES-256 keys of up to three counter-mode layers, expanded for wide registers.
class CtrHeads {
public:
    static constexpr std::size_t count_max = 3;

    CtrHeads() = default;
    CtrHeads(const CtrHeads&) = delete;
    CtrHeads& operator=(const CtrHeads&) = delete;

    ~CtrHeads() { clear(); }

    /// Takes `key` (32 bytes) as the next layer.
    void add(ByteView key);

    std::size_t count() const noexcept { return m_count; }

    /// Wipes all keys.
    void clear() noexcept;

    /// out = in XOR the keystreams of all layers, each from counter block 0^96 || be32(counter).
    /// `out` may be `in`. At least one layer. The processor must have wide AES (cpu.hpp).
    void apply(std::uint32_t counter, ByteView in, std::uint8_t* out) const;

private:
    static constexpr std::size_t round_keys = 15;

    struct alignas(32) WideKey {
        std::uint8_t bytes[round_keys]
                          [32]; ///< each round key twice, for the two blocks of a register
    };

    std::array<WideKey, count_max> m_keys{};
    std::size_t m_count = 0;
};

} // namespace torgo::crypto
