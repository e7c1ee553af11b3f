#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "env/file_system.hpp"
#include "maml/body.hpp"

#include <functional>
#include <string>
#include <vector>

// The lines under `## History`, which only ever grow. Each line that TORGO adds names a hash over
// all lines before it, so that none can be taken out or changed unseen.
namespace torgo::maml {

/// "- TIME: [VERB] text {sha256:…}"
struct HistoryEntry {
    std::string line; ///< as written, without blanks at its end
    std::string time;
    std::string verb;
    std::string text;
    std::string link; ///< 64 hexadecimal digits, or empty where nobody chained it
    Place place;
};

/// [MAML-30] Reads the entries; [MAML-31] checks the chain. What is wrong goes to `findings`.
std::vector<HistoryEntry> read_history(const Text& text, const Section& section,
                                       Findings& findings);

/// The hash that the next line has to carry. cost one hash a line
Digest chain_end(const std::vector<HistoryEntry>& entries);

/// What is to be added.
struct NewEntry {
    std::string time; ///< RFC 3339
    std::string verb; ///< capitals, digits, "_", "-"
    std::string text; ///< one line, no braces at its end
};

/// The text of a MAML file with one more line of history, and a section for it where there is none.
///
/// errors  `invalid_argument` for an entry that is none, and for a file that is refused
Result<std::string> with_history(std::string_view file, const NewEntry& entry);

/// What becomes of a file's text.
using Change = std::function<Result<std::string>(std::string_view)>;

/// [MAML-32] Changes a file: whole or not at all, and one at a time.
///
/// in      an absolute path; `secret`: nobody but the user may read it afterwards
/// errors  those of reading, changing and writing; `unavailable` while another writes
/// disk    an empty file `.NAME.lock` beside it stays
Result<> rewrite(env::FileSystem& files, const std::string& path, const Change& change,
                 bool secret = false);

/// rewrite() with one more line of history.
Result<> append_history(env::FileSystem& files, const std::string& path, const NewEntry& entry,
                        bool secret = false);

} // namespace torgo::maml
