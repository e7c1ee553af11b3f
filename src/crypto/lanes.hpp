#pragma once

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "crypto/sha256_kernel.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace torgo::crypto {

/// One message for a lane: what was hashed before it (whole blocks), perhaps one byte, then the
/// body.
struct LaneMessage {
    Sha256State start = sha256_start;
    std::uint64_t bytes_before = 0; ///< how many bytes `start` stands for; a multiple of 64
    std::optional<std::uint8_t> prefix{};
    ByteView body{};
    Digest digest{}; ///< the result
};

/// Hashes all messages, of any lengths, on as many lanes as the kernel has.
void run_lanes(const Sha256Kernel& kernel, std::span<LaneMessage> messages);

} // namespace torgo::crypto
