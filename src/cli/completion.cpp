#include "cli/completion.hpp"

#include "cli/format.hpp"
#include "cli/help.hpp"

#include <algorithm>

namespace torgo::cli {

namespace {

using Path = std::vector<const Command*>;

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
    return text;
}

/// Inside single quotes of a POSIX shell.
std::string quoted(const std::string& text) {
    return "'" + replaced(text, "'", "'\\''") + "'";
}

Offer argument_offer(const Command& command) {
    for (const auto& argument : command.arguments) {
        if (argument.offer != Offer::nothing) return argument.offer;
    }
    return Offer::nothing;
}

// ---- bash

std::string bash_option_words(const Command& command) {
    std::string out;
    for (const auto& option : command.options) {
        out += "--" + option.name + " ";
        if (option.letter != 0) out += std::string("-") + option.letter + " ";
    }
    return out;
}

std::string bash_offer(Offer offer) {
    switch (offer) {
    case Offer::file:
        return "_torgo_names -f";
    case Offer::folder:
        return "_torgo_names -d";
    case Offer::nothing:
        break;
    }
    return "COMPREPLY=()";
}

/// One branch for each option that wants a value: after it, only the value is offered.
std::string bash_value_branches(const Path& path) {
    std::string out;
    for (const auto& option : path.back()->options) {
        if (option.value.empty() || option.value_is_optional) continue;
        out += "        \"" + full_name(path) + " --" + option.name + "\"";
        if (option.letter != 0) {
            out += " | \"" + full_name(path) + " -" + std::string(1, option.letter) + "\"";
        }
        const auto action = option.choices.empty()
                                ? bash_offer(option.offer)
                                : "_torgo_words " + quoted(joined(option.choices, " "));
        out += ") " + action + "; return ;;\n";
    }
    return out;
}

std::string bash_word_branches(const Path& path, const Command& root) {
    const auto& command = *path.back();
    std::vector<std::string> names;
    for (const auto& below : command.children)
        names.push_back(below.name);
    auto options = bash_option_words(command) + (path.size() > 1 ? bash_option_words(root) : "");
    const auto words = names.empty() ? bash_offer(argument_offer(command))
                                     : "_torgo_words " + quoted(joined(names, " "));
    return "        \"" + full_name(path) + "\")\n            if [[ $current == -* ]]; then\n" +
           "                _torgo_words " + quoted(options + "--help -h") +
           "\n            else\n                " + words + "\n            fi ;;\n";
}

constexpr std::string_view bash_head =
    R"(# bash completion for torgo, written by "torgo completion bash"
_torgo_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_torgo_names() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
}
_torgo() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=torgo i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$command ${COMP_WORDS[i]}" in
)";

// ---- zsh

/// Inside the [] or between the colons of an _arguments specification.
std::string zsh_text(std::string text) {
    for (const std::string_view special : {"\\", "[", "]", ":"}) {
        text = replaced(std::move(text), special, "\\" + std::string(special));
    }
    return text;
}

std::string zsh_action(Offer offer, const std::vector<std::string>& choices) {
    if (!choices.empty()) return "(" + joined(choices, " ") + ")";
    switch (offer) {
    case Offer::file:
        return "_files";
    case Offer::folder:
        return "_files -/";
    case Offer::nothing:
        break;
    }
    return " ";
}

std::string zsh_options(const Command& command) {
    std::string out;
    for (const auto& option : command.options) {
        auto tail = (option.value_is_optional ? "=-[" : "[") + zsh_text(option.help) + "]";
        if (!option.value.empty()) {
            tail += (option.value_is_optional ? "::" : ":") + zsh_text(option.value) + ":" +
                    zsh_action(option.offer, option.choices);
        }
        const std::string many = option.repeatable ? "*" : "";
        out += " \\\n        " + quoted(many + "--" + option.name + tail);
        if (option.letter != 0) out += " " + quoted(many + "-" + option.letter + tail);
    }
    return out;
}

