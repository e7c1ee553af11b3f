#include "reading/json.hpp"

#include <algorithm>

namespace torgo::reading {

namespace {
constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

void put_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) {
        out += static_cast<char>(byte);
    };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0U | code >> 6U);
        put(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        put(0xE0U | code >> 12U);
        put(0x80U | (code >> 6U & 0x3FU));
        put(0x80U | (code & 0x3FU));
    } else {
        put(0xF0U | code >> 18U);
        put(0x80U | (code >> 12U & 0x3FU));
        put(0x80U | (code >> 6U & 0x3FU));
        put(0x80U | (code & 0x3FU));
    }
}

/// By sorting: comparing each name with each would take minutes for a large object.
bool has_twins(std::vector<std::string_view> names) {
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

class JsonParser {
public:
    JsonParser(std::string_view text, const JsonLimits& limits) : m_text(text), m_limits(limits) {}

    Result<Json> run() {
        TRY(auto value, parse_value(0));
        skip_space();
        if (m_at != m_text.size()) return wrong("something after the value");
        return value;
    }

private:
    std::unexpected<Error> wrong(const char* what) const {
        return fail(Errc::invalid_argument,
                    "byte " + std::to_string(m_at + 1) + ": " + std::string(what));
    }

    char peek() const noexcept { return m_at < m_text.size() ? m_text[m_at] : '\0'; }

    bool take(char c) noexcept {
        if (peek() != c || m_at >= m_text.size()) return false;
        ++m_at;
        return true;
    }

    void skip_space() noexcept {
        while (m_at < m_text.size() && std::string_view(" \t\r\n").contains(m_text[m_at]))
            ++m_at;
    }

    Result<Json> parse_value(std::size_t depth) {
        if (depth > m_limits.depth) return fail(Errc::limit_exceeded, "JSON nested too deep");
        if (++m_values > m_limits.values) return fail(Errc::limit_exceeded, "too much JSON");
        skip_space();
        switch (peek()) {
        case '{':
            return parse_object(depth);
        case '[':
            return parse_array(depth);
        case '"':
            return parse_text();
        case 't':
            return parse_word("true", Json::Type::boolean);
        case 'f':
            return parse_word("false", Json::Type::boolean);
        case 'n':
            return parse_word("null", Json::Type::null);
        default:
            return parse_number();
        }
    }

    Result<Json> parse_word(std::string_view word, Json::Type type) {
        if (m_text.substr(m_at, word.size()) != word) return wrong("not a value");
        m_at += word.size();
        return Json{.type = type, .text = std::string(word)};
    }

    bool skip_digits() noexcept {
        const auto start = m_at;
        while (is_digit(peek()))
            ++m_at;
        return m_at > start;
    }

    Result<Json> parse_number() {
        const auto start = m_at;
        take('-');
        const bool zero = peek() == '0';
        const auto whole = m_at;
        if (!skip_digits() || (zero && m_at - whole > 1)) return wrong("not a value");
        if (take('.') && !skip_digits()) return wrong("not a number");
        if (peek() == 'e' || peek() == 'E') {
            ++m_at;
            if (!take('+')) take('-');
            if (!skip_digits()) return wrong("not a number");
        }
        return Json{.type = Json::Type::number,
                    .text = std::string(m_text.substr(start, m_at - start))};
    }

    Result<std::uint32_t> parse_hex() {
        std::uint32_t out = 0;
        for (int i = 0; i < 4; ++i) {
            const char c = peek();
            const auto digit = std::string_view("0123456789abcdef0123456789ABCDEF").find(c);
            if (m_at >= m_text.size() || digit == std::string_view::npos)
                return wrong("not four hexadecimal digits");
            out = out << 4U | static_cast<std::uint32_t>(digit % 16);
            ++m_at;
        }
        return out;
    }

    Result<> parse_unicode(std::string& out) {
        TRY(auto code, parse_hex());
        if (code >= 0xDC00 && code < 0xE000) return wrong("half a character");
        if (code >= 0xD800 && code < 0xDC00) {
            if (!take('\\') || !take('u')) return wrong("half a character");
            TRY(const auto low, parse_hex());
            if (low < 0xDC00 || low >= 0xE000) return wrong("half a character");
            code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
        }
        put_utf8(out, code);
        return {};
    }

    Result<> parse_escape(std::string& out) {
        constexpr std::string_view names = "\"\\/bfnrt";
        constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
        if (take('u')) return parse_unicode(out);
        const auto which = names.find(peek());
        if (m_at >= m_text.size() || which == std::string_view::npos)
            return wrong("an unknown escape");
        out += meant[which];
        ++m_at;
        return {};
    }

    Result<Json> parse_text() {
        TRY(auto text, parse_string());
        return Json{.type = Json::Type::string, .text = std::move(text)};
    }

    Result<std::string> parse_string() {
        if (!take('"')) return wrong("not a string");
        std::string out;
        while (true) {
            if (m_at >= m_text.size()) return wrong("a string without end");
            const char c = m_text[m_at];
            if (static_cast<unsigned char>(c) < 0x20) return wrong("a control character");
            ++m_at;
            if (c == '"') return out;
            if (c == '\\')
                CHECK_OK(parse_escape(out));
            else
                out += c;
        }
    }

    Result<Json> parse_array(std::size_t depth) {
        Json out{.type = Json::Type::array, .text = {}};
        take('[');
        skip_space();
        if (take(']')) return out;
        while (true) {
            TRY(auto item, parse_value(depth + 1));
            out.items.push_back(std::move(item));
            skip_space();
            if (take(']')) return out;
            if (!take(',')) return wrong("neither comma nor end of an array");
        }
    }

    Result<Json> parse_object(std::size_t depth) {
        Json out{.type = Json::Type::object, .text = {}};
        take('{');
        skip_space();
        if (take('}')) return out;
        while (true) {
            skip_space();
            TRY(auto key, parse_string());
            skip_space();
            if (!take(':')) return wrong("no colon after a name");
            TRY(auto value, parse_value(depth + 1));
            out.keys.push_back(std::move(key));
            out.items.push_back(std::move(value));
            skip_space();
            if (take('}')) {
                if (has_twins({out.keys.begin(), out.keys.end()}))
                    return wrong("a name that comes twice");
                return out;
            }
            if (!take(',')) return wrong("neither comma nor end of an object");
        }
    }

    std::string_view m_text;
    JsonLimits m_limits;
    std::size_t m_at = 0;
    std::size_t m_values = 0;
};
} // namespace

const Json* Json::find(std::string_view key) const noexcept {
    if (type != Type::object) return nullptr;
    const auto found = std::ranges::find(keys, key);
    return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

std::string_view Json::text_of(std::string_view key) const noexcept {
    const auto* const member = find(key);
    return member != nullptr && member->type == Type::string ? std::string_view(member->text)
                                                             : std::string_view();
}

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.size) return fail(Errc::limit_exceeded, "too much JSON");
    return JsonParser(text, limits).run();
}

} // namespace torgo::reading
