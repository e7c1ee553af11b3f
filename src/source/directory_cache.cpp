// SPDX-License-Identifier: MIT
#include "source/directory_cache.hpp"

#include "source/apply.hpp"
#include "source/resolve.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace torgo::source {

DirectoryCache::DirectoryCache(Descriptor root) {
    const bool hands_on = hands_attributes_on(root.get());
    m_root = std::make_shared<const OpenDirectory>(std::move(root), hands_on);
}

std::shared_ptr<const OpenDirectory> DirectoryCache::find(std::string_view relative) {
    const std::lock_guard lock(m_mutex);
    const auto found = std::ranges::find(m_items, relative, &Item::relative);
    if (found == m_items.end()) return nullptr;
    std::rotate(m_items.begin(), found, found + 1);
    return m_items.front().directory;
}

Result<std::shared_ptr<const OpenDirectory>> DirectoryCache::open(std::string_view relative) {
    if (relative.empty()) return m_root;
    if (auto found = find(relative)) return found;
    auto opened = open_beneath(root(), relative, O_PATH | O_DIRECTORY);
    if (!opened && (errno == ELOOP || errno == ENOTDIR))
        return fail(Errc::exists, std::string(relative) + ": something else lies where a directory "
                                                          "is needed on the way");
    if (!opened) return std::unexpected(system_error(errno, relative));
    const bool hands_on = hands_attributes_on(opened.get());
    auto directory = std::make_shared<const OpenDirectory>(std::move(opened), hands_on);
    const std::lock_guard lock(m_mutex);
    if (m_items.size() == max_cached_directories) m_items.pop_back();
    m_items.insert(m_items.begin(), {std::string(relative), directory});
    return directory;
}

void DirectoryCache::forget(std::string_view relative) {
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_items, [relative](const Item& item) {
        const std::string_view held = item.relative;
        return held.starts_with(relative) &&
               (held.size() == relative.size() || held[relative.size()] == '/');
    });
}

} // namespace torgo::source
