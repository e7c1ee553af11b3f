#include "gospel/lexer.hpp"

#include <algorithm>
#include <array>

namespace torgo::gospel {

namespace {
constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr bool is_lower(char c) noexcept {
    return (c >= 'a' && c <= 'z') || c == '_';
}

constexpr bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}

constexpr bool is_letter(char c) noexcept {
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '\'';
}

// Longest first.
constexpr std::array<std::string_view, 46> symbols = {
    "<->", "->",  "<-", "<=", ">=", "<>", "==", "!=", "::", ":=", "&&", "||",
    "/\\", "\\/", "+.", "-.", "*.", "/.", "**", "..", "(",  ")",  "[",  "]",
    "{",   "}",   ",",  ";",  ":",  ".",  "|",  "=",  "<",  ">",  "+",  "-",
    "*",   "/",   "@",  "^",  "~",  "?",  "!",  "#",  "&",  "%"};

class Lexer {
public:
    Lexer(std::string_view text, Offset begin, Offset end, std::vector<Token>& tokens)
        : m_text(text.substr(0, end)), m_at(begin), m_tokens(tokens) {}

    std::optional<Fault> run() {
        while (!m_fault) {
            skip_space();
            m_start = m_at;
            if (m_at >= m_text.size()) break;
            next();
        }
        m_tokens.push_back({TokenKind::end, "", here(m_text.size()), here(m_text.size())});
        return m_fault;
    }

private:
    static Offset here(std::size_t at) noexcept { return static_cast<Offset>(at); }

    char peek(std::size_t ahead = 0) const noexcept {
        return m_at + ahead < m_text.size() ? m_text[m_at + ahead] : '\0';
    }

    bool starts(std::string_view with) const noexcept {
        return m_text.substr(std::min(m_at, m_text.size())).starts_with(with);
    }

    void wrong(std::size_t at, std::string text) {
        if (!m_fault) m_fault = Fault{here(at), std::move(text)};
    }

    void skip_space() noexcept {
        while (m_at < m_text.size() && std::string_view(" \t\r\n\f").contains(m_text[m_at]))
            ++m_at;
    }

    void put(TokenKind kind, std::string text) {
        m_tokens.push_back({kind, std::move(text), here(m_start), here(m_at)});
    }

    std::string word() {
        const auto start = m_at;
        while (m_at < m_text.size() && is_letter(m_text[m_at]))
            ++m_at;
        return std::string(m_text.substr(start, m_at - start));
    }

    void next() {
        const char c = peek();
        if (starts("(*") && !starts("(*)")) return comment();
        if (is_lower(c)) return put(TokenKind::lower, word());
        if (is_upper(c)) return put(TokenKind::upper, word());
        if (is_digit(c)) return number();
        if (c == '"') return string();
        if (c == '\'') return quoted();
        if ((c == '~' || c == '?') && is_lower(peek(1))) {
            ++m_at;
            return put(c == '~' ? TokenKind::label : TokenKind::option, word());
        }
        symbol();
    }

    void symbol() {
        const auto* const found =
            std::ranges::find_if(symbols, [&](std::string_view s) { return starts(s); });
        if (found == symbols.end()) return unknown();
        m_at += found->size();
        put(TokenKind::symbol, std::string(*found));
    }

    void unknown() {
        const auto byte = static_cast<unsigned char>(peek());
        if (byte > 0x20 && byte < 0x7F)
            return wrong(m_at, "the character " + std::string(1, peek()) + " is not understood");
        wrong(m_at, "the byte " + std::to_string(byte) + " is not understood");
    }

    /// Decimal only; `1..2` is the number 1 and two points. OCaml's underscores are left out.
    void number() {
        std::string digits;
        const auto take_digits = [&] {
            for (; is_digit(peek()) || peek() == '_'; ++m_at)
                if (peek() != '_') digits += peek();
        };
        take_digits();
        bool real = false;
        if (peek() == '.' && peek(1) != '.') {
            real = true;
            digits += '.';
            ++m_at;
            take_digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            real = true;
            digits += 'e';
            ++m_at;
            if (peek() == '-' || peek() == '+') digits += m_text[m_at++];
            if (!is_digit(peek())) return wrong(m_start, "a number that ends in its exponent");
            take_digits();
        }
        if (!real && peek() == 'i') ++m_at;
        if (is_letter(peek()))
            return wrong(m_start, "only decimal numbers, and the suffix i, are understood");
        put(real ? TokenKind::real : TokenKind::integer, std::move(digits));
    }

