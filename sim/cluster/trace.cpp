#include "sim/cluster/trace.hpp"

#include "sim/cluster/chance.hpp"

#include <string_view>

namespace torgo::sim {

namespace {

bool is_read(std::string_view line) {
    return line.starts_with("GET ") || line.starts_with("HEAD ");
}

} // namespace

std::uint64_t Trace::folded(const Source& source) {
    return source.reads == 0 ? source.hash : hash_of(std::to_string(source.reads), source.hash);
}

void Trace::note(const std::string& source, const std::string& line) {
    const std::lock_guard lock(m_mutex);
    auto& seen = m_sources.try_emplace(source, Source{.hash = hash_of(source)}).first->second;
    if (is_read(line))
        seen.reads += hash_of(line);
    else
        seen = {.hash = hash_of("\n", hash_of(line, folded(seen)))};
    if (m_readable) m_lines.push_back(source + ": " + line);
}

std::uint64_t Trace::hash() const {
    const std::lock_guard lock(m_mutex);
    std::uint64_t all = hash_of("");
    for (const auto& [source, seen] : m_sources)
        all = hash_of(source + std::to_string(folded(seen)), all);
    return all;
}

std::vector<std::string> Trace::lines() const {
    const std::lock_guard lock(m_mutex);
    return m_lines;
}

} // namespace torgo::sim
