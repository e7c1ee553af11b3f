#pragma once

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/environment.hpp"
#include "cli/parser.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::cli {

/// The settings of one profile of torgo.toml: values for options, by "backup.exclude" or "repo".
struct Config {
    struct Value {
        std::vector<std::string> values; ///< as they would be typed
        std::size_t line = 0;
        std::string table; ///< "default" or "profile.nas": where it was set
    };

    std::string file;    ///< empty: none
    std::string profile; ///< empty: only [default]
    std::map<std::string, Value, std::less<>> values;
};

/// Reads torgo.toml: [default], then [profile.NAME] over it, key by key. Every key is checked
/// against the command tree, also those of other profiles and commands.
///
/// in      `profile`, empty for [default] alone
/// errors  `invalid_argument` "FILE:LINE: …" for an unknown key or a value of the wrong kind, or
/// when
///         there is no such profile
Result<Config> read_config(std::string_view text, const std::string& file, const Command& root,
                           const std::string& profile);

/// The key of an option of the command at the end of `path`: "repo", "backup.tag", "key.add.label".
std::string config_key(const std::vector<const Command*>& path, const Option& option);

/// Sets every option of the commands on the path: what was typed, else its environment variable,
/// else the configuration. `~/` in the configuration's files and folders means home. Where an
/// option of a group is set, the others of the group are not set from a weaker place.
///
/// errors  those of assign, saying where the value comes from
Result<> assign_options(const Invocation& invocation, const Environment& environment,
                        const Config& config);

} // namespace torgo::cli
