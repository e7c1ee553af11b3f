#include "gospel/interface_parser.hpp"

#include "gospel/interface.hpp"

#include <algorithm>
#include <array>

namespace torgo::gospel {

namespace {
constexpr std::array<std::string_view, 8> item_words = {"val",    "type", "exception", "external",
                                                        "module", "open", "include",   "class"};

bool is_space(char c) noexcept {
    return std::string_view(" \t\r\n").contains(c);
}

class Reader {
public:
    Reader(std::string_view text, std::span<const Token> tokens) : m_text(text), m_parser(tokens) {}

    Items run() {
        while (!m_parser.at_end() && m_out.faults.size() < diagnostics_max) {
            const auto start = token().at;
            const auto done = item();
            if (done) continue;
            m_out.faults.push_back(done.error());
            pass_over(start);
        }
        return std::move(m_out);
    }

private:
    const Token& token() const noexcept { return m_parser.token(); }

    /// To the next item behind `start`.
    void pass_over(Offset start) {
        m_open_val = false;
        m_parser.recover();
        while (!m_parser.at_end() && (token().at == start || !at_item()))
            m_parser.skip();
    }

    bool at_item() const noexcept {
        const auto& next = token();
        if (next.kind == TokenKind::lower) return std::ranges::contains(item_words, next.text);
        return next.kind == TokenKind::contract || next.kind == TokenKind::document;
    }

    Parsed<> item() {
        if (token().kind == TokenKind::contract || token().kind == TokenKind::document)
            return contract();
        m_open_val = false;
        if (m_parser.take_word("val")) return val();
        if (m_parser.take_word("type")) return types();
        if (m_parser.take_word("exception")) return exception();
        if (at_item()) return m_parser.wrong("`" + token().text + "` is not understood");
        return m_parser.unexpected("`val`, `type` or `exception`");
    }

    Parsed<> contract() {
        const auto begin = token().at;
        const auto word = first_word(m_text.substr(begin, token().end - begin));
        if (!m_open_val) {
            if (word == "invariant" || word == "model" || word == "mutable" || word == "ephemeral")
                return m_parser.wrong("contracts of types are not understood");
            return m_parser.wrong("this contract stands behind no value" +
                                  (word.empty() ? "" : ": `" + word + "` is not understood"));
        }
        if (m_out.vals.back().contract) return m_parser.wrong("a second contract of one value");
        m_out.vals.back().contract = token();
        m_parser.skip();
        return {};
    }

