#include "mesh/store.hpp"

namespace torgo::mesh {

Result<> MemoryStore::save(RecordKey key, ByteView record) {
    if (record.size() > record_max)
        return fail(Errc::limit_exceeded, "a record of a mesh node is too long");
    auto& place = m_records[key];
    m_bytes += record.size();
    m_bytes -= place.size();
    place.assign(record.begin(), record.end());
    if (record.empty()) m_records.erase(key);
    return {};
}

void MemoryStore::each(const std::function<void(RecordKey, ByteView)>& visit) const {
    for (const auto& [key, record] : m_records)
        visit(key, record);
}

Result<> MemoryStore::clear() {
    m_records.clear();
    m_bytes = 0;
    return {};
}

} // namespace torgo::mesh
