// SPDX-License-Identifier: MIT
// Patterns that keep files out of a backup (docs/spec/excludes.md).
#pragma once

#include "base/error.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::source {

inline constexpr std::size_t max_pattern_bytes = 4096;
inline constexpr std::size_t max_pattern_count = 100'000;

/// An immutable, cheaply copied list of rules. Thread-safe.
class Excludes {
public:
    /// No rule: nothing is excluded.
    Excludes() = default;

    /// in      `patterns`, one rule each, in the order given; `files_contents`, whole exclude
    /// files,
    ///         one rule a line with comments and blank lines. The rules of the files come first, so
    ///         that a pattern of the command line has the last word.
    /// errors  `invalid_argument` naming the pattern; `limit_exceeded`
    static Result<Excludes> parse(const std::vector<std::string>& patterns,
                                  const std::vector<std::string>& files_contents);

    /// Whether the last rule that matches this path excludes it. Asks about the path alone: that
    /// whatever lies in an excluded directory is out too follows from not entering it.
    /// `absolute_path` begins with '/' and has no empty, "." or ".." component.
    bool excluded(std::string_view absolute_path, bool is_directory) const;

    bool empty() const noexcept { return m_rules == nullptr; }

private:
    struct Rules;
    std::shared_ptr<const Rules> m_rules;
};

} // namespace torgo::source
