#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The TOML that the program's own files use: tables, texts, whole numbers, switches, lists of
/// texts.
namespace torgo::cli {

inline constexpr std::size_t toml_file_max = 1U << 20U;

struct TomlEntry {
    std::vector<std::string> path; ///< ["profile", "nas", "backup", "tag"]
    std::size_t line = 0;          ///< from 1
    /// A table itself has no value.
    std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>> value;

    bool is_table() const noexcept { return value.index() == 0; }
};

/// Every key of the text with its place, in the order of the file; tables too.
///
/// errors  `invalid_argument` "FILE:LINE: what is wrong", also for kinds of values not named above
Result<std::vector<TomlEntry>> read_toml(std::string_view text, std::string_view file);

/// A text as TOML writes it, in quotes. Bytes that are no UTF-8 cannot be written:
/// `invalid_argument`.
Result<std::string> toml_string(std::string_view text);

} // namespace torgo::cli
