#pragma once

#include "env/world.hpp"
#include "sandbox/setup.hpp"
#include "workflow/channel.hpp"

namespace torgo::workflow {

/// Each worker in a sandbox of its own (docs/spec/sandbox.md). The world outlives the channels.
OpenChannel open_in_sandbox(const env::World& world, sandbox::Program program);

/// Each worker as a program like any other, which may do all that this user may. For people who
/// said in words that they trust the file.
OpenChannel open_without_sandbox(const env::World& world);

} // namespace torgo::workflow
