// SPDX-License-Identifier: MIT
// The paths a walk was asked for, as one tree.
#pragma once

#include "base/error.hpp"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::source {

inline constexpr std::size_t max_named_paths = 1'000'000;

/// One component on the way to named paths.
struct NamedPath {
    bool named = false; ///< the caller named this very path
    std::map<std::string, std::unique_ptr<NamedPath>, std::less<>> children;

    const NamedPath* find(std::string_view name) const {
        const auto found = children.find(name);
        return found == children.end() ? nullptr : found->second.get();
    }
};

/// The tree of the paths; its root stands for "/".
///
/// errors  `invalid_argument` no path, a relative one, ".." or a zero byte in one; `limit_exceeded`
Result<NamedPath> parse_named(std::span<const std::string> absolute_paths);

/// Errors where a named path is not there, or where one leads through a symlink that another one
/// takes as a symlink (`invalid_argument`).
Result<> check_named(const NamedPath& root);

} // namespace torgo::source
