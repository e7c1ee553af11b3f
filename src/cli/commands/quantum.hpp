#pragma once

#include "cli/context.hpp"

#include <map>
#include <string>

namespace torgo::quantum {
struct Circuit;
}

// What the commands about quantum circuits share.
namespace torgo::cli {

/// Bytes that a state may take: nine tenths of what the system says is free.
std::uint64_t memory_for_states(const Context& context);

using QuantumCounts = std::map<std::uint64_t, std::uint64_t>;

/// A table of results with bars, the most frequent first where there are many.
std::vector<std::string> counts_lines(const quantum::Circuit& circuit, const QuantumCounts& counts);

Result<> write_quantum_picture(const Context& context, const std::string& path,
                               const quantum::Circuit& circuit, const QuantumCounts& counts,
                               const std::string& title);

Command quantum_run_command();
Command quantum_job_command();

} // namespace torgo::cli
