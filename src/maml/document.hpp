#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "maml/body.hpp"
#include "maml/front_matter.hpp"
#include "maml/history.hpp"

#include <optional>
#include <string>

// MAML (docs/spec/maml.md): a workflow as one Markdown file. Reading opens no other file, fetches
// nothing and runs nothing.
namespace torgo::maml {

struct Document {
    Text text;
    FrontMatter front;
    std::size_t front_begin = 0; ///< bytes of the text: the front matter without its rules
    std::size_t front_end = 0;
    std::size_t body_line = 0; ///< index of the first line after the front matter
    Body body;
    std::string input_schema; ///< JSON, checked; empty where the file has none
    std::string output_schema;
    std::vector<HistoryEntry> history;
};

struct Reading {
    std::optional<Document> document; ///< nothing where the file is refused
    Findings findings;
};

/// Reads and checks a whole file.
///
/// cost    linear in the bytes but for the JSON schemas, whose cost is bounded (schema.hpp)
/// source  docs/spec/maml.md 1 to 5
Reading read(std::string_view file, Level level);

/// "LINE:COLUMN: …" of the first finding that refuses the file; empty where none does.
std::string first_error(const Findings& findings);

/// The blocks of `## Code_Blocks`, in order.
std::vector<Block> code_blocks(const Document& document);

/// [MAML-50] What a signature covers: UTF-8, LF, the front matter and every block as written, no
/// blanks at the end of other lines, no two empty lines in a row there, no History.
std::string canonical(const Document& document);

/// [MAML-51] The same with History: formatting a file never breaks its signature.
std::string formatted(const Document& document);

} // namespace torgo::maml
