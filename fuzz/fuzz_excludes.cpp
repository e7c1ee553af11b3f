// SPDX-License-Identifier: MIT
// Patterns from outside: the first line is a pattern, the rest a path. Oracle: what a rule
// excludes, the same rule with '!' after it takes back; and an exclude file says what the command
// line says.
#include "base/ensure.hpp"
#include "source/excludes.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

/// Whether the text means the same as one line of a file and as a pattern of the command line.
bool is_plain_line(const std::string& text) {
    return !text.empty() && text.find_first_of("#\r \t\xEF") == std::string::npos;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using torgo::source::Excludes;
    const std::string input(reinterpret_cast<const char*>(data), size);
    const auto cut = std::min(input.find('\n'), input.size());
    const auto pattern = input.substr(0, cut);
    const auto path = "/" + input.substr(std::min(cut + 1, input.size()));
    const auto rules = Excludes::parse({pattern}, {});
    if (is_plain_line(pattern))
        ENSURE(Excludes::parse({}, {pattern}).has_value() == rules.has_value());
    if (!rules) return 0;
    for (const bool directory : {false, true}) {
        const bool excluded = rules->excluded(path, directory);
        if (pattern.starts_with('!')) {
            ENSURE(!excluded);
            continue;
        }
        const auto taken_back = Excludes::parse({pattern, "!" + pattern}, {});
        if (taken_back) ENSURE(!taken_back->excluded(path, directory));
        if (is_plain_line(pattern))
            ENSURE(Excludes::parse({}, {pattern})->excluded(path, directory) == excluded);
    }
    return 0;
}
