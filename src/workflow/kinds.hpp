#pragma once

#include <array>
#include <string_view>

// Which workflows and which languages are run: docs/spec/workflow.md 1 and 4.
namespace torgo::workflow {

/// Types that are run; a file of another type is read and checked, and no more. [RUN-1]
inline constexpr std::array<std::string_view, 8> types_run{
    "workflow",         "emergency_workflow", "quantum_workflow", "hybrid_workflow",
    "medical_workflow", "mission_workflow",   "data_storage",     "mesh_workflow"};

/// By the word after the fence, as it is run. Empty: it is not.
constexpr std::string_view language_run(std::string_view word) noexcept {
    if (word == "python" || word == "qiskit") return "python";
    if (word == "bash" || word == "sh" || word == "shell") return "bash";
    if (word == "javascript" || word == "js") return "javascript";
    if (word == "openqasm" || word == "qasm") return "openqasm";
    return word == "sql" ? "sql" : "";
}

} // namespace torgo::workflow
