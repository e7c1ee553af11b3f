#pragma once

#include "base/bytes.hpp"

#include <cstdint>

namespace torgo::index {

/// CRC-32C of `bytes`, or of what `before` stands for followed by `bytes`. Finds every error of up
/// to 32 bits in a row; it is no protection against somebody who means harm.
///
/// cost    about 7 bytes a nanosecond with SSE 4.2, 1 without
/// source  RFC 3720 12.1 (Castagnoli polynomial, reflected: 0x82F63B78)
std::uint32_t crc32c(ByteView bytes, std::uint32_t before = 0) noexcept;

/// The same without the processor's help.
std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t before = 0) noexcept;

} // namespace torgo::index
