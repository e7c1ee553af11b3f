// SPDX-License-Identifier: MIT
// The directories that a tree is being written into, kept open between files.
#pragma once

#include "source/write.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::source {

struct OpenDirectory {
    Descriptor descriptor; ///< O_PATH
    bool hands_on = false; ///< new files get attributes from it
};

/// Thread-safe.
class DirectoryCache {
public:
    explicit DirectoryCache(Descriptor root);

    /// The directory at `relative`, itself checked by the caller; empty for the root.
    ///
    /// errors  `not_found`; `exists` where something else lies on the way
    Result<std::shared_ptr<const OpenDirectory>> open(std::string_view relative);

    /// Must follow each change of what opening `relative` finds or what it hands on.
    void forget(std::string_view relative);

    int root() const noexcept { return m_root->descriptor.get(); }

private:
    struct Item {
        std::string relative;
        std::shared_ptr<const OpenDirectory> directory;
    };

    std::shared_ptr<const OpenDirectory> find(std::string_view relative);

    std::shared_ptr<const OpenDirectory> m_root;
    std::mutex m_mutex;
    std::vector<Item> m_items; ///< the last used comes first
};

} // namespace torgo::source
