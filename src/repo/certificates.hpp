#pragma once

#include "base/error.hpp"
#include "repo/head_set.hpp"
#include "repo/writer.hpp"

#include <map>
#include <mutex>

namespace torgo::repo {

/// The writers' certificates, read once and verified against the owner's root keys. Thread-safe.
class Certificates {
public:
    Certificates(const HeadSet& heads, const Descriptor& descriptor)
        : m_heads(heads), m_descriptor(descriptor) {}

    /// Valid as long as this object. errors  `not_found`, `authentication`, those of reading
    Result<const WriterCertificate*> find(const WriterId& id);

private:
    const HeadSet& m_heads;
    const Descriptor& m_descriptor;
    std::mutex m_mutex;
    std::map<WriterId, WriterCertificate> m_known;
};

/// The record of a writer from the first head whose copy the root keys signed: its name is not
/// bound to its content, so a rotten or forged copy must not hide a good one.
Result<Bytes> read_writer_record(const HeadSet& heads, const Descriptor& descriptor,
                                 const WriterId& id);

} // namespace torgo::repo
