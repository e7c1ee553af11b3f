// SPDX-License-Identifier: MIT
#include "source/glob.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace torgo::source {

namespace {

/// The named classes of "[[:digit:]]" as pairs of first and last character; ASCII only, so that a
/// pattern means the same in every locale.
struct NamedClass {
    std::string_view name;
    std::string_view pairs;
};

constexpr std::array<NamedClass, 10> named_classes{{
    {"alnum", "09AZaz"},
    {"alpha", "AZaz"},
    {"blank", "  \t\t"},
    {"cntrl", std::string_view("\0\x1f\x7f\x7f", 4)},
    {"digit", "09"},
    {"lower", "az"},
    {"punct", "!/:@[`{~"},
    {"space", "  \t\r"},
    {"upper", "AZ"},
    {"xdigit", "09AFaf"},
}};

std::uint8_t byte_at(std::string_view text, std::size_t at) noexcept {
    return static_cast<std::uint8_t>(text[at]);
}

/// How long the UTF-8 sequence is that this byte begins; 0 when it begins none.
std::size_t sequence_size(std::uint8_t lead) noexcept {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead < 0xE0) return 2;
    if (lead >= 0xE0 && lead < 0xF0) return 3;
    if (lead >= 0xF0 && lead < 0xF5) return 4;
    return 0;
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<std::uint8_t>(c) < 0x80; });
}

} // namespace

Character character_at(std::string_view text, std::size_t at) noexcept {
    const auto lead = byte_at(text, at);
    const Character single{not_unicode + lead, 1};
    const auto size = sequence_size(lead);
    if (size == 1) return {lead, 1};
    if (size == 0 || at + size > text.size()) return single;
    std::uint32_t value = lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        const auto byte = byte_at(text, at + i);
        if ((byte & 0xC0U) != 0x80) return single;
        value = (value << 6U) | (byte & 0x3FU);
    }
    const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    const bool surrogate = value >= 0xD800 && value < 0xE000;
    if (overlong || surrogate || value >= not_unicode) return single;
    return {value, size};
}

class Glob::Parser {
public:
    explicit Parser(std::string_view text) : m_text(text) {}

    Result<Glob> run() {
        Glob out;
        while (m_at < m_text.size())
            CHECK_OK(next(out.m_tokens));
        finish(out);
        return out;
    }

private:
    Result<> next(std::vector<Token>& tokens) {
        const char c = m_text[m_at];
        if (c == '*') {
            ++m_at;
            m_literal = false;
            // Several stars in a row mean the same as one.
            if (tokens.empty() || tokens.back().kind != Token::Kind::any_run)
                tokens.push_back({Token::Kind::any_run, {}});
            return {};
        }
        if (c == '?') {
            ++m_at;
            m_literal = false;
            tokens.push_back({Token::Kind::any_one, {}});
            return {};
        }
        if (c == '[') return set(tokens);
        TRY(const auto value, character(m_plain));
        tokens.push_back({Token::Kind::one_of, {{value, value}}});
        return {};
    }

    /// One character, with or without a backslash before it; its bytes are added to `bytes`.
    Result<std::uint32_t> character(std::string& bytes) {
        if (m_text[m_at] == '\\') ++m_at;
        if (m_at == m_text.size())
            return fail(Errc::invalid_argument, "a backslash with nothing after it");
        const auto found = character_at(m_text, m_at);
        bytes += m_text.substr(m_at, found.size);
        m_at += found.size;
        return found.value;
    }

    Result<> set(std::vector<Token>& tokens) {
        m_literal = false;
        ++m_at;
        Token token{Token::Kind::one_of, {}};
        if (m_at < m_text.size() && (m_text[m_at] == '!' || m_text[m_at] == '^')) {
            token.kind = Token::Kind::none_of;
            ++m_at;
        }
        // A ']' that comes first stands for itself.
        for (bool first = true; m_at < m_text.size(); first = false) {
            if (m_text[m_at] == ']' && !first) {
                ++m_at;
                tokens.push_back(std::move(token));
                return {};
            }
            CHECK_OK(member(token.ranges));
        }
        return fail(Errc::invalid_argument, "a '[' without its ']'");
    }

