#include "cli/parser.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>

namespace torgo::cli {

namespace {

constexpr std::size_t nearest_distance_max = 2;

/// Levenshtein's distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

std::string did_you_mean(const std::string& typed, const std::vector<std::string>& candidates,
                         std::string_view prefix) {
    const auto near = nearest(typed, candidates);
    return near.empty() ? std::string() : ": did you mean \"" + std::string(prefix) + near + "\"?";
}

/// Walks the words once; holds where it is.
class Walk {
public:
    Walk(const Command& root, const std::vector<std::string>& words) : m_words(words) {
        m_out.path.push_back(&root);
    }

    Result<Invocation> run() {
        for (; m_next < m_words.size(); ++m_next) {
            const auto& word = m_words[m_next];
            if (m_only_words || word.size() < 2 || word[0] != '-') {
                CHECK_OK(take_word(word));
            } else if (word == "--") {
                m_only_words = true;
            } else if (word.starts_with("--")) {
                CHECK_OK(take_long(word));
            } else {
                CHECK_OK(take_letters(word));
            }
        }
        return std::move(m_out);
    }

private:
    Result<> take_word(const std::string& word) {
        const auto& command = m_out.command();
        if (command.children.empty() || m_only_words) {
            m_out.words.push_back(word);
            return {};
        }
        const auto* below = child(command, word);
        if (below == nullptr) {
            std::vector<std::string> names;
            for (const auto& candidate : command.children)
                names.push_back(candidate.name);
            return fail(Errc::invalid_argument, "\"" + word + "\" is no command of \"" +
                                                    full_name(m_out.path) + "\"" +
                                                    did_you_mean(word, names, ""));
        }
        m_out.path.push_back(below);
        return {};
    }

    Result<> take_long(const std::string& word) {
        const auto equals = word.find('=');
        const auto name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
        if (name == "help" && equals == std::string::npos) {
            m_out.help = true;
            return {};
        }
        const auto* option = find([&](const Option& o) { return o.name == name; });
        if (option == nullptr) return unknown("--" + name, did_you_mean(name, names(), "--"));
        if (equals == std::string::npos) return take_value(*option, "--" + name);
        if (option->value.empty()) {
            return fail(Errc::invalid_argument, "--" + name + " takes no value");
        }
        return add(*option, word.substr(equals + 1));
    }

    Result<> take_letters(const std::string& word) {
        for (std::size_t i = 1; i < word.size(); ++i) {
            if (word[i] == 'h') {
                m_out.help = true;
                continue;
            }
            const auto* option = find([&](const Option& o) { return o.letter == word[i]; });
            const auto shown = std::string("-") + word[i];
            if (option == nullptr)
                return unknown(shown, word.size() > 2 ? " (in " + word + ")" : "");
            if (option->value.empty()) {
                CHECK_OK(add(*option, "true"));
                continue;
            }
            if (i + 1 == word.size()) return take_value(*option, shown);
            return add(*option, word.substr(i + 1));
        }
        return {};
    }

    /// The next word is the value, whatever it looks like.
    Result<> take_value(const Option& option, const std::string& shown) {
        if (option.value.empty() || option.value_is_optional) return add(option, "true");
        if (m_next + 1 == m_words.size()) {
            return fail(Errc::invalid_argument, shown + " needs a value: " + option.value);
        }
        return add(option, m_words[++m_next]);
    }

    Result<> add(const Option& option, std::string value) {
        for (auto& given : m_out.given) {
            if (given.option != &option) {
                if (option.group.empty() || given.option->group != option.group) continue;
                return fail(Errc::invalid_argument, "--" + given.option->name + " and --" +
                                                        option.name + " exclude each other");
            }
            if (!option.repeatable && !option.value.empty()) {
                return fail(Errc::invalid_argument, "--" + option.name + " is given twice");
            }
            given.values.push_back(std::move(value));
            return {};
        }
        m_out.given.push_back({&option, {std::move(value)}});
        return {};
    }

    template <class Predicate>
    const Option* find(Predicate fits) const {
        for (const auto* command : m_out.path) {
            const auto found = std::ranges::find_if(command->options, fits);
            if (found != command->options.end()) return &*found;
        }
        return nullptr;
    }

    std::vector<std::string> names() const {
        std::vector<std::string> out;
        for (const auto* command : m_out.path) {
            for (const auto& option : command->options)
                out.push_back(option.name);
        }
        return out;
    }

    Result<> unknown(const std::string& shown, const std::string& hint) const {
        return fail(Errc::invalid_argument,
                    "\"" + full_name(m_out.path) + "\" has no option " + shown + hint);
    }

    const std::vector<std::string>& m_words;
    std::size_t m_next = 0;
    bool m_only_words = false;
    Invocation m_out;
};

} // namespace

bool Invocation::has(const Option& option) const noexcept {
    return std::ranges::any_of(given, [&](const Given& g) { return g.option == &option; });
}

std::string nearest(const std::string& typed, const std::vector<std::string>& candidates) {
    std::string best;
    std::size_t best_distance = nearest_distance_max + 1;
    for (const auto& candidate : candidates) {
        const auto d = distance(typed, candidate);
        if (d >= best_distance || d >= candidate.size()) continue;
        best = candidate;
        best_distance = d;
    }
    return best;
}

Result<Invocation> parse(const Command& root, const std::vector<std::string>& words) {
    return Walk(root, words).run();
}

Result<> assign(const Option& option, const std::vector<std::string>& values) {
    for (const auto& value : values)
        CHECK_OK_WITH("--" + option.name, option.set(value));
    return {};
}

Result<> assign_arguments(const Invocation& invocation) {
    const auto& command = invocation.command();
    std::size_t next = 0;
    std::size_t needed_later = 0;
    for (const auto& argument : command.arguments)
        needed_later += argument.least;
    for (const auto& argument : command.arguments) {
        needed_later -= argument.least;
        std::size_t taken = 0;
        while (next + needed_later < invocation.words.size() && taken < argument.most) {
            CHECK_OK_WITH(argument.name, argument.set(invocation.words[next]));
            ++next;
            ++taken;
        }
        if (taken < argument.least) {
            return fail(Errc::invalid_argument, "\"" + full_name(invocation.path) + "\" needs " +
                                                    argument.name + ": " + argument.help);
        }
    }
    if (next < invocation.words.size()) {
        return fail(Errc::invalid_argument, "\"" + full_name(invocation.path) +
                                                "\" does not take \"" + invocation.words[next] +
                                                "\" here");
    }
    return {};
}

} // namespace torgo::cli
