#pragma once

// What the heads of HTTP/1.1 requests and responses have in common: a first line and fields, each
// ended by CR LF, and an empty line (RFC 9112). A small part of HTTP is spoken between peers, and
// all else is refused: where two programs read one message differently, a third can hide another
// message in it.

#include "base/bytes.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::peer {

/// First line, fields and empty line together.
inline constexpr std::size_t http_head_size_max = 16_KiB;
inline constexpr std::size_t http_fields_max = 64;

/// A field of a head. Names in lower case; values of visible ASCII, spaces and tabs.
struct HttpField {
    std::string name;
    std::string value;

    bool operator==(const HttpField&) const = default;
};

/// The value of the first field of this name (in lower case).
std::optional<std::string_view> find_field(std::span<const HttpField> fields,
                                           std::string_view name) noexcept;

/// True for a name and a value as `HttpField` wants them.
bool is_good_field(const HttpField& field) noexcept;

/// Why a head is refused: the status with which a server answers, and words for a person.
struct HttpFault {
    int status = 0;
    const char* reason = "";
};

template <class T>
using HttpParsed = std::expected<T, HttpFault>;

/// Collects a head, however it is cut into pieces.
class HttpHeadReader {
public:
    /// in  `first_line_max`, the longest first line, its CR LF not counted
    explicit HttpHeadReader(std::size_t first_line_max) : m_first_line_max(first_line_max) {}

    /// Takes bytes up to the end of the head, and tells how many that were: the rest belongs to
    /// what follows. errors  400 for CR without LF or LF without CR, 414 and 431 for what is longer
    /// than its limit; the reader is then of no more use
    HttpParsed<std::size_t> feed(ByteView bytes);

    bool complete() const noexcept { return m_complete; }

    bool empty() const noexcept { return m_text.empty(); }

    /// The complete head: lines ended by CR LF, without the empty one.
    std::string_view text() const noexcept;

    /// Begins anew.
    void clear() noexcept;

private:
    HttpParsed<void> take(char c);

    std::string m_text;
    std::size_t m_first_line_max;
    std::size_t m_line_begin = 0;
    bool m_complete = false;
};

/// Takes the first line, without its CR LF, off a head.
std::string_view take_line(std::string_view& text) noexcept;

/// The lines after the first. errors  400 (also for folded lines), 431 for too many
HttpParsed<std::vector<HttpField>> parse_fields(std::string_view lines);

/// What the fields say of the body. errors  400 for a Content-Length that stands twice or is no
/// plain decimal number below 10^19, 501 for a Transfer-Encoding
HttpParsed<std::optional<std::uint64_t>> parse_body_size(std::span<const HttpField> fields);

/// False when a Connection field says "close".
bool parse_keep_alive(std::span<const HttpField> fields);

/// A character of a method or of a field's name (RFC 9110 5.6.2).
bool is_token_char(char c) noexcept;

} // namespace torgo::peer