    /// After a backslash.
    std::optional<char> escape() {
        constexpr std::string_view names = "\\\"'ntbr ";
        constexpr std::string_view meant = "\\\"'\n\t\b\r ";
        const auto which = names.find(peek());
        if (m_at < m_text.size() && which != std::string_view::npos) {
            ++m_at;
            return meant[which];
        }
        if (is_digit(peek()) && is_digit(peek(1)) && is_digit(peek(2))) {
            const int code = (peek() - '0') * 100 + (peek(1) - '0') * 10 + (peek(2) - '0');
            m_at += 3;
            if (code <= 255) return static_cast<char>(code);
        }
        wrong(m_at, "an escape that is not understood");
        return std::nullopt;
    }

    /// Its bytes, from the opening quote on to behind the closing one.
    std::string string_bytes() {
        const auto start = m_at++;
        std::string out;
        while (m_at < m_text.size() && m_text[m_at] != '"') {
            const char c = m_text[m_at++];
            if (c != '\\') {
                out += c;
            } else if (peek() == '\n') {
                for (++m_at; peek() == ' ' || peek() == '\t';)
                    ++m_at;
            } else if (const auto meant = escape()) {
                out += *meant;
            } else {
                return out;
            }
        }
        if (m_at >= m_text.size())
            wrong(start, "a string without end");
        else
            ++m_at;
        return out;
    }

    void string() {
        auto bytes = string_bytes();
        put(TokenKind::text, std::move(bytes));
    }

    /// `'c'`, `'\n'` or `'a`.
    void quoted() {
        if (peek(1) == '\\') {
            m_at += 2;
            const auto c = escape();
            if (!c || peek() != '\'') return wrong(m_start, "a character without end");
            ++m_at;
            return put(TokenKind::character, std::string(1, *c));
        }
        if (m_at + 2 < m_text.size() && peek(2) == '\'' && peek(1) != '\'') {
            const char c = peek(1);
            m_at += 3;
            return put(TokenKind::character, std::string(1, c));
        }
        if (!is_lower(peek(1))) return unknown();
        ++m_at;
        put(TokenKind::variable, word());
    }

    /// Passes over `(* … *)` and all in it; m_at is then behind it.
    void skip_comment() {
        std::size_t depth = 0;
        do {
            if (starts("(*")) {
                m_at += 2;
                if (++depth > comment_depth_max) return wrong(m_start, "comments nested too deep");
            } else if (starts("*)")) {
                m_at += 2;
                --depth;
            } else if (peek() == '"') {
                skip_string();
            } else if (starts("'\"'")) {
                m_at += 3;
            } else if (const auto mark = quoted_string_mark(); !mark.empty()) {
                const auto end = m_text.find(mark, m_at + mark.size());
                if (end == std::string_view::npos)
                    return wrong(m_start, "a string without end in a comment");
                m_at = end + mark.size();
            } else {
                ++m_at;
            }
        } while (depth > 0 && m_at < m_text.size() && !m_fault);
        if (depth > 0) wrong(m_start, "a comment without end");
    }

    /// Of a string `{id|…|id}` that begins here: its end; else "".
    std::string quoted_string_mark() const {
        if (peek() != '{') return {};
        std::size_t size = 0;
        while (is_lower(peek(size + 1)))
            ++size;
        if (peek(size + 1) != '|') return {};
        return "|" + std::string(m_text.substr(m_at + 1, size)) + "}";
    }

    /// In a comment: what its escapes mean does not matter.
    void skip_string() {
        for (++m_at; m_at < m_text.size() && m_text[m_at] != '"'; ++m_at)
            if (m_text[m_at] == '\\') ++m_at;
        if (m_at >= m_text.size()) return wrong(m_start, "a string without end in a comment");
        ++m_at;
    }

    void comment() {
        const bool contract = starts("(*@");
        const bool document = starts("(**") && !starts("(***") && !starts("(**)");
        skip_comment();
        if (m_fault || (!contract && !document)) return;
        m_tokens.push_back({contract ? TokenKind::contract : TokenKind::document, "",
                            here(m_start + 3), here(m_at - 2)});
    }

    std::string_view m_text;
    std::size_t m_at;
    std::size_t m_start = 0;
    std::vector<Token>& m_tokens;
    std::optional<Fault> m_fault{};
};
} // namespace

Position locate(std::string_view text, Offset at) noexcept {
    const auto before = text.substr(0, at);
    const auto line = before.rfind('\n');
    return {.line = 1 + static_cast<std::size_t>(std::ranges::count(before, '\n')),
            .column = 1 + before.size() - (line == std::string_view::npos ? 0 : line + 1)};
}

std::optional<Fault> tokenize(std::string_view text, Offset begin, Offset end,
                              std::vector<Token>& tokens) {
    return Lexer(text, begin, end, tokens).run();
}

} // namespace torgo::gospel
