#include "repo/certificates.hpp"

namespace torgo::repo {

Result<Bytes> read_writer_record(const HeadSet& heads, const Descriptor& descriptor,
                                 const WriterId& id) {
    const auto good = [&](ByteView record) {
        const auto certificate = read_certificate(record, descriptor);
        return certificate && certificate->id == id;
    };
    return heads.get_root(writer_root_name(id), good);
}

Result<const WriterCertificate*> Certificates::find(const WriterId& id) {
    const std::lock_guard lock(m_mutex);
    auto at = m_known.find(id);
    if (at == m_known.end()) {
        TRY(const auto record, read_writer_record(m_heads, m_descriptor, id));
        TRY(auto read, read_certificate(record, m_descriptor));
        at = m_known.emplace(id, std::move(read)).first;
    }
    return &at->second;
}

} // namespace torgo::repo
