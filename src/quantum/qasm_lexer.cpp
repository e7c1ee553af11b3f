#include "quantum/qasm_lexer.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace torgo::quantum {

namespace {
constexpr std::size_t name_bytes_max = 128;

// Longer ones first: "==" before "=".
constexpr std::array<std::string_view, 28> symbols = {
    "->", "==", "!=", "**", "&&", "||", "<=", ">=", "++", ";", ",", "(", ")", "[",
    "]",  "{",  "}",  "=",  "+",  "-",  "*",  "/",  "^",  "@", "!", "<", ">", ":"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_ascii_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
} // namespace

std::unexpected<Error> fail_at(Place place, const std::string& text) {
    return fail(Errc::invalid_argument,
                std::to_string(place.line) + ":" + std::to_string(place.column) + ": " + text);
}

std::string shown(const Token& token) {
    if (token.kind == TokenKind::end) return "the end of the file";
    return "\"" + std::string(token.text) + "\"";
}

char Lexer::at(std::size_t ahead) const {
    return m_at + ahead < m_text.size() ? m_text[m_at + ahead] : '\0';
}

void Lexer::forward(std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
        if (m_text[m_at++] == '\n') {
            ++m_place.line;
            m_place.column = 1;
        } else {
            ++m_place.column;
        }
    }
}

Result<> Lexer::skip_blanks() {
    while (m_at < m_text.size()) {
        if (at() == ' ' || at() == '\t' || at() == '\r' || at() == '\n') {
            forward(1);
        } else if (at() == '/' && at(1) == '/') {
            const auto end = m_text.find('\n', m_at);
            forward((end == std::string_view::npos ? m_text.size() : end) - m_at);
        } else if (at() == '/' && at(1) == '*') {
            const auto end = m_text.find("*/", m_at + 2);
            if (end == std::string_view::npos)
                return fail_at(m_place, "a comment that begins here is not closed with */");
            forward(end + 2 - m_at);
        } else {
            return {};
        }
    }
    return {};
}

/// Bytes of the letter here: ASCII, Greek, or ℇ; 0 where there is none.
std::size_t Lexer::letter() const {
    if (is_ascii_letter(at())) return 1;
    const auto first = static_cast<unsigned char>(at());
    const auto second = static_cast<unsigned char>(at(1));
    const auto third = static_cast<unsigned char>(at(2));
    const bool goes_on = (second & 0xC0U) == 0x80U;
    if (goes_on && ((first == 0xCD && second >= 0xB0) || first == 0xCE || first == 0xCF)) return 2;
    if (first == 0xE2 && second == 0x84 && third == 0x87) return 3;
    return 0;
}

Token Lexer::taken(TokenKind kind, std::size_t bytes) {
    Token out;
    out.kind = kind;
    out.place = m_place;
    out.text = m_text.substr(m_at, bytes);
    forward(bytes);
    return out;
}

Result<Token> Lexer::name() {
    const auto place = m_place;
    const auto start = m_at;
    while (const auto bytes = is_digit(at()) ? 1 : letter())
        forward(bytes);
    if (m_at - start > name_bytes_max)
        return fail_at(place, "a name of more than " + std::to_string(name_bytes_max) + " bytes");
    Token out;
    out.kind = TokenKind::name;
    out.place = place;
    out.text = m_text.substr(start, m_at - start);
    return out;
}

Result<Token> Lexer::number() {
    std::size_t bytes = 0;
    const auto digits = [&] {
        while (is_digit(at(bytes)))
            ++bytes;
    };
    digits();
    bool real = at(bytes) == '.';
    if (real) ++bytes;
    digits();
    if (at(bytes) == 'e' || at(bytes) == 'E') {
        const std::size_t sign = at(bytes + 1) == '+' || at(bytes + 1) == '-' ? 1 : 0;
        if (is_digit(at(bytes + 1 + sign))) {
            real = true;
            bytes += 1 + sign;
            digits();
        }
    }
    auto out = taken(real ? TokenKind::real : TokenKind::integer, bytes);
    if (letter() != 0)
        return fail_at(m_place, "a number ends here and a name begins: put a space between them");
    const auto* const end = out.text.data() + out.text.size();
    const auto whole = std::from_chars(out.text.data(), end, out.integer);
    if (!real && (whole.ec != std::errc{} || whole.ptr != end))
        return fail_at(out.place, "the number " + std::string(out.text) + " is too large");
    const auto read = std::from_chars(out.text.data(), end, out.number);
    if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(out.number))
        return fail_at(out.place, "the number " + std::string(out.text) + " cannot be held");
    return out;
}

Result<Token> Lexer::string() {
    const auto end = m_text.find_first_of("\"\n", m_at + 1);
    if (end == std::string_view::npos || m_text[end] == '\n')
        return fail_at(m_place, "a string that begins here is not closed on its line");
    auto out = taken(TokenKind::string, end + 1 - m_at);
    out.text = out.text.substr(1, out.text.size() - 2);
    return out;
}

Result<Token> Lexer::next() {
    CHECK_OK(skip_blanks());
    if (m_at == m_text.size()) {
        Token out;
        out.place = m_place;
        return out;
    }
    if (letter() != 0) return name();
    if (is_digit(at()) || (at() == '.' && is_digit(at(1)))) return number();
    if (at() == '"') return string();
    for (const auto symbol : symbols)
        if (m_text.substr(m_at).starts_with(symbol)) return taken(TokenKind::symbol, symbol.size());
    const auto byte = static_cast<unsigned char>(at());
    const auto what = byte > 0x20 && byte < 0x7F ? "\"" + std::string(1, at()) + "\""
                                                 : "byte " + std::to_string(byte);
    return fail_at(m_place, what + " is not part of this subset of OpenQASM");
}

} // namespace torgo::quantum
