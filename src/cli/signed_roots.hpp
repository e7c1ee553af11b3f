#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"
#include "peer/capability.hpp"
#include "repo/repository.hpp"

#include <set>
#include <string>
#include <vector>

/// Records that the owner signs and the heads keep: locks, capabilities, revocations.
namespace torgo::cli {

/// A record, and on which heads it is.
template <class Record>
struct Found {
    std::string name; ///< of its root
    std::string id;   ///< the digits in the name
    Record record;
    std::vector<std::size_t> heads; ///< those that answered and have it
};

/// Those that the owner's key has signed; others are passed over.
Result<std::vector<Found<peer::Lock>>> find_locks(repo::Repository& repository);
Result<std::vector<Found<peer::Capability>>> find_capabilities(repo::Repository& repository);

/// Whom the owner has revoked.
Result<std::set<PeerId>> find_revoked(repo::Repository& repository);

inline constexpr std::string_view grant_stands = "stands";

/// "stands", "ended" or "revoked". in  `now_ns`: the wall clock's
std::string_view grant_state(const peer::Capability& grant, const std::set<PeerId>& revoked,
                             std::int64_t now_ns) noexcept;

/// Heads by number or URI, as indices; all where none is given. errors  as head_index
Result<std::vector<std::size_t>> chosen_heads(const Context& context,
                                              const repo::Repository& repository,
                                              const std::vector<std::string>& words);

struct Taken {
    std::vector<std::size_t> heads; ///< that took it; of a group, every member
    bool anywhere = false;          ///< at least one place did
};

/// Puts a root on each of these heads and warns of each place that did not take it. Every member of
/// a group is asked: most of them are enough to keep a record, and not to end a right.
Taken put_on(const Context& context, repo::Repository& repository,
             const std::vector<std::size_t>& heads, const std::string& name, ByteView record);

/// How people call one place of a head: "head 2", or "head 2, member tls://…".
std::string place_text(repo::Repository& repository, std::size_t index, const head::Head& place);

/// The only one whose id begins so. errors  `invalid_argument`, naming `command` that lists them
template <class Record>
Result<Found<Record>> single(std::vector<Found<Record>> all, const std::string& prefix,
                             const std::string& command) {
    constexpr std::size_t least = 4;
    std::erase_if(all, [&](const auto& one) { return !one.id.starts_with(prefix); });
    if (prefix.size() >= least && all.size() == 1) return std::move(all.front());
    return fail(Errc::invalid_argument,
                "\"" + prefix + "\" names no single one: see \"" + command + "\"");
}

/// "1, 2, 4": numbers of heads.
std::string head_numbers(const std::vector<std::size_t>& heads);

} // namespace torgo::cli