    static std::string first_word(std::string_view text) {
        const auto* const start = std::ranges::find_if_not(text, is_space);
        const auto* const end =
            std::find_if_not(start, text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
        return {start, end};
    }

    template <class T>
    Parsed<> room(const std::vector<T>& items, std::size_t max) const {
        if (items.size() >= max) return m_parser.wrong("too many of one kind in this file");
        return {};
    }

    Parsed<> val() {
        CHECK_OK(room(m_out.vals, items_max));
        ValItem out{.at = token().at};
        if (m_parser.at_symbol("(")) return m_parser.wrong("operators are not understood");
        TRY(out.name, m_parser.expect_name("a name"));
        CHECK_OK(m_parser.expect_symbol(":"));
        while (true) {
            TRY(auto next, argument());
            if (!m_parser.take_symbol("->")) {
                if (next.kind != Argument::Kind::plain) return m_parser.unexpected("`->`");
                out.result = std::move(next.type);
                break;
            }
            CHECK_OK(room(out.arguments, members_max));
            out.arguments.push_back(std::move(next));
        }
        if (out.arguments.empty())
            return std::unexpected(
                Fault{out.at, "`" + out.name + "` is no function: only functions are understood"});
        m_out.vals.push_back(std::move(out));
        m_open_val = true;
        return {};
    }

    Parsed<Argument> argument() {
        Argument out;
        if (token().kind == TokenKind::option ||
            (m_parser.at_name() && m_parser.at_symbol(":", 1))) {
            out.kind =
                token().kind == TokenKind::option ? Argument::Kind::option : Argument::Kind::label;
            out.label = token().text;
            m_parser.skip();
            CHECK_OK(m_parser.expect_symbol(":"));
        }
        TRY(out.type, m_parser.type());
        return out;
    }

    Parsed<> types() {
        do {
            CHECK_OK(room(m_out.types, items_max));
            if (token().kind == TokenKind::variable || m_parser.at_symbol("("))
                return m_parser.wrong("types with arguments of their own are not understood");
            TypeItem out{.at = token().at};
            TRY(out.name, m_parser.expect_name("a type's name"));
            if (m_parser.take_symbol("=")) CHECK_OK(manifest(out));
            m_out.types.push_back(std::move(out));
        } while (m_parser.take_word("and"));
        return {};
    }

    Parsed<> manifest(TypeItem& out) {
        if (m_parser.take_symbol("{")) return record(out);
        if (token().kind == TokenKind::upper && !m_parser.at_symbol(".", 1)) return variant(out);
        if (m_parser.at_symbol("|")) return variant(out);
        out.kind = TypeItem::Kind::alias;
        TRY(auto of, m_parser.type());
        if (m_parser.at_symbol("->"))
            return m_parser.wrong("types of functions are not understood");
        out.types.push_back(std::move(of));
        return {};
    }

    Parsed<> record(TypeItem& out) {
        out.kind = TypeItem::Kind::record;
        do {
            if (m_parser.at_symbol("}")) break;
            CHECK_OK(room(out.names, members_max));
            m_parser.take_word("mutable");
            TRY(auto name, m_parser.expect_name("a field"));
            if (std::ranges::contains(out.names, name))
                return m_parser.wrong("two fields of one name");
            CHECK_OK(m_parser.expect_symbol(":"));
            TRY(auto type, m_parser.type());
            out.names.push_back(std::move(name));
            out.types.push_back(std::move(type));
        } while (m_parser.take_symbol(";"));
        return m_parser.expect_symbol("}");
    }

    Parsed<> variant(TypeItem& out) {
        out.kind = TypeItem::Kind::variant;
        m_parser.take_symbol("|");
        do {
            CHECK_OK(room(out.names, members_max));
            const auto name = token().text;
            if (token().kind != TokenKind::upper) return m_parser.unexpected("a constructor");
            if (name == "Some" || name == "None" || std::ranges::contains(out.names, name))
                return m_parser.wrong("the constructor `" + name + "` is there already");
            m_parser.skip();
            if (m_parser.at_word("of") || m_parser.at_symbol(":"))
                return m_parser.wrong("constructors with arguments are not understood");
            out.names.push_back(name);
        } while (m_parser.take_symbol("|"));
        return {};
    }

    Parsed<> exception() {
        CHECK_OK(room(m_out.exceptions, items_max));
        ExceptionItem out{.name = token().text, .at = token().at};
        if (token().kind != TokenKind::upper) return m_parser.unexpected("an exception's name");
        m_parser.skip();
        if (m_parser.take_word("of")) {
            TRY(out.argument, m_parser.type());
        }
        m_out.exceptions.push_back(std::move(out));
        return {};
    }

    std::string_view m_text;
    Parser m_parser;
    Items m_out{};
    bool m_open_val = false; ///< a contract may follow
};
} // namespace

std::vector<Tag> clause_tags(std::string_view text, Offset begin, Offset end) {
    std::vector<Tag> out;
    const auto part = text.substr(0, end);
    bool open = false;
    for (std::size_t at = part.find('@', begin); at != std::string_view::npos;
         at = part.find('@', at + 1)) {
        auto stop = at + 1;
        while (stop < part.size() && part[stop] >= 'a' && part[stop] <= 'z')
            ++stop;
        // `l @m` is no tag, `l @ m` neither: a tag stands behind a space, its word right behind it.
        if (stop == at + 1 || (at > begin && !is_space(part[at - 1]))) continue;
        if (open) out.back().end = static_cast<Offset>(at);
        const auto word = part.substr(at + 1, stop - at - 1);
        open = word == "requires" || word == "checks" || word == "ensures" || word == "raises";
        if (open) out.push_back({std::string(word), static_cast<Offset>(stop), end});
    }
    return out;
}

Items read_items(std::string_view text) {
    Items out;
    std::vector<Token> tokens;
    if (auto fault = tokenize(text, 0, static_cast<Offset>(text.size()), tokens)) {
        out.faults.push_back(*std::move(fault));
        return out;
    }
    // Documentation without clauses may stand anywhere, and says nothing here.
    std::erase_if(tokens, [&](const Token& token) {
        if (token.kind != TokenKind::document) return false;
        const auto tags = clause_tags(text, token.at, token.end);
        return std::ranges::all_of(tags, [](const Tag& tag) { return tag.word == "raises"; });
    });
    return Reader(text, tokens).run();
}

} // namespace torgo::gospel
