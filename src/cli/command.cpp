#include "cli/command.hpp"

#include <charconv>
#include <utility>

namespace torgo::cli {

Option toggle(bool& target, std::string name, std::string help) {
    Option option;
    option.name = std::move(name);
    option.help = std::move(help);
    option.set = [&target](const std::string& value) -> Result<> {
        target = value == "true";
        return {};
    };
    return option;
}

Option text_option(std::string& target, std::string name, std::string value, std::string help) {
    Option option;
    option.name = std::move(name);
    option.value = std::move(value);
    option.help = std::move(help);
    option.set = [&target](const std::string& given) -> Result<> {
        if (given.empty()) return fail(Errc::invalid_argument, "nothing is given after it");
        target = given;
        return {};
    };
    return option;
}

Option list_option(std::vector<std::string>& target, std::string name, std::string value,
                   std::string help) {
    Option option;
    option.name = std::move(name);
    option.value = std::move(value);
    option.help = std::move(help);
    option.repeatable = true;
    option.set = [&target](const std::string& given) -> Result<> {
        if (given.empty()) return fail(Errc::invalid_argument, "nothing is given after it");
        target.push_back(given);
        return {};
    };
    return option;
}

Result<std::uint64_t> parse_number(std::string_view text, Bounds bounds) {
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, value);
    if (problem != std::errc{} || stopped != end || value < bounds.least || value > bounds.most) {
        return fail(Errc::invalid_argument, "\"" + std::string(text) + "\" is not a number from " +
                                                std::to_string(bounds.least) + " to " +
                                                std::to_string(bounds.most));
    }
    return value;
}

Option number_option(std::uint32_t& target, std::string name, std::string value, Bounds bounds,
                     std::string help) {
    Option option;
    option.name = std::move(name);
    option.value = std::move(value);
    option.help = std::move(help);
    option.set = [&target, bounds](const std::string& given) -> Result<> {
        TRY(const auto number, parse_number(given, bounds));
        target = static_cast<std::uint32_t>(number);
        return {};
    };
    return option;
}

Option choice_option(std::size_t& target, std::string name, std::vector<std::string> choices,
                     std::string help) {
    Option option;
    option.name = std::move(name);
    for (const auto& choice : choices)
        option.value += (option.value.empty() ? "" : "|") + choice;
    option.help = std::move(help);
    option.choices = std::move(choices);
    option.set = [&target, list = option.choices](const std::string& given) -> Result<> {
        std::string allowed;
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (list[i] == given) {
                target = i;
                return {};
            }
            allowed += (i == 0 ? "" : ", ") + list[i];
        }
        return fail(Errc::invalid_argument, "\"" + given + "\" is none of " + allowed);
    };
    return option;
}

Argument text_argument(std::string& target, std::string name, std::string help) {
    Argument argument;
    argument.name = std::move(name);
    argument.help = std::move(help);
    argument.set = [&target](const std::string& given) -> Result<> {
        target = given;
        return {};
    };
    return argument;
}

Argument list_argument(std::vector<std::string>& target, std::string name, std::size_t least,
                       std::string help) {
    Argument argument;
    argument.name = std::move(name);
    argument.help = std::move(help);
    argument.least = least;
    argument.most = any_number;
    argument.set = [&target](const std::string& given) -> Result<> {
        target.push_back(given);
        return {};
    };
    return argument;
}

const Command* child(const Command& command, std::string_view name) noexcept {
    for (const auto& candidate : command.children) {
        if (candidate.name == name) return &candidate;
    }
    return nullptr;
}

std::string full_name(const std::vector<const Command*>& path) {
    std::string out;
    for (const auto* command : path)
        out += (out.empty() ? "" : " ") + command->name;
    return out;
}

} // namespace torgo::cli
