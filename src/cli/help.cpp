#include "cli/help.hpp"

#include "cli/format.hpp"

#include <algorithm>

namespace torgo::cli {

namespace {

constexpr std::size_t text_width = 96;
constexpr std::size_t left_column = 34;

/// "  left      text", the text wrapped beside it, or below where `left` is too long.
void add_entry(std::vector<std::string>& out, const std::string& left, const std::string& text) {
    const auto lines = wrapped(text, text_width - left_column);
    auto first = "  " + left;
    std::size_t next = 0;
    if (display_width(first) + 2 <= left_column && !lines.empty()) {
        first.append(left_column - display_width(first), ' ');
        first += lines[next++];
    }
    out.push_back(std::move(first));
    for (; next < lines.size(); ++next) {
        out.push_back(std::string(left_column, ' ') + lines[next]);
    }
}

void add_options(std::vector<std::string>& out, const Command& command,
                 const std::string& heading) {
    if (command.options.empty()) return;
    out.insert(out.end(), {"", heading});
    for (const auto& option : command.options) {
        add_entry(out, option_spelling(option), option_help(option));
    }
}

void collect(const std::vector<const Command*>& path,
             std::vector<std::vector<const Command*>>& out) {
    out.push_back(path);
    for (const auto& below : path.back()->children) {
        auto longer = path;
        longer.push_back(&below);
        collect(longer, out);
    }
}

} // namespace

std::string option_spelling(const Option& option) {
    std::string out = option.letter == 0 ? "    " : std::string("-") + option.letter + ", ";
    out += "--" + option.name;
    if (option.value_is_optional) return out + "[=" + option.value + "]";
    return option.value.empty() ? out : out + " " + option.value;
}

std::string option_help(const Option& option) {
    auto out = option.help;
    if (option.repeatable) out += " (may be given many times)";
    if (!option.variable.empty()) out += " [" + option.variable + "]";
    return out;
}

std::string usage_line(const std::vector<const Command*>& path) {
    auto out = full_name(path);
    const auto& command = *path.back();
    if (!command.children.empty()) return out + " COMMAND";
    out += " [OPTIONS]";
    for (const auto& argument : command.arguments) {
        auto shown = argument.name + (argument.most > 1 ? "..." : "");
        out += argument.least == 0 ? " [" + shown + "]" : " " + shown;
    }
    return out;
}

std::string help_text(const std::vector<const Command*>& path) {
    const auto& command = *path.back();
    std::vector<std::string> out{"Usage: " + usage_line(path), ""};
    for (auto& line : wrapped(command.description, text_width))
        out.push_back(std::move(line));
    if (!command.children.empty()) out.insert(out.end(), {"", "Commands:"});
    for (const auto& below : command.children)
        add_entry(out, below.name, below.summary);
    if (!command.arguments.empty()) out.insert(out.end(), {"", "Arguments:"});
    for (const auto& argument : command.arguments)
        add_entry(out, argument.name, argument.help);
    add_options(out, command, path.size() == 1 ? "Options of every command:" : "Options:");
    if (!command.examples.empty()) out.insert(out.end(), {"", "Examples:"});
    for (const auto& example : command.examples) {
        out.push_back("  " + example.line);
        out.push_back("      " + example.what);
    }
    out.emplace_back("");
    if (path.size() == 1) {
        out.emplace_back("\"torgo COMMAND --help\" says more about a command.");
    } else {
        out.emplace_back("\"torgo --help\" lists the options that every command takes.");
    }
    return joined(out, "\n") + "\n";
}

std::vector<std::vector<const Command*>> all_commands(const Command& root) {
    std::vector<std::vector<const Command*>> out;
    collect({&root}, out);
    return out;
}

} // namespace torgo::cli
