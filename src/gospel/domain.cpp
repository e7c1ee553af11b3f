// Where a quantifier's variable gets its values from. Guards only bound what is tried: the formula
// is evaluated whole for each value, so a bound may be wide but never too narrow.
#include "gospel/checker.hpp"

#include <algorithm>

namespace torgo::gospel {

namespace {
void conjuncts(const Expr& expr, std::vector<const Expr*>& out) {
    const bool both =
        expr.kind == Expr::Kind::binary && (expr.ops[0] == Op::both || expr.ops[0] == Op::and_then);
    if (!both) return out.push_back(&expr);
    conjuncts(expr.parts[0], out);
    conjuncts(expr.parts[1], out);
}

bool is_quantifier(const Expr& expr) noexcept {
    return expr.kind == Expr::Kind::forall || expr.kind == Expr::Kind::exists;
}

/// May it be evaluated before binders from `which` on have values? A quantifier inside would have
/// to be copied with its own domains, again for each level.
bool usable(const Expr& expr, const std::vector<Binder>& binders, std::size_t which) {
    if (is_quantifier(expr)) return false;
    if (expr.kind == Expr::Kind::name)
        for (auto i = which; i < binders.size(); ++i)
            if (binders[i].name == expr.word) return false;
    return std::ranges::all_of(expr.parts,
                               [&](const Expr& part) { return usable(part, binders, which); });
}

bool is_name(const Expr& expr, std::string_view name) noexcept {
    return expr.kind == Expr::Kind::name && expr.word == name;
}

class Finder {
public:
    Finder(const Expr& quantifier, std::size_t which)
        : m_binders(quantifier.binders), m_which(which) {}

    void look_at(const Expr& guard) {
        const auto& name = m_binders[m_which].name;
        if (guard.kind == Expr::Kind::call && guard.word.ends_with(".mem") &&
            guard.parts.size() == 2 && is_name(guard.parts[0], name))
            take_list(guard.parts[1]);
        if (guard.kind != Expr::Kind::compare) return;
        if (guard.ops[0] == Op::member && is_name(guard.parts[0], name)) take_list(guard.parts[1]);
        for (std::size_t i = 0; i < guard.parts.size(); ++i)
            if (is_name(guard.parts[i], name)) look_around(guard, i);
    }

    Domain take() && { return std::move(m_domain); }

private:
    void take_list(const Expr& list) {
        if (m_domain.list.empty() && usable(list, m_binders, m_which))
            m_domain.list.push_back(list);
    }

    /// In `a < b <= i`, a and b are both lower bounds of i; so is b alone in `c > b <= i`.
    void look_around(const Expr& chain, std::size_t place) {
        for (const bool forward : {true, false}) {
            bool rising = true;
            bool falling = true;
            bool strict = false;
            for (std::size_t i = place; forward ? i < chain.ops.size() : i > 0;) {
                const auto op = chain.ops[forward ? i : i - 1];
                rising = rising && (op == Op::less || op == Op::at_most || op == Op::equal);
                falling = falling && (op == Op::greater || op == Op::at_least || op == Op::equal);
                strict = strict || op == Op::less || op == Op::greater;
                i = forward ? i + 1 : i - 1;
                if (rising) put(chain.parts[i], forward, strict);
                if (falling) put(chain.parts[i], !forward, strict);
            }
        }
    }

    void put(const Expr& limit, bool upper, bool strict) {
        if (!usable(limit, m_binders, m_which)) return;
        auto& bounds = upper ? m_domain.upper : m_domain.lower;
        if (bounds.size() >= chain_max) return;
        bounds.push_back({.limit = {limit}, .strict = strict});
    }

    const std::vector<Binder>& m_binders;
    std::size_t m_which;
    Domain m_domain{};
};
} // namespace

std::vector<const Expr*> guards_of(const Expr& quantifier) {
    std::vector<const Expr*> out;
    const Expr* body = &quantifier.parts[0];
    if (quantifier.kind == Expr::Kind::exists) {
        conjuncts(*body, out);
        return out;
    }
    for (; body->kind == Expr::Kind::binary && body->ops[0] == Op::implies; body = &body->parts[1])
        conjuncts(body->parts[0], out);
    return out;
}

Domain domain_of(const Expr& quantifier, std::size_t which,
                 const std::vector<const Expr*>& guards) {
    Finder finder(quantifier, which);
    for (const auto* const guard : guards)
        finder.look_at(*guard);
    auto out = std::move(finder).take();
    // What an earlier variable did not hinder, this one does not.
    out.guards = which == 0 ? 0 : quantifier.domains[which - 1].guards;
    while (out.guards < guards.size() && usable(*guards[out.guards], quantifier.binders, which))
        ++out.guards;
    return out;
}

} // namespace torgo::gospel
