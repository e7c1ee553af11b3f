#include "sim/cluster/trace.hpp"

#include "sim/cluster/chance.hpp"

namespace torgo::sim {

void Trace::note(const std::string& source, const std::string& line) {
    const std::lock_guard lock(m_mutex);
    auto& hash = m_hashes.try_emplace(source, hash_of(source)).first->second;
    hash = hash_of("\n", hash_of(line, hash));
    if (m_readable) m_lines.push_back(source + ": " + line);
}

std::uint64_t Trace::hash() const {
    const std::lock_guard lock(m_mutex);
    std::uint64_t all = hash_of("");
    for (const auto& [source, hash] : m_hashes)
        all = hash_of(source + std::to_string(hash), all);
    return all;
}

std::vector<std::string> Trace::lines() const {
    const std::lock_guard lock(m_mutex);
    return m_lines;
}

} // namespace torgo::sim
