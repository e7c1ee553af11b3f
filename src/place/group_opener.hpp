#pragma once

#include "env/clock.hpp"
#include "head/opener.hpp"

#include <memory>
#include <string>

namespace torgo::place {

// Groups for an opener of single heads: what head::Opener has to do with group:// URIs. `members`
// opens the members; it and `clock` outlive the heads.

/// errors  as Opener::open; those of parse_group_uri
Result<std::unique_ptr<head::Head>> open_group(const std::string& uri, const head::Opener& members,
                                               env::Clock& clock);

/// Makes the head on every member. Where some of them are this head already, the group is being
/// mended: then those that cannot be reached or let nobody in are left as they are.
/// errors  as Opener::create
Result<std::unique_ptr<head::Head>> create_group(const std::string& uri,
                                                 const head::Opener& members, env::Clock& clock,
                                                 const head::NewHead& made);

/// From every member; the first failure is said after all were tried.
Result<> discard_group(const std::string& uri, const head::Opener& members,
                       const RepoId& repository);

} // namespace torgo::place
