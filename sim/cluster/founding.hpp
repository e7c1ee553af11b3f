#pragma once

#include "crypto/sign.hpp"
#include "peer/messages.hpp"
#include "repo/repository.hpp"
#include "segment/code.hpp"
#include "sim/file_system.hpp"

#include <array>
#include <memory>
#include <vector>

namespace torgo::sim {

inline constexpr unsigned head_count = 4;
inline constexpr unsigned machine_count = 6; ///< heads, and two that may take the place of one
inline constexpr unsigned client_count = 2; ///< the owner, and a writer without the right to delete
inline constexpr unsigned data_segments = 2;

/// A repository on four machines, to which both clients have written once: what every run begins
/// with. Made once for each code, as the owner's signatures take seconds.
struct Founding {
    std::array<std::unique_ptr<FileSystem>, head_count> disks;
    std::array<std::unique_ptr<FileSystem>, client_count> clients;
    std::vector<crypto::SigningKey> machine_keys;
    std::vector<crypto::SigningKey> client_keys;
    repo::Place place;
    Bytes owner; ///< public keys, as a head is told when it is made
    std::optional<crypto::SigningKey> owner_key;
};

const Founding& founding(segment::CodeKind kind);

/// What both clients backed up then, under the tag "first-" and their number.
Bytes first_content(unsigned client);

peer::InviteSecret invite_secret(unsigned number);

} // namespace torgo::sim
