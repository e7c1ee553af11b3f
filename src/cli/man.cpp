#include "cli/man.hpp"

#include "cli/format.hpp"
#include "cli/help.hpp"

#include <algorithm>
#include <array>

namespace torgo::cli {

namespace {

struct Entry {
    std::string_view name;
    std::string_view text;
};

constexpr std::array exit_statuses{
    Entry{"0", "All is well."},
    Entry{"1", "It failed; standard error says what, and what to do."},
    Entry{"2", "The command line or torgo.toml makes no sense; nothing was done."},
    Entry{"3", "The snapshot was made, but some source data could not be read."},
    Entry{"10", "There is no repository where one was looked for."},
    Entry{"11", "The repository is locked (reserved: this version takes no locks)."},
    Entry{"12", "No key slot opens with this pass phrase, key file or recovery kit."},
    Entry{"130", "Stopped by the user; nothing that was saved is lost."}};

constexpr std::array more_variables{
    Entry{"TORGO_PASSWORD", "The pass phrase itself. Processes of the same user can read it; "
                            "--password-command is safer."},
    Entry{"TORGO_NEW_PASSWORD", "The new pass phrase of \"torgo key add\" and \"torgo key "
                                "passwd\"."},
    Entry{"XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME, XDG_STATE_HOME",
          "Where the folders under FILES lie instead."}};

constexpr std::array files{
    Entry{"~/.config/torgo/default.torgo", "Which repository: the descriptor file. No secret."},
    Entry{"~/.config/torgo/torgo.toml", "Options that need not be typed, in profiles."},
    Entry{"~/.local/share/torgo/heads/1 ... 4", "The heads, when \"torgo init\" is given none."},
    Entry{"~/.local/state/torgo", "Which writer this machine is, and the last snapshot it saw."},
    Entry{"~/.cache/torgo", "May be deleted at any time."}};

/// Text as troff takes it literally: backslashes, dashes, and no line that looks like a request.
std::string literal(std::string_view text) {
    std::string out;
    bool line_start = true;
    for (const char c : text) {
        if (line_start && (c == '.' || c == '\'')) out += "\\&";
        line_start = c == '\n';
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
    }
    return out;
}

std::string section(std::string_view name) {
    return ".SH " + std::string(name) + "\n";
}

std::string entry(std::string_view name, std::string_view text) {
    return ".TP\n.B " + literal(name) + "\n" + literal(text) + "\n";
}

/// Paragraphs parted by empty lines; lines that begin with a space stand as they are.
std::string prose(std::string_view text) {
    std::string out;
    for (const auto& line : wrapped(text, 76)) {
        if (line.empty())
            out += ".PP\n";
        else if (line.front() == ' ')
            out += ".nf\n" + literal(line) + "\n.fi\n";
        else
            out += literal(line) + "\n";
    }
    return out;
}

std::string options(const Command& command) {
    std::string out;
    for (const auto& option : command.options) {
        auto name = option_spelling(option);
        name.erase(0, name.find_first_not_of(' '));
        out += entry(name, option_help(option) + ".");
    }
    return out;
}

std::string arguments(const Command& command) {
    std::string out;
    for (const auto& argument : command.arguments)
        out += entry(argument.name, argument.help + ".");
    return out;
}

std::string examples(const Command& command) {
    std::string out;
    for (const auto& example : command.examples)
        out += entry(example.line, example.what + ".");
    return out;
}

template <std::size_t N>
std::string entries(const std::array<Entry, N>& list) {
    std::string out;
    for (const auto& [name, text] : list)
        out += entry(name, text);
    return out;
}

std::string variables(const Command& root) {
    std::string out;
    for (const auto& option : root.options) {
        if (option.variable.empty()) continue;
        out += entry(option.variable, "Stands in for --" + option.name + ".");
    }
    return out + entries(more_variables);
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

std::string dashed(const std::vector<const Command*>& path) {
    auto out = full_name(path);
    std::ranges::replace(out, ' ', '-');
    return out;
}

std::string header(const std::vector<const Command*>& path, std::string_view version) {
    const auto name = dashed(path);
    return ".TH " + upper(name) + " 1 \"\" \"torgo " + std::string(version) + "\" \"TORGO\"\n" +
           section("NAME") + literal(name) + " \\- " + literal(path.back()->summary) + "\n";
}

std::string synopsis(const std::vector<std::vector<const Command*>>& paths) {
    auto out = section("SYNOPSIS");
    bool first = true;
    for (const auto& path : paths) {
        if (!path.back()->children.empty()) continue;
        const auto usage = usage_line(path);
        const auto name = full_name(path);
        if (!first) out += ".br\n";
        first = false;
        out += ".B " + literal(name) + "\n.RI \"" + literal(usage.substr(name.size())) + "\"\n";
    }
    return out;
}

std::string closing(const Command& root) {
    return section("EXIT STATUS") + entries(exit_statuses) + section("ENVIRONMENT") +
           variables(root) + section("FILES") + entries(files);
}

std::string command_page(const Command& root, const Command& command, std::string_view version) {
    const std::vector<const Command*> path{&root, &command};
    std::vector<std::vector<const Command*>> leaves{path};
    for (const auto& below : command.children)
        leaves.push_back({&root, &command, &below});

    auto out = header(path, version) + synopsis(leaves) + section("DESCRIPTION") +
               prose(command.description);
    for (std::size_t i = 1; i < leaves.size(); ++i) {
        out += ".SS " + literal(full_name(leaves[i])) + "\n" + prose(leaves[i].back()->description);
    }
    out += section("OPTIONS");
    for (const auto& leaf : leaves) {
        const auto own = arguments(*leaf.back()) + options(*leaf.back());
        if (own.empty()) continue;
        out += (leaf.size() > 2 ? ".SS " + literal(full_name(leaf)) + "\n" : "") + own;
    }
    out += "The options that every command takes are in\n.BR torgo (1).\n" + section("EXAMPLES");
    for (const auto& leaf : leaves)
        out += examples(*leaf.back());
    return out + closing(root) + section("SEE ALSO") + ".BR torgo (1)\n";
}

std::string root_page(const Command& root, std::string_view version) {
    auto out = header({&root}, version) + section("SYNOPSIS") + ".B torgo\n.I COMMAND\n.RI \"" +
               literal("[OPTIONS] ...") + "\"\n" + section("DESCRIPTION") +
               prose(root.description) + section("COMMANDS");
    for (const auto& command : root.children) {
        out += entry("torgo " + command.name, command.summary + ".");
    }
    out += section("OPTIONS") + options(root) + section("EXAMPLES") + examples(root) +
           closing(root) + section("SEE ALSO");
    for (std::size_t i = 0; i < root.children.size(); ++i) {
        out += ".BR torgo\\-" + literal(root.children[i].name) + " (1)" +
               (i + 1 < root.children.size() ? ",\n" : "\n");
    }
    return out;
}

} // namespace

std::vector<ManPage> man_pages(const Command& root, std::string_view version) {
    std::vector<ManPage> out{{"torgo.1", root_page(root, version)}};
    for (const auto& command : root.children) {
        out.push_back({"torgo-" + command.name + ".1", command_page(root, command, version)});
    }
    return out;
}

} // namespace torgo::cli
