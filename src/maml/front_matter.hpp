#pragma once

#include "maml/permission.hpp"
#include "maml/yaml.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace torgo::maml {

/// One thing a workflow needs of the machine: `qiskit>=0.45` of the group `libs`.
struct Requirement {
    struct Condition {
        std::string comparison; ///< "==", ">=", …
        std::string version;
    };

    /// "name>=1,<2"
    std::string text() const;

    std::string group;
    std::string name;
    std::vector<Condition> conditions; ///< all of which hold; none: any version
    Place place;
};

struct Verification {
    std::string method;
    std::string level;
    std::vector<std::string> spec_files;
};

/// The keys that TORGO knows, checked. What is not there, or was let pass with a warning, is empty.
struct FrontMatter {
    std::string raw; ///< [MAML-6] as written, every key of it
    Value values;
    std::array<std::uint32_t, 3> version{}; ///< major, minor, patch
    std::string id;
    std::string type;
    std::string origin;
    std::string created_at;
    std::vector<Requirement> needs;
    Permissions permissions;
    Verification verification;
    std::string encryption;
    std::optional<std::uint32_t> timeout_seconds;
};

/// Reads the front matter, `size` bytes at `offset` of the text. Nothing where it is refused.
std::optional<FrontMatter> read_front_matter(const Text& text, std::size_t offset, std::size_t size,
                                             Findings& findings);

/// "qiskit>=0.45" parted. Nothing where it is none.
std::optional<Requirement> read_requirement(std::string_view text);

} // namespace torgo::maml
