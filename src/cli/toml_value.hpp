#pragma once

#include "base/error.hpp"
#include "radio/document.hpp"

#include <string>
#include <string_view>

/// TOML files as trees of values with their places: scenarios and plans of the mesh simulator.
namespace torgo::cli {

inline constexpr std::size_t scenario_file_max = std::size_t{1} << 26U;

/// The whole document; dates and times are refused.
///
/// errors  `invalid_argument` "FILE:LINE:COLUMN: what is wrong"
Result<radio::Value> read_toml_value(std::string_view text, std::string_view file);

/// The same values as TOML: plain keys first, then tables and lists of tables one deep.
///
/// errors  `invalid_argument` for text that is no UTF-8
Result<std::string> toml_text(const radio::Value& document);

} // namespace torgo::cli
