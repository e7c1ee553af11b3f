#pragma once

#include "base/error.hpp"
#include "gospel/value.hpp"

#include <map>
#include <string>
#include <string_view>

namespace torgo::workflow {

/// What the blocks of a workflow share: JSON values by name ([RUN-20]).
using Values = std::map<std::string, gospel::Value, std::less<>>;

/// [A-Za-z_][A-Za-z0-9_]*, at most 64 bytes.
bool is_value_name(std::string_view text) noexcept;

gospel::Value record_of(const Values& values);

/// Reads one JSON object whose names are names of values.
///
/// errors  `invalid_argument`, `limit_exceeded`: those of gospel::value_of_json
Result<Values> values_of(std::string_view json);
Result<Values> values_of(const gospel::Value& record);

/// Compact JSON, names in order: the same values give the same bytes.
std::string json_of(const Values& values);

/// A field of a record that is a text; empty where it has none.
std::string text_field(const gospel::Value& record, std::string_view name);

} // namespace torgo::workflow
