#include "gospel/tree.hpp"

#include <algorithm>

namespace torgo::gospel {

namespace {
std::string joined(const std::vector<Expr>& parts, std::string_view between) {
    std::string out;
    for (const auto& part : parts)
        out.append(out.empty() ? "" : between).append(print(part));
    return out;
}

std::string print_compare(const Expr& expr) {
    std::string out = "(" + print(expr.parts[0]);
    for (std::size_t i = 0; i < expr.ops.size(); ++i)
        out.append(" ").append(spelling(expr.ops[i])).append(" ").append(print(expr.parts[i + 1]));
    return out + ")";
}

std::string print_match(const Expr& expr) {
    std::string out = "(match " + print(expr.parts[0]) + " with";
    for (std::size_t i = 0; i < expr.patterns.size(); ++i)
        out += " | " + print(expr.patterns[i]) + " -> " + print(expr.parts[i + 1]);
    return out + ")";
}

std::string print_quantifier(const Expr& expr) {
    std::string out = expr.kind == Expr::Kind::forall ? "(forall " : "(exists ";
    for (std::size_t i = 0; i < expr.binders.size(); ++i) {
        const auto& binder = expr.binders[i];
        out += (i == 0 ? "" : ", ") + binder.name;
        if (binder.type) out += " : " + print(*binder.type);
    }
    return out + ". " + print(expr.parts[0]) + ")";
}

std::string print_applied(const std::string& head, const std::vector<Expr>& parts) {
    return parts.empty() ? head : "(" + head + " " + joined(parts, " ") + ")";
}

bool same(const TypeExpr& a, const TypeExpr& b) {
    return a.kind == b.kind && a.name == b.name &&
           std::ranges::equal(a.parts, b.parts,
                              [](const auto& x, const auto& y) { return same(x, y); });
}

bool same(const Pattern& a, const Pattern& b) {
    return a.kind == b.kind && a.word == b.word && a.literal == b.literal &&
           std::ranges::equal(a.parts, b.parts,
                              [](const auto& x, const auto& y) { return same(x, y); });
}

bool same(const Binder& a, const Binder& b) {
    if (a.name != b.name || (a.type == nullptr) != (b.type == nullptr)) return false;
    return a.type == nullptr || same(*a.type, *b.type);
}
} // namespace

std::string print(const TypeExpr& type) {
    if (type.kind == TypeExpr::Kind::variable) return "'" + type.name;
    if (type.kind == TypeExpr::Kind::name)
        return type.parts.empty() ? type.name : print(type.parts[0]) + " " + type.name;
    std::string out;
    for (const auto& part : type.parts)
        out += (out.empty() ? "" : " * ") + print(part);
    return "(" + out + ")";
}

std::string print(const Pattern& pattern) {
    switch (pattern.kind) {
    case Pattern::Kind::any:
        return "_";
    case Pattern::Kind::name:
        return pattern.word;
    case Pattern::Kind::literal:
        return print(pattern.literal);
    case Pattern::Kind::constructor:
        return pattern.parts.empty() ? pattern.word
                                     : "(" + pattern.word + " " + print(pattern.parts[0]) + ")";
    case Pattern::Kind::nil:
        return "[]";
    case Pattern::Kind::cons:
        return "(" + print(pattern.parts[0]) + " :: " + print(pattern.parts[1]) + ")";
    case Pattern::Kind::tuple:
        break;
    }
    std::string out;
    for (const auto& part : pattern.parts)
        out += (out.empty() ? "" : ", ") + print(part);
    return "(" + out + ")";
}

std::string print(const Expr& expr) {
    switch (expr.kind) {
    case Expr::Kind::literal:
        return print(expr.literal);
    case Expr::Kind::name:
        return expr.word;
    case Expr::Kind::constructor:
    case Expr::Kind::call:
        return print_applied(expr.word, expr.parts);
    case Expr::Kind::unary:
        return "(" + std::string(spelling(expr.ops[0])) + " " + print(expr.parts[0]) + ")";
    case Expr::Kind::binary:
        return "(" + print(expr.parts[0]) + " " + std::string(spelling(expr.ops[0])) + " " +
               print(expr.parts[1]) + ")";
    case Expr::Kind::compare:
        return print_compare(expr);
    case Expr::Kind::index:
        return print(expr.parts[0]) + "[" + print(expr.parts[1]) + "]";
    case Expr::Kind::field:
        return print(expr.parts[0]) + "." + expr.word;
    case Expr::Kind::list:
        return "[" + joined(expr.parts, "; ") + "]";
    case Expr::Kind::tuple:
        return "(" + joined(expr.parts, ", ") + ")";
    case Expr::Kind::let_in:
        return "(let " + print(expr.patterns[0]) + " = " + print(expr.parts[0]) + " in " +
               print(expr.parts[1]) + ")";
    case Expr::Kind::if_else:
        return "(if " + print(expr.parts[0]) + " then " + print(expr.parts[1]) + " else " +
               print(expr.parts[2]) + ")";
    case Expr::Kind::match:
        return print_match(expr);
    case Expr::Kind::forall:
    case Expr::Kind::exists:
        return print_quantifier(expr);
    case Expr::Kind::old:
        return "(old " + print(expr.parts[0]) + ")";
    }
    return {};
}

bool same(const Expr& a, const Expr& b) {
    const auto all = [](const auto& x, const auto& y) {
        return std::ranges::equal(x, y, [](const auto& p, const auto& q) { return same(p, q); });
    };
    return a.kind == b.kind && a.literal == b.literal && a.word == b.word && a.ops == b.ops &&
           all(a.parts, b.parts) && all(a.patterns, b.patterns) && all(a.binders, b.binders);
}

} // namespace torgo::gospel
