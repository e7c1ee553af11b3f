#pragma once

#include "cli/context.hpp"
#include "workflow/requirements.hpp"

#include <string>

namespace torgo::cli {

/// This machine, as a workflow's `requires` is held against it. Nothing is run to find out.
///
/// in      `python`: the interpreter whose distributions count. The context outlives it.
workflow::Machine this_machine(const Context& context, const std::string& python);

} // namespace torgo::cli
