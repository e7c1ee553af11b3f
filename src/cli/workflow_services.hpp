#pragma once

#include "cli/context.hpp"
#include "workflow/run.hpp"

#include <string>
#include <vector>

namespace torgo::cli {

/// The kind of an input of a run's receipt: a block that no sandbox held, "2 (bash)".
inline constexpr std::string_view unconfined_block = "unconfined_block";

/// Snapshots of a run have a tag that begins so; no block gives such a one itself.
inline constexpr std::string_view run_tag_prefix = "run:";

/// What blocks may ask for: this program's own commands, on files that the workflow's inputs name
/// (docs/spec/workflow.md 7).
///
/// in      `folder`: where the workflow lies; `report`: its inputs, and files that its blocks may
///         see there. The context outlives the services.
std::vector<workflow::Service> workflow_services(const Context& context, const std::string& folder,
                                                 const workflow::Report& report,
                                                 const std::string& tag);

} // namespace torgo::cli
