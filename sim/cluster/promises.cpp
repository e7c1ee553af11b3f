#include "sim/cluster/promises.hpp"

namespace torgo::sim {

namespace {
constexpr std::size_t file_size_max = 64_MiB;
}

void Promises::keep(unsigned machine, const std::string& path,
                    std::shared_ptr<const Bytes> content) {
    const std::lock_guard lock(m_mutex);
    m_kept[machine][path] = std::move(content);
}

void Promises::release(unsigned machine, const std::string& path) {
    const std::lock_guard lock(m_mutex);
    m_kept[machine].erase(path);
}

void Promises::release_all(unsigned machine) {
    const std::lock_guard lock(m_mutex);
    m_kept.erase(machine);
}

bool Promises::stands(unsigned machine, const std::string& path) const {
    const std::lock_guard lock(m_mutex);
    const auto at = m_kept.find(machine);
    return at != m_kept.end() && at->second.contains(path);
}

std::vector<std::string> Promises::of(unsigned machine) const {
    const std::lock_guard lock(m_mutex);
    std::vector<std::string> paths;
    if (const auto at = m_kept.find(machine); at != m_kept.end())
        for (const auto& [path, content] : at->second)
            paths.push_back(path);
    return paths;
}

std::size_t Promises::count() const {
    const std::lock_guard lock(m_mutex);
    std::size_t all = 0;
    for (const auto& [machine, kept] : m_kept)
        all += kept.size();
    return all;
}

std::vector<std::string> Promises::broken(unsigned machine, FileSystem& disk, bool whole) const {
    const std::lock_guard lock(m_mutex);
    std::vector<std::string> paths;
    const auto at = m_kept.find(machine);
    if (at == m_kept.end()) return paths;
    for (const auto& [path, content] : at->second) {
        const auto status = disk.status(path);
        bool is_kept = status && status->size == content->size();
        if (is_kept && whole) {
            const auto found = env::read_file(disk, path, file_size_max);
            is_kept = found && *found == *content;
        }
        if (!is_kept) paths.push_back(path);
    }
    return paths;
}

} // namespace torgo::sim
