#pragma once

// Which roots can be believed, and where they belong: for those who check and copy them without any
// key (docs/spec/repository.md 8.5).

#include "base/bytes.hpp"
#include "repo/certificates.hpp"
#include "repo/descriptor.hpp"
#include "repo/head_set.hpp"

#include <string>

namespace torgo::repo {

class RootJudge {
public:
    /// `heads` and `descriptor` outlive it.
    RootJudge(const HeadSet& heads, const Descriptor& descriptor, const Digest& root_fingerprint)
        : m_heads(heads),
          m_descriptor(descriptor),
          m_root_fingerprint(root_fingerprint),
          m_certificates(heads, descriptor) {}

    /// Roots of kinds that this version does not know are left to the version that does.
    static bool knows(const std::string& name);

    /// Whether the content of a root can be trusted. (REPO-39)
    bool good(const std::string& name, ByteView content) const;

private:
    bool signed_snapshot(ByteView content) const;
    bool signed_for_nodes(const std::string& name, ByteView content) const;

    const HeadSet& m_heads;
    const Descriptor& m_descriptor;
    Digest m_root_fingerprint;
    mutable Certificates m_certificates;
};

/// True for retention locks: each holder has its own, and ends it.
bool is_lock(const std::string& name);

/// True for what the owner may have meant for some heads and not for others: a right that was given
/// to somebody. All rights at once are what gets an owner in again, and belong on all. (REPO-39)
bool is_for_some_heads(const std::string& name, ByteView content);

} // namespace torgo::repo
