#include "cli/config.hpp"

#include "cli/format.hpp"
#include "cli/toml.hpp"

#include <algorithm>
#include <optional>

namespace torgo::cli {

namespace {

/// The option that a key below a table means.
const Option* option_at(const Command& root, std::vector<std::string> keys) {
    const auto name = keys.back();
    keys.pop_back();
    const auto* command = &root;
    for (const auto& key : keys) {
        command = child(*command, key);
        if (command == nullptr) return nullptr;
    }
    const auto found = std::ranges::find(command->options, name, &Option::name);
    return found != command->options.end() && found->in_config ? &*found : nullptr;
}

/// A command whose options may stand in a table of that name.
bool is_command(const Command& root, const std::vector<std::string>& keys) {
    const auto* command = &root;
    for (const auto& key : keys) {
        command = child(*command, key);
        if (command == nullptr) return false;
    }
    return true;
}

std::optional<std::vector<std::string>> values_for(const Option& option, const TomlEntry& entry) {
    using Texts = std::vector<std::string>;
    if (const auto* flag = std::get_if<bool>(&entry.value)) {
        if (!option.value.empty() && !option.value_is_optional) return std::nullopt;
        return Texts{*flag ? "true" : "false"};
    }
    if (option.value.empty()) return std::nullopt;
    if (const auto* text = std::get_if<std::string>(&entry.value)) return Texts{*text};
    if (const auto* number = std::get_if<std::int64_t>(&entry.value)) {
        return Texts{std::to_string(*number)};
    }
    const auto* list = std::get_if<Texts>(&entry.value);
    return list != nullptr && option.repeatable ? std::optional(*list) : std::nullopt;
}

std::string_view kind_wanted(const Option& option) {
    if (option.value.empty()) return "true or false";
    return option.repeatable ? "a text or a list of texts" : "one text or number";
}

class ConfigReader {
public:
    ConfigReader(const std::string& file, const Command& root, const std::string& profile)
        : m_root(root) {
        m_out.file = file;
        m_out.profile = profile;
    }

    Result<Config> read(const std::vector<TomlEntry>& entries) {
        bool found = m_out.profile.empty();
        for (const auto& entry : entries) {
            TRY(const auto table, table_size(entry));
            if (table == 0 || entry.path.size() == table) {
                found = found || (table == 2 && entry.path[1] == m_out.profile);
                continue;
            }
            CHECK_OK(take(entry, table));
        }
        if (!found) {
            return fail(Errc::invalid_argument,
                        m_out.file + ": there is no [profile." + m_out.profile + "]");
        }
        for (auto& [key, value] : m_of_profile)
            m_out.values[key] = std::move(value);
        return std::move(m_out);
    }

private:
    /// How many components name the table that an entry belongs to: 1 for [default], 2 for
    /// [profile.NAME], 0 for [profile] itself.
    Result<std::size_t> table_size(const TomlEntry& entry) const {
        const auto& first = entry.path.front();
        if (first == "default" && (entry.path.size() > 1 || entry.is_table())) return 1;
        if (first == "profile" && entry.path.size() == 1 && entry.is_table()) return 0;
        if (first == "profile" && entry.path.size() > 1 &&
            (entry.path.size() > 2 || entry.is_table())) {
            return 2;
        }
        return wrong(entry, "unknown key \"" + joined(entry.path, ".") +
                                "\" (keys stand below [default] or [profile.NAME])");
    }

    Result<> take(const TomlEntry& entry, std::size_t table) {
        const auto cut = entry.path.begin() + static_cast<std::ptrdiff_t>(table);
        const std::vector<std::string> keys(cut, entry.path.end());
        const auto key = joined(keys, ".");
        if (entry.is_table()) {
            return is_command(m_root, keys) ? Result<>{}
                                            : wrong(entry, "unknown table \"" + key + "\"");
        }
        const auto* option = option_at(m_root, keys);
        if (option == nullptr) return wrong(entry, "unknown key \"" + key + "\"");
        auto values = values_for(*option, entry);
        if (!values) {
            return wrong(entry, "\"" + key + "\" wants " + std::string(kind_wanted(*option)));
        }
        const std::vector<std::string> table_path(entry.path.begin(), cut);
        Config::Value value{std::move(*values), entry.line, joined(table_path, ".")};
        if (table == 1)
            m_out.values[key] = std::move(value);
        else if (entry.path[1] == m_out.profile)
            m_of_profile[key] = std::move(value);
        return {};
    }

    std::unexpected<Error> wrong(const TomlEntry& entry, const std::string& what) const {
        return fail(Errc::invalid_argument,
                    m_out.file + ":" + std::to_string(entry.line) + ": " + what);
    }

    const Command& m_root;
    Config m_out;
    std::map<std::string, Config::Value, std::less<>> m_of_profile;
};

/// Itself or another one of its group.
bool is_typed(const Invocation& invocation, const Option& option) {
    return std::ranges::any_of(invocation.given, [&](const Invocation::Given& given) {
        return given.option == &option ||
               (!option.group.empty() && given.option->group == option.group);
    });
}

std::optional<std::string> variable_of(const Option& option, const Environment& environment) {
    return option.variable.empty() ? std::nullopt : environment.get(option.variable);
}

bool variable_of_group(const Command& command, const Option& option,
                       const Environment& environment) {
    return std::ranges::any_of(command.options, [&](const Option& other) {
        return !option.group.empty() && other.group == option.group &&
               variable_of(other, environment).has_value();
    });
}

Result<> assign_from_config(const Option& option, const Config::Value& value, const Config& config,
                            const Environment& environment) {
    auto values = value.values;
    if (option.offer != Offer::nothing) {
        for (auto& text : values) {
            TRY(text, environment.expand_home(text));
        }
    }
    CHECK_OK_WITH(config.file + ":" + std::to_string(value.line), assign(option, values));
    return {};
}

} // namespace

Result<Config> read_config(std::string_view text, const std::string& file, const Command& root,
                           const std::string& profile) {
    TRY(const auto entries, read_toml(text, file));
    return ConfigReader(file, root, profile).read(entries);
}

std::string config_key(const std::vector<const Command*>& path, const Option& option) {
    std::string out;
    for (std::size_t i = 1; i < path.size(); ++i)
        out += path[i]->name + ".";
    return out + option.name;
}

Result<> assign_options(const Invocation& invocation, const Environment& environment,
                        const Config& config) {
    std::vector<const Command*> path;
    for (const auto* command : invocation.path) {
        path.push_back(command);
        for (const auto& option : command->options) {
            if (is_typed(invocation, option)) continue;
            if (const auto text = variable_of(option, environment)) {
                CHECK_OK_WITH(option.variable, assign(option, {*text}));
                continue;
            }
            const auto set = config.values.find(config_key(path, option));
            if (set != config.values.end() && !variable_of_group(*command, option, environment)) {
                CHECK_OK(assign_from_config(option, set->second, config, environment));
            }
        }
    }
    for (const auto& given : invocation.given)
        CHECK_OK(assign(*given.option, given.values));
    return {};
}

} // namespace torgo::cli
