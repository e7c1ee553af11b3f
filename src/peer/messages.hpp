#pragma once

#include "base/bytes.hpp"
#include "base/codec.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"
#include "head/head.hpp"
#include "peer/rights.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The bodies of docs/spec/peer-protocol.md 3. Decoding is strict; errors  `corrupt`,
/// `limit_exceeded`, `unsupported` for a later version.
namespace torgo::peer {

inline constexpr std::size_t max_version_text = 64;

struct NodeStatus {
    std::string version;
    PeerId node;
    std::uint64_t free_bytes = 0;

    bool operator==(const NodeStatus&) const = default;
};

Bytes encode(const NodeStatus& status);
Result<NodeStatus> decode_node_status(ByteView body);

struct RepositoryStatus {
    head::HeadStatus head;
    Rights rights;
    std::optional<Errc> write_error; ///< with which a write would fail now

    bool operator==(const RepositoryStatus& other) const noexcept;
};

Bytes encode(const RepositoryStatus& status);
Result<RepositoryStatus> decode_repository_status(ByteView body);

/// One of the repositories that a node keeps and a client may use.
struct KeptRepository {
    RepoId repository;
    std::uint8_t index = 0; ///< of the head that the node keeps

    bool operator==(const KeptRepository&) const = default;
};

inline constexpr std::size_t max_kept = 4096;
inline constexpr std::size_t max_kept_size = 1 + 2 + max_kept * (RepoId::size + 1);

/// in  at most max_kept, ascending
Bytes encode(const std::vector<KeptRepository>& kept);
Result<std::vector<KeptRepository>> decode_kept(ByteView body);

using InviteSecret = Id<struct InviteSecretTag, 32>; ///< who shows it may join, once

/// The owner of a repository, as a node knows it: the keys that sign capabilities and descriptor.
struct OwnerKeys {
    static constexpr std::size_t ml_dsa_size =
        crypto::sizes_of(crypto::SignatureScheme::ml_dsa_87).public_key;
    static constexpr std::size_t slh_dsa_size =
        crypto::sizes_of(crypto::SignatureScheme::slh_dsa_sha2_256s).public_key;

    Bytes ml_dsa;
    Bytes slh_dsa;

    bool operator==(const OwnerKeys&) const = default;
};

struct Join {
    InviteSecret secret;
    std::uint8_t index = 0; ///< of the head that the node is to keep
    OwnerKeys owner;

    bool operator==(const Join&) const = default;
};

inline constexpr std::size_t join_size =
    2 + InviteSecret::size + OwnerKeys::ml_dsa_size + OwnerKeys::slh_dsa_size;

Bytes encode(const Join& join);
Result<Join> decode_join(ByteView body);

/// Ids one after another, of `have` and of a page of a list.
Bytes encode_ids(std::span<const SegmentId> ids);
Result<std::vector<SegmentId>> decode_ids(ByteView body);

/// One bit each. in  `count`, how many were asked for
Bytes encode_bitmap(const std::vector<bool>& bits);
Result<std::vector<bool>> decode_bitmap(ByteView body, std::size_t count);

/// Names of roots, ascending.
Bytes encode_names(std::span<const std::string> names);
Result<std::vector<std::string>> decode_names(ByteView body);

/// What any small answer may have at most: a page of names.
inline constexpr std::size_t max_names_size = 65536 * (head::max_root_name + 1);

} // namespace torgo::peer
