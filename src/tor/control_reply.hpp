#pragma once

// What tor says on its control port, as text with a shape: replies of lines, and words in a line.

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::tor {

inline constexpr std::size_t max_control_line = 100'000;
inline constexpr std::size_t max_reply_lines = 10'000;
inline constexpr std::size_t max_reply_size = 4_MiB;

struct ReplyLine {
    std::string text; ///< after the code and the separator
    std::string data; ///< of a line with '+': its lines, each ended by '\n', dots taken off

    bool operator==(const ReplyLine&) const = default;
};

/// One whole answer or event. All its lines are of one kind: answers, or events (code 6xx).
struct Reply {
    int code = 0;                 ///< 200 to 699, of the last line
    std::vector<ReplyLine> lines; ///< at least one

    bool is_event() const { return code >= 600; }

    bool is_ok() const { return code >= 200 && code < 300; }

    /// What a person may be told of it.
    const std::string& text() const { return lines.back().text; }

    bool operator==(const Reply&) const = default;
};

/// Cuts what comes from the control port into replies. Strict: lines end with CR LF, begin with
/// three digits and ' ', '-' or '+', and hold no NUL; within the limits above.
class ReplyParser {
public:
    /// errors  `corrupt`, `limit_exceeded`; the parser is then of no more use
    Result<> feed(ByteView bytes);

    /// The next whole reply, if there is one.
    std::optional<Reply> next();

    /// Whether it is between two replies.
    bool is_idle() const { return m_line.empty() && m_reply.lines.empty(); }

private:
    Result<> end_line();
    Result<> add_reply_line(std::string_view line);
    Result<> add_data_line(std::string_view line);
    Result<> count(std::size_t size);

    std::string m_line;
    Reply m_reply;
    std::size_t m_reply_lines = 0;
    std::size_t m_reply_size = 0;
    bool m_in_data = false;
    std::deque<Reply> m_ready;
};

/// The inverse, for tests.
std::string format_reply(const Reply& reply);

/// Words of a line, split at spaces: plain ones, KEY=value and KEY="quoted value" (with C escapes).
struct Words {
    std::vector<std::string> plain;
    std::map<std::string, std::string> values;

    /// Nothing where the key is not there.
    std::optional<std::string> find(const std::string& key) const;
};

/// errors  `corrupt`: a quote that does not end, or an unknown escape; a key twice
Result<Words> split_words(std::string_view text);

/// A string in quotes, and nothing after it. errors  `corrupt`
Result<std::string> unquote(std::string_view text);

/// In quotes, as torrc and the control port take it.
/// errors  `invalid_argument` for control characters
Result<std::string> quote(std::string_view text);

} // namespace torgo::tor
