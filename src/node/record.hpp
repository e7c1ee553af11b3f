#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "peer/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>

/// The small files of a node. source  docs/spec/node.md
namespace torgo::node {

inline constexpr std::size_t max_record = 8_KiB;
inline constexpr std::size_t max_invite_label = 256;

/// What a node knows of a repository: written once, when it joins.
struct RepositoryRecord {
    RepoId repository;
    unsigned index = 0; ///< of the head
    PeerId founder;
    std::uint64_t quota = 0; ///< bytes
    peer::OwnerKeys owner;

    bool operator==(const RepositoryRecord&) const = default;
};

Bytes encode(const RepositoryRecord& record);

/// errors  `corrupt`, `unsupported` for a later version
Result<RepositoryRecord> decode_repository_record(ByteView bytes);

/// An invite that is open, kept under the SHA-256 of its secret.
struct InviteRecord {
    /// For whom it is used from the moment a join begins.
    struct Claim {
        RepoId repository;
        PeerId client;

        bool operator==(const Claim&) const = default;
    };

    std::uint64_t quota = 0;
    std::string label; ///< for the person at the node
    std::optional<Claim> claim;

    bool operator==(const InviteRecord&) const = default;
};

Bytes encode(const InviteRecord& record);
Result<InviteRecord> decode_invite_record(ByteView bytes);

} // namespace torgo::node
