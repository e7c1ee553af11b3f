#include "cli/qr.hpp"

#include <qrencode.h>

#include <cerrno>
#include <memory>

namespace torgo::cli {

namespace {

constexpr std::string_view black_on_white = "\x1b[38;5;16;48;5;231m";
constexpr std::string_view colours_off = "\x1b[0m";

} // namespace

Result<QrCode> QrCode::encode(std::string_view text) {
    if (text.empty()) return fail(Errc::invalid_argument, "a QR code of nothing");
    const std::string ended(text);
    const std::unique_ptr<QRcode, decltype(&QRcode_free)> raw(
        QRcode_encodeString(ended.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1), &QRcode_free);
    if (raw == nullptr && errno != ERANGE) {
        return std::unexpected(system_error(errno, "drawing a QR code"));
    }
    if (raw == nullptr || raw->version > qr_version_max) {
        return fail(Errc::limit_exceeded, "the text is too long for a QR code");
    }
    const auto inner = static_cast<std::size_t>(raw->width);
    QrCode out;
    out.m_size = inner + (2 * qr_quiet_zone);
    out.m_dark.assign(out.m_size * out.m_size, false);
    for (std::size_t row = 0; row < inner; ++row) {
        for (std::size_t column = 0; column < inner; ++column) {
            const bool dark = (raw->data[(row * inner) + column] & 1U) != 0;
            out.m_dark[((row + qr_quiet_zone) * out.m_size) + column + qr_quiet_zone] = dark;
        }
    }
    return out;
}

std::vector<std::string> QrCode::lines(bool colours) const {
    std::vector<std::string> out;
    for (std::size_t row = 0; row < m_size; row += 2) {
        std::string line(colours ? black_on_white : "");
        for (std::size_t column = 0; column < m_size; ++column) {
            const bool upper = dark(row, column);
            const bool lower = row + 1 < m_size && dark(row + 1, column);
            line += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
        }
        if (colours) line += colours_off;
        out.push_back(std::move(line));
    }
    return out;
}

std::string QrCode::svg_path() const {
    std::string out;
    for (std::size_t row = 0; row < m_size; ++row) {
        for (std::size_t column = 0; column < m_size; ++column) {
            if (!dark(row, column)) continue;
            out += "M" + std::to_string(column) + " " + std::to_string(row) + "h1v1h-1z";
        }
    }
    return out;
}

} // namespace torgo::cli
