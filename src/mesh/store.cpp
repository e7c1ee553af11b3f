#include "mesh/store.hpp"

#include "crypto/secret.hpp"

namespace torgo::mesh {

Result<> MemoryStore::save(RecordKey key, ByteView record) {
    if (record.size() > record_max)
        return fail(Errc::limit_exceeded, "a record of a mesh node is too long");
    auto& place = m_records[key];
    m_bytes += record.size();
    m_bytes -= place.size();
    crypto::wipe(place); // before its memory may be given back
    place.assign(record.begin(), record.end());
    if (record.empty()) m_records.erase(key);
    return {};
}

void MemoryStore::each(const std::function<void(RecordKey, ByteView)>& visit) const {
    for (const auto& [key, record] : m_records)
        visit(key, record);
}

void MemoryStore::wipe_all() {
    for (auto& [key, record] : m_records)
        crypto::wipe(record);
}

Result<> MemoryStore::clear() {
    wipe_all();
    m_records.clear();
    m_bytes = 0;
    return {};
}

} // namespace torgo::mesh
