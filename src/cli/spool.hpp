#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"
#include "head/spool.hpp"
#include "repo/repository.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace torgo::cli {

/// "500M", "20G", "1T" as bytes, in binary units. errors  `invalid_argument`
Result<std::uint64_t> parse_size(const std::string& text);

/// The spool of this repository that this machine has once been told to keep; nothing where it has
/// none. errors  `not_found` where its folder is gone, those of head::Spool::open
Result<std::shared_ptr<head::Spool>> find_spool(const Context& context, const repo::Place& place);

/// The spool that a backup is to use: the one there is, else a new one in `folder`, "true" for the
/// usual place. It is remembered, so that every command finds it.
/// errors  `invalid_argument` where another one still holds something; those of Spool::create
Result<std::shared_ptr<head::Spool>> begin_spool(const Context& context, const repo::Place& place,
                                                 const std::string& folder,
                                                 const head::SpoolLimits& limits);

/// What waits in this machine's spool, for people and for --json.
struct WaitingHeads {
    head::Waiting total;
    std::vector<head::Waiting> by_head; ///< empty without a spool
    std::vector<std::size_t> heads;     ///< for which something waits, from 1

    /// "812 MB wait for heads 2, 3, 4". Empty when nothing waits.
    std::string sentence() const;
};

/// errors  those of find_spool
Result<WaitingHeads> waiting_heads(const Context& context, const repo::Place& place);
Result<WaitingHeads> waiting_heads(const head::Spool& spool);

/// Says that something waits, for commands that look at the heads alone.
void warn_of_waiting(const Context& context, const repo::Place& place);

} // namespace torgo::cli
