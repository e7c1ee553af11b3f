#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Who may do what with a workflow: default deny, and nothing is guessed about a name.
namespace torgo::maml {

/// Lists of patterns, as the front matter or a node's policy has them. An empty list allows nobody.
struct Permissions {
    std::vector<std::string> read;
    std::vector<std::string> write;
    std::vector<std::string> execute;
};

enum class Operation : std::uint8_t { fetch, list, replace, append, execute };

std::string_view name(Operation operation) noexcept;

/// What a verified token or client certificate says of the caller.
struct Caller {
    std::string principal; ///< "agent://torgo-agent"
    bool may_read = false;
    bool may_write = false;
    bool may_execute = false;
};

/// What the machine's owner allows, whatever a file says.
struct NodePolicy {
    std::string node;    ///< its own name: "gateway://torgo-cluster/node-1"
    Permissions callers; ///< which principals, also for `execute`
};

struct Decision {
    bool allowed = false;
    std::string why; ///< one clause that names what denied it; empty when allowed
};

/// A name of somebody: scheme, authority, and perhaps a path of plain segments.
bool is_principal(std::string_view text) noexcept;

/// A principal, or `scheme://*`, or one with `/*` at its end.
bool is_pattern(std::string_view text) noexcept;

/// [MAML-41] `scheme://*` matches every principal of the scheme, a trailing `/*` everything below;
/// all else is compared byte for byte. False when either is malformed.
bool matches(std::string_view pattern, std::string_view principal) noexcept;

/// [MAML-40] The right a caller has: that of the file and of the caller's token and of the node.
Decision may(const Permissions& file, const Caller& caller, const NodePolicy& policy,
             Operation operation);

} // namespace torgo::maml
