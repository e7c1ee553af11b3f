#pragma once

#include "maml/document.hpp"
#include "workflow/values.hpp"

#include <string>
#include <vector>

namespace torgo::workflow {

/// [RUN-10] The lines `name: value` of the section Context; a value is JSON, or else text.
Values context_values(const maml::Document& document);

/// [RUN-11] What the workflow begins with: the values of its Context that Input_Schema names (all
/// of them where there is no such schema), and over these what the caller gave.
///
/// errors  `invalid_argument`, a line for each value that does not fit Input_Schema
Result<Values> inputs_of(const maml::Document& document, const Values& given);

/// [RUN-12] What a run gives back: the values that Output_Schema names, or all where it names none.
///
/// in      `values`: after the last block
/// errors  `invalid_argument`, a line for each value that does not fit Output_Schema
Result<Values> outputs_of(const maml::Document& document, const Values& values);

/// Whether the schema's `properties` name it.
bool schema_names(const std::string& schema, std::string_view name);

} // namespace torgo::workflow
