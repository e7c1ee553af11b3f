#pragma once

namespace torgo::sys {

/// Raises this process's limit of open files to what the system allows it. Called once, by main,
/// before there are threads: a walk holds folders open, and each head files and connections. Keeps
/// the limit as it is where that fails.
void raise_open_files_limit() noexcept;

} // namespace torgo::sys
