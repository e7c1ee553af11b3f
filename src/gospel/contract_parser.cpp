#include "gospel/contract_parser.hpp"

#include "base/utf8_cut.hpp"

#include <algorithm>
#include <array>

namespace torgo::gospel {

namespace {
constexpr std::array<std::string_view, 10> clause_words = {
    "requires", "checks", "ensures",  "raises",     "modifies",
    "consumes", "pure",   "diverges", "equivalent", "variant"};

/// White space outside strings made single.
std::string quote_source(std::string_view source) {
    std::string out;
    bool in_text = false;
    for (std::size_t i = 0; i < source.size(); ++i) {
        const char c = source[i];
        const bool space = !in_text && std::string_view(" \t\r\n\f").contains(c);
        if (c == '"' && (i == 0 || source[i - 1] != '\\')) in_text = !in_text;
        if (!space)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    if (out.size() <= clause_quote_bytes_max) return out;
    return std::string(cut_utf8(out, clause_quote_bytes_max)) + "…";
}

class ContractReader {
public:
    ContractReader(std::string_view text, std::span<const Token> tokens)
        : m_text(text), m_tokens(tokens), m_parser(tokens) {}

    Parsed<> run(ContractText& out) {
        if (!at_clause() && !m_parser.at_end()) {
            TRY(out.header, header());
        }
        while (!m_parser.at_end())
            CHECK_OK(clause(out));
        return {};
    }

    /// One clause, its word already taken.
    Parsed<> tagged(std::string_view word, ContractText& out) {
        CHECK_OK(body(word, out));
        if (!m_parser.at_end()) return m_parser.unexpected("the clause's end");
        return {};
    }

private:
    bool at_clause() const noexcept {
        const auto& next = m_parser.token();
        return next.kind == TokenKind::lower && std::ranges::contains(clause_words, next.text);
    }

    Parsed<Header> header() {
        Header out{.at = m_parser.token().at};
        m_parser.take_word("let");
        const bool unit = m_parser.at_symbol("(") && m_parser.at_symbol(")", 1);
        const bool group = !unit && m_parser.take_symbol("(");
        if (unit) {
            m_parser.skip();
            m_parser.skip();
        } else {
            do {
                TRY(auto name, m_parser.expect_name("a clause, or a name"));
                out.results.push_back(std::move(name));
            } while (m_parser.take_symbol(","));
        }
        if (group) CHECK_OK(m_parser.expect_symbol(")"));
        if (m_parser.take_symbol("=")) {
            TRY(out.function, m_parser.expect_name("the function's name"));
        } else if (out.results.size() == 1 && !group) {
            out.function = std::move(out.results[0]);
            out.results.clear();
        } else {
            return m_parser.unexpected("`=`");
        }
        CHECK_OK(parameters(out));
        return out;
    }

    Parsed<> parameters(Header& out) {
        while (!m_parser.at_end() && !at_clause()) {
            Header::Name next;
            const auto& token = m_parser.token();
            next.name = token.text;
            if (m_parser.take_symbol("(")) {
                CHECK_OK(m_parser.expect_symbol(")"));
                next = {.unit = true};
                out.parameters.push_back(next);
                continue;
            }
            if (token.kind == TokenKind::label)
                next.kind = Argument::Kind::label;
            else if (token.kind == TokenKind::option)
                next.kind = Argument::Kind::option;
            else if (m_parser.at_word("_"))
                next.name.clear();
            else if (m_parser.at_symbol("["))
                return m_parser.wrong("ghost arguments are not understood");
            else if (!m_parser.at_name())
                return m_parser.unexpected("an argument or a clause");
            m_parser.skip();
            out.parameters.push_back(next);
        }
        return {};
    }

    Parsed<> clause(ContractText& out) {
        if (!at_clause()) return m_parser.unexpected("a clause");
        const auto word = m_parser.token().text;
        if (word == "consumes" || word == "equivalent" || word == "variant")
            return m_parser.wrong("`" + word + "` is not understood");
        m_parser.skip();
        if (word == "pure" || word == "diverges") {
            out.unchecked.push_back(word);
            return {};
        }
        if (word == "modifies") return modifies(out);
        return body(word, out);
    }

    Parsed<> body(std::string_view word, ContractText& out) {
        auto& contract = out.contract;
        if (contract.clauses.size() + contract.raises.size() >= clauses_max)
            return m_parser.wrong("too many clauses");
        if (word == "raises") return raises(out);
        Clause next{.kind = word == "requires" ? Clause::Kind::requires_
                            : word == "checks" ? Clause::Kind::checks
                                               : Clause::Kind::ensures};
        const auto first = m_parser.token().at;
        TRY(next.formula, m_parser.expression());
        quote(next, first);
        contract.clauses.push_back(std::move(next));
        return {};
    }

    /// From `first` to the token before this one.
    void quote(Clause& clause, Offset first) {
        const auto next = std::ranges::lower_bound(m_tokens, m_parser.token().at, {}, &Token::at);
        const auto end = next == m_tokens.begin() ? first : std::prev(next)->end;
        clause.text = quote_source(m_text.substr(first, end - std::min(end, first)));
        clause.position = locate(m_text, first);
    }

    Parsed<> raises(ContractText& out) {
        std::vector<ExceptionCase> cases;
        do {
            if (cases.size() >= clauses_max) return m_parser.wrong("too many clauses");
            TRY(auto next, exception_case());
            cases.push_back(std::move(next));
        } while (m_parser.take_symbol("|"));
        out.contract.raises.push_back(std::move(cases));
        return {};
    }

    Parsed<ExceptionCase> exception_case() {
        ExceptionCase out{.exception = m_parser.token().text};
        out.clause.kind = Clause::Kind::raises;
        out.clause.formula.literal = Value::boolean(true);
        const auto first = m_parser.token().at;
        out.clause.formula.at = first;
        if (m_parser.token().kind != TokenKind::upper)
            return m_parser.unexpected("an exception's name");
        m_parser.skip();
        const auto ends = [&] {
            return m_parser.at_end() || at_clause() || m_parser.at_symbol("|");
        };
        if (!ends() && !m_parser.at_symbol("->")) {
            TRY(out.argument, m_parser.pattern());
        }
        if (!ends()) {
            CHECK_OK(m_parser.expect_symbol("->"));
            TRY(out.clause.formula, m_parser.expression());
        }
        quote(out.clause, first);
        return out;
    }

    /// Arguments, or parts of them: `x`, `x.field`.
    Parsed<> modifies(ContractText& out) {
        do {
            TRY(const auto place, m_parser.expression());
            const Expr* base = &place;
            while (base->kind == Expr::Kind::field)
                base = &base->parts[0];
            if (base->kind != Expr::Kind::name)
                return std::unexpected(Fault{place.at, "only arguments can be modified"});
            out.contract.modifies.push_back(base->word);
        } while (m_parser.take_symbol(","));
        return {};
    }

    std::string_view m_text;
    std::span<const Token> m_tokens;
    Parser m_parser;
};

/// `@raises E`, and words for people: what comes behind the name counts only with an arrow in it.
Parsed<> read_tag(std::string_view text, const Tag& tag, ContractText& out) {
    auto end = tag.end;
    const auto body = text.substr(tag.begin, tag.end - tag.begin);
    if (tag.word == "raises" && !body.contains("->")) {
        const auto start = std::min(body.find_first_not_of(" \t\r\n"), body.size());
        const auto stop = std::min(body.find_first_of(" \t\r\n", start), body.size());
        end = tag.begin + static_cast<Offset>(stop);
    }
    std::vector<Token> tokens;
    if (auto fault = tokenize(text, tag.begin, end, tokens)) return std::unexpected(*fault);
    return ContractReader(text, tokens).tagged(tag.word, out);
}
} // namespace

Parsed<ContractText> read_contract(std::string_view text, const Token& comment) {
    ContractText out;
    if (comment.kind == TokenKind::document) {
        for (const auto& tag : clause_tags(text, comment.at, comment.end))
            CHECK_OK(read_tag(text, tag, out));
        return out;
    }
    std::vector<Token> tokens;
    if (auto fault = tokenize(text, comment.at, comment.end, tokens))
        return std::unexpected(*fault);
    CHECK_OK(ContractReader(text, tokens).run(out));
    return out;
}

} // namespace torgo::gospel
