#pragma once

#include "maml/finding.hpp"
#include "maml/text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::maml {

/// What stands between two fences. Offsets are bytes of the text.
struct Block {
    std::string language; ///< the first word after the fence, in lower case
    Place place;          ///< of the opening fence
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// A header `## Name` and all up to the next.
struct Section {
    std::string name; ///< as written
    std::string key;  ///< [MAML-20] as names are compared
    Place place;
    std::size_t header = 0; ///< where its line starts
    std::size_t begin = 0;  ///< after the header's line
    std::size_t end = 0;
    std::vector<Block> blocks;
};

struct Body {
    std::vector<Section> sections;
    std::vector<bool> literal; ///< by line of the text: within a block, where every byte counts
};

/// A line that opens or closes a block: three or more ` or ~, and perhaps words.
struct Fence {
    char mark = 0;
    std::size_t length = 0;
    std::size_t indent = 0; ///< spaces and tabs before it
    std::string_view info;  ///< empty: a bare fence
};
std::optional<Fence> fence_of(std::string_view line) noexcept;

/// [MAML-20] A section's name without case, spaces, underscores and emoji.
std::string section_key(std::string_view name);

const Section* find_section(const Body& body, std::string_view key) noexcept;

/// Reads all lines of the text from `first_line` on.
Body read_body(const Text& text, std::size_t first_line, Findings& findings);

} // namespace torgo::maml
