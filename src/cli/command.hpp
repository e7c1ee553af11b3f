#pragma once

#include "base/error.hpp"
#include "cli/exit_code.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The command tree as data. Parsing, help, man pages, shell completions and the keys of torgo.toml
/// are all made from it, so that they cannot disagree.
namespace torgo::cli {

struct Context;

/// What a shell offers where a value is typed.
enum class Offer : std::uint8_t { nothing, file, folder };

/// One option: `--name`, perhaps `-l`. It is a switch when `value` is empty.
struct Option {
    std::string name;  ///< without the dashes; the key in torgo.toml
    char letter = 0;   ///< 0: none
    std::string value; ///< what is typed after it, in capitals: "FILE"
    std::string help;  ///< one sentence without a full stop
    bool repeatable = false;
    bool value_is_optional =
        false; ///< `--name` alone is given to `set` as "true"; else `--name=VALUE`
    Offer offer = Offer::nothing;
    std::vector<std::string> choices; ///< all that is allowed, where that is a short list
    std::string variable;             ///< environment variable that stands in for it
    bool in_config = true;            ///< whether torgo.toml may hold it
    std::string group;                ///< at most one option of a group may be typed
    /// Takes the value (a switch: "true" or "false"), each one of a repeatable option in turn.
    /// Errors: `invalid_argument` with a reason that fits after "--name: ".
    std::function<Result<>(const std::string&)> set;
};

/// One or more words without a dash.
struct Argument {
    std::string name; ///< in capitals: "PATH"
    std::string help;
    std::size_t least = 1;
    std::size_t most = 1;
    Offer offer = Offer::nothing;
    std::function<Result<>(const std::string&)> set;
};

inline constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

struct Example {
    std::string line; ///< "torgo backup ~/letters"
    std::string what; ///< what it does, one sentence without a full stop
};

struct Command {
    std::string name;
    std::string summary;     ///< what it does, a few words without a full stop
    std::string description; ///< whole sentences; paragraphs are parted by an empty line
    std::vector<Argument> arguments;
    std::vector<Option> options;
    std::vector<Example> examples;
    std::vector<Command> children;
    std::function<Result<ExitCode>(const Context&)> run; ///< null: only its children do something
};

/// A switch that sets a flag.
Option toggle(bool& target, std::string name, std::string help);

/// An option with one text.
Option text_option(std::string& target, std::string name, std::string value, std::string help);

/// An option that may be given many times.
Option list_option(std::vector<std::string>& target, std::string name, std::string value,
                   std::string help);

/// A whole number within bounds.
struct Bounds {
    std::uint64_t least = 0;
    std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
};
Option number_option(std::uint32_t& target, std::string name, std::string value, Bounds bounds,
                     std::string help);

/// One word of a list; its place in the list goes to `target`.
Option choice_option(std::size_t& target, std::string name, std::vector<std::string> choices,
                     std::string help);

/// One word, which must be given.
Argument text_argument(std::string& target, std::string name, std::string help);

/// As many words as are left, at least `least`.
Argument list_argument(std::vector<std::string>& target, std::string name, std::size_t least,
                       std::string help);

/// A whole number of decimal digits within bounds. Errors: `invalid_argument` saying the bounds.
Result<std::uint64_t> parse_number(std::string_view text, Bounds bounds);

/// The child of that name, or null.
const Command* child(const Command& command, std::string_view name) noexcept;

/// "torgo key add" for the path of commands from the root.
std::string full_name(const std::vector<const Command*>& path);

} // namespace torgo::cli
