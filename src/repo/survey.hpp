#pragma once

#include "base/error.hpp"
#include "head/head.hpp"
#include "repo/head_set.hpp"
#include "repo/repository.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace torgo::repo {

/// A member of a head that is a group.
struct MemberSurvey {
    std::string uri;
    std::string domain;
    std::optional<Error> away;
    std::uint64_t segments = 0; ///< that it has of those that belong on the head
};

/// One head, compared with what the batches say that it should have.
struct HeadSurvey {
    std::optional<Error> away;         ///< why it cannot be used, or not be listed
    head::HeadStatus room;             ///< as the head says; zero where it says nothing
    std::uint64_t wanted = 0;          ///< segments
    std::uint64_t missing = 0;         ///< of them; all of those of a head that is away
    std::vector<MemberSurvey> members; ///< of a group
    /// Packs that lose several segments with one domain of the group, though it has domains enough.
    std::uint64_t crowded = 0;
};

/// How much redundancy is left, by names alone: nothing is read whole, no key is needed.
struct Survey {
    std::vector<HeadSurvey> heads;
    /// packs_with[i]: how many packs have i of their segments on heads that answer.
    std::vector<std::uint64_t> packs_with;
    /// packs_spare[i]: how many packs outlive the loss of any i more heads, and not of any i + 1;
    /// those that cannot be restored are not counted.
    std::vector<std::uint64_t> packs_spare;
    std::uint64_t snapshots = 0;
    std::vector<std::string> rejected; ///< batches that are not authentic, with the reason

    /// The fewest segments that any pack has; nothing where there is no pack.
    std::optional<std::size_t> weakest() const;

    /// Heads that may be lost before any pack is that can be restored now.
    std::optional<std::size_t> spare() const;
};

/// errors  those of listing roots, when no head answers
/// cost    each head's list of names; some 60 bytes of memory a segment
Result<Survey> survey(Repository& repository);

} // namespace torgo::repo