    Result<> member(std::vector<Range>& ranges) {
        if (m_text.substr(m_at).starts_with("[:")) return named_class(ranges);
        std::string bytes;
        TRY(const auto first, character(bytes));
        const auto rest = m_text.substr(m_at);
        if (rest.size() < 2 || rest[0] != '-' || rest[1] == ']') {
            ranges.push_back({first, first});
            return {};
        }
        ++m_at;
        TRY(const auto last, character(bytes));
        if (last < first) return fail(Errc::invalid_argument, "a range that runs backwards");
        ranges.push_back({first, last});
        return {};
    }

    Result<> named_class(std::vector<Range>& ranges) {
        const auto end = m_text.find(":]", m_at);
        if (end == std::string_view::npos)
            return fail(Errc::invalid_argument, "a '[:' without its ':]'");
        const auto name = m_text.substr(m_at + 2, end - m_at - 2);
        const auto* const found = std::ranges::find(named_classes, name, &NamedClass::name);
        if (found == named_classes.end())
            return fail(Errc::invalid_argument,
                        "no character class is called '" + std::string(name) + "'");
        for (std::size_t i = 0; i + 1 < found->pairs.size(); i += 2)
            ranges.push_back({byte_at(found->pairs, i), byte_at(found->pairs, i + 1)});
        m_at = end + 2;
        return {};
    }

    /// Finds the shapes that need no step by step matching.
    void finish(Glob& out) {
        const auto runs = std::ranges::count(out.m_tokens, Token::Kind::any_run, &Token::kind);
        const bool only_runs = out.m_tokens.size() == static_cast<std::size_t>(runs);
        const bool plain_but_one_run =
            runs == 1 && std::ranges::all_of(out.m_tokens, [](const Token& token) {
                return token.kind == Token::Kind::any_run || is_one(token);
            });
        if (m_literal) {
            out.m_shape = Shape::literal;
        } else if (only_runs) {
            out.m_shape = Shape::anything;
        } else if (plain_but_one_run && out.m_tokens[0].kind == Token::Kind::any_run &&
                   is_ascii(m_plain) && m_plain.size() == out.m_tokens.size() - 1) {
            out.m_shape = Shape::ends_with;
        } else {
            return;
        }
        out.m_tokens.clear();
        out.m_text = m_plain;
    }

    static bool is_one(const Token& token) {
        return token.kind == Token::Kind::one_of && token.ranges.size() == 1 &&
               token.ranges[0].first == token.ranges[0].last;
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    bool m_literal = true;
    std::string m_plain; ///< the characters outside of sets, unescaped
};

Result<Glob> Glob::parse(std::string_view component) {
    return Parser(component).run();
}

bool Glob::Token::takes(std::uint32_t character) const noexcept {
    if (kind == Kind::any_one || kind == Kind::any_run) return true;
    const bool in = std::ranges::any_of(ranges, [character](const Range& range) {
        return range.first <= character && character <= range.last;
    });
    return in == (kind == Kind::one_of);
}

bool Glob::matches(std::string_view name) const noexcept {
    switch (m_shape) {
    case Shape::literal:
        return name == m_text;
    case Shape::anything:
        return true;
    case Shape::ends_with:
        return name.ends_with(m_text);
    case Shape::general:
        break;
    }
    return matches_tokens(name);
}

bool Glob::matches_tokens(std::string_view name) const noexcept {
    // Only the last star met can need to take one more character: what an earlier one could still
    // take, the later one can take as well.
    struct Retry {
        std::size_t token;
        std::size_t at;
    };

    std::optional<Retry> retry;
    std::size_t token = 0;
    std::size_t at = 0;
    for (;;) {
        if (token < m_tokens.size() && m_tokens[token].kind == Token::Kind::any_run) {
            retry = Retry{++token, at};
            continue;
        }
        if (at == name.size() && token == m_tokens.size()) return true;
        if (at < name.size() && token < m_tokens.size()) {
            const auto next = character_at(name, at);
            if (m_tokens[token].takes(next.value)) {
                ++token;
                at += next.size;
                continue;
            }
        }
        if (!retry || retry->at == name.size()) return false;
        retry->at += character_at(name, retry->at).size;
        token = retry->token;
        at = retry->at;
    }
}

} // namespace torgo::source
