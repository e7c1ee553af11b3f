#pragma once

#include "base/error.hpp"
#include "repo/batch.hpp"
#include "repo/certificates.hpp"
#include "repo/descriptor.hpp"
#include "repo/head_set.hpp"

#include <functional>
#include <string>
#include <vector>

namespace torgo::repo {

/// Reads batches and verifies them with public keys only. Thread-safe.
class SignedBatches {
public:
    SignedBatches(const HeadSet& heads, const Descriptor& descriptor)
        : m_heads(heads), m_descriptor(descriptor), m_certificates(heads, descriptor) {}

    /// errors  `authentication`, `corrupt`, `unsupported`, those of reading
    Result<Batch> read(const std::string& name);

    /// The same for bytes at hand.
    Result<Batch> check(ByteView record);

private:
    const HeadSet& m_heads;
    const Descriptor& m_descriptor;
    Certificates m_certificates;
};

/// Every pack that a signed batch names, each once: read and verified with public keys only, so
/// that nodes without secrets can check and heal (docs/spec/repository.md 5).
///
/// in      `reject`, told of each batch that is damaged, forged or of an unknown writer
Result<std::vector<segment::PackInfo>>
list_packs(const HeadSet& heads, const Descriptor& descriptor,
           const std::function<void(const std::string& batch, const Error& reason)>& reject);

/// How the segments of one pack are doing.
struct SegmentStates {
    std::vector<unsigned> missing;   ///< head is there, segment is not, or has the wrong size
    std::vector<unsigned> corrupt;   ///< is there and does not have its name's hash
    std::vector<unsigned> away;      ///< its head cannot be used, or fails to read it
    std::vector<std::string> damage; ///< what is wrong with each of `corrupt`
    std::uint64_t bytes_read = 0;
    unsigned looked = 0; ///< how many were asked for

    std::size_t bad() const { return missing.size() + corrupt.size() + away.size(); }
};

/// in      `whole`: hash every byte, else look at presence and size; `only`: on this head, else on
///         all; `absent`, those that are known not to be there
SegmentStates inspect_segments(const HeadSet& heads, const RepoId& repo,
                               const segment::PackInfo& pack, bool whole, int only = -1,
                               segment::SegmentMask absent = 0);

} // namespace torgo::repo
