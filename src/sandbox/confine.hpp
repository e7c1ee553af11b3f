#pragma once

#include "base/error.hpp"
#include "sandbox/layers.hpp"
#include "sandbox/setup.hpp"

#include <cstdint>
#include <string>
#include <vector>

// The steps of enter(), each of which changes the calling process for good.
namespace torgo::sandbox {

/// Becomes this user and group, of no other group, and gives the output to it.
Result<> become(std::uint32_t user);

/// Gives up every capability, and the way to any by programs that have more rights (setuid).
Result<> drop_privileges();

Result<> set_limits(const Limits& limits);

/// Leaves only these files: /usr and `folders` to read and execute, /work and /tmp to write, and
/// what else an interpreter needs. out: the version of the kernel's interface, 0 where it has none.
Result<std::uint32_t> restrict_files(const std::vector<std::string>& folders);

/// Leaves only the system calls that an interpreter needs; others give ENOSYS.
Result<> restrict_calls(bool may_fork);

/// What of namespaces and privileges is found from inside.
Layers look_around();

} // namespace torgo::sandbox
