#pragma once

#include "maml/front_matter.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::workflow {

/// One entry of `requires`, held against this machine.
struct Resolution {
    enum class State : std::uint8_t {
        there,
        replaced, ///< not there, and something else does its work: `note` says what
        missing
    };

    maml::Requirement need;
    State state = State::missing;
    std::string found; ///< a version or path; empty where none is known
    std::string note;  ///< what replaces it, or how to get it
};

/// How a machine is asked. Each gives nothing where it is not there.
struct Machine {
    /// A program in the usual folders: its path.
    std::function<std::string(const std::string& name)> program;
    std::function<bool(const std::string& path)> exists;
    /// A Python distribution: its version.
    std::function<std::string(const std::string& name)> python_module;
    std::string own_version; ///< of torgo
};

/// [RUN-14] Resources and tools are programs or devices, libs are Python's distributions. Of `cuda`
/// and `jetson_orin` the processor does the work, of `bluetooth-meshd` the simulator; nothing else
/// is replaced. A version is compared by its numbers.
std::vector<Resolution> resolve(const std::vector<maml::Requirement>& needs,
                                const Machine& machine);

/// "3.10.2" against ">=" "3.9": by numbers, what is missing counts as 0. "==" and "!=" take a
/// beginning, too: "3.*".
bool version_fits(std::string_view have, std::string_view comparison, std::string_view wanted);

/// All conditions of `need`.
bool version_fits(std::string_view have, const maml::Requirement& need);

/// The version in the name of a Python distribution's folder, like "numpy-2.2.4.dist-info"; empty
/// where it is another distribution's, or none. Names are compared as Python does (PEP 503).
std::string version_in(std::string_view entry, std::string_view distribution);

} // namespace torgo::workflow