std::string zsh_function(const Path& path) {
    auto name = full_name(path);
    std::ranges::replace(name, ' ', '_');
    const auto& command = *path.back();
    std::string out = "_" + name + "() {\n    _arguments -s -C" + zsh_options(command);
    if (path.size() > 1) out += zsh_options(*path.front());
    if (command.children.empty()) {
        const auto offer = argument_offer(command);
        return out + " \\\n        '*: :" + zsh_action(offer, {}) + "'\n}\n\n";
    }
    out += " \\\n        '1: :->command' '*:: :->rest'\n    case $state in\n    command)\n"
           "        local -a commands=(\n";
    for (const auto& below : command.children) {
        out +=
            "            " + quoted(below.name + ":" + replaced(below.summary, ":", "\\:")) + "\n";
    }
    out +=
        "        )\n        _describe command commands ;;\n    rest)\n        case $words[1] in\n";
    for (const auto& below : command.children) {
        out += "        " + below.name + ") _" + name + "_" + below.name + " ;;\n";
    }
    return out + "        esac ;;\n    esac\n}\n\n";
}

// ---- fish

std::string fish_quoted(const std::string& text) {
    return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

/// The condition that this command, and none below it, has been typed.
std::string fish_condition(const Path& path) {
    std::string out;
    for (std::size_t i = 1; i < path.size(); ++i) {
        out +=
            (i == 1 ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") + path[i]->name;
    }
    std::string below;
    for (const auto& child : path.back()->children)
        below += " " + child.name;
    if (below.empty()) return out;
    return out + (out.empty() ? "not " : "; and not ") + "__fish_seen_subcommand_from" + below;
}

std::string fish_option(const std::string& start, const Option& option) {
    auto out = start + " -l " + option.name;
    if (option.letter != 0) out += std::string(" -s ") + option.letter;
    if (!option.value.empty() && !option.value_is_optional) {
        if (!option.choices.empty())
            out += " -x -a " + fish_quoted(joined(option.choices, " "));
        else if (option.offer == Offer::file)
            out += " -r -F";
        else if (option.offer == Offer::folder)
            out += " -x -a '(__fish_complete_directories)'";
        else
            out += " -x";
    }
    return out + " -d " + fish_quoted(option.help) + "\n";
}

std::string fish_lines(const Path& path) {
    const auto& command = *path.back();
    const auto start = path.size() == 1
                           ? std::string("complete -c torgo")
                           : "complete -c torgo -n " + fish_quoted(fish_condition(path));
    std::string out;
    for (const auto& option : command.options)
        out += fish_option(start, option);
    const auto before_child = "complete -c torgo -n " + fish_quoted(fish_condition(path));
    for (const auto& below : command.children) {
        out += before_child + " -a " + below.name + " -d " + fish_quoted(below.summary) + "\n";
    }
    switch (argument_offer(command)) {
    case Offer::file:
        out += start + " -F\n";
        break;
    case Offer::folder:
        out += start + " -x -a '(__fish_complete_directories)'\n";
        break;
    case Offer::nothing:
        break;
    }
    return out;
}

} // namespace

std::string bash_completion(const Command& root) {
    const auto paths = all_commands(root);
    std::string out(bash_head);
    for (const auto& path : paths) {
        if (path.size() == 1) continue;
        out += "            \"" + full_name(path) + "\") command='" + full_name(path) + "' ;;\n";
    }
    out += "        esac\n    done\n    case \"$command $previous\" in\n";
    for (const auto& path : paths)
        out += bash_value_branches(path);
    out += "    esac\n    case \"torgo $previous\" in\n" + bash_value_branches({&root});
    out += "    esac\n    case \"$command\" in\n";
    for (const auto& path : paths)
        out += bash_word_branches(path, root);
    return out + "    esac\n}\ncomplete -F _torgo torgo\n";
}

std::string zsh_completion(const Command& root) {
    std::string out = "#compdef torgo\n# zsh completion, written by \"torgo completion zsh\"\n\n";
    for (const auto& path : all_commands(root))
        out += zsh_function(path);
    return out +
           "if [ \"$funcstack[1]\" = _torgo ]; then _torgo \"$@\"; else compdef _torgo torgo; fi\n";
}

std::string fish_completion(const Command& root) {
    std::string out =
        "# fish completion, written by \"torgo completion fish\"\ncomplete -c torgo -f\n"
        "complete -c torgo -s h -l help -d 'say more'\n";
    for (const auto& path : all_commands(root))
        out += fish_lines(path);
    return out;
}

} // namespace torgo::cli
