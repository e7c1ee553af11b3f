#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::cli {

/// The largest code drawn: version 25 at error correction M holds 997 bytes and is 117 modules
/// wide.
inline constexpr int qr_version_max = 25;
/// Light modules around the code (ISO/IEC 18004 asks for four).
inline constexpr std::size_t qr_quiet_zone = 4;

/// A QR code with its quiet zone: `size` × `size` modules.
class QrCode {
public:
    /// Error correction M (15 % of it may be unreadable).
    /// errors  `limit_exceeded` when the text needs more than version 25; `invalid_argument` when
    /// empty
    static Result<QrCode> encode(std::string_view text);

    std::size_t size() const noexcept { return m_size; }

    bool dark(std::size_t row, std::size_t column) const { return m_dark[(row * m_size) + column]; }

    /// Lines of half blocks, two modules a character; dark is ink. `colours` adds the codes that
    /// make a terminal draw black on white, whatever its own colours are.
    std::vector<std::string> lines(bool colours) const;

    /// The `d` of an SVG path of 1 × 1 squares.
    std::string svg_path() const;

private:
    QrCode() = default;

    std::size_t m_size = 0;
    std::vector<bool> m_dark;
};

} // namespace torgo::cli
