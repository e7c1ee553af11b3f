#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What a reader of MAML has to say about a file: where, which rule, what is wrong, how to mend it.
namespace torgo::maml {

/// Lines and columns count from 1; columns count code points.
struct Place {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
    bool operator==(const Place&) const = default;
};

/// How much a reader forgives (docs/spec/maml.md 2).
enum class Level : std::uint8_t { lenient, strict };

enum class Severity : std::uint8_t {
    warning, ///< the file is read
    error,   ///< the file is refused
};

struct Finding {
    Severity severity = Severity::error;
    Place place;
    std::string rule; ///< the paragraph of docs/spec/maml.md: "MAML-8"
    std::string what;
    std::string mend;
};

/// "LINE:COLUMN: what; mend [rule]".
std::string words(const Finding& finding);

/// Text out of a file, fit for a sentence: cut, and without anything that moves a terminal.
std::string in_quotes(std::string_view text);

/// All that was found, in the order of finding. No more than a bound is kept: a file that is wrong
/// everywhere gains nothing from the thousandth remark.
class Findings {
public:
    explicit Findings(Level level) : m_level(level) {}

    Level level() const noexcept { return m_level; }

    void error(Place place, std::string_view rule, std::string what, std::string mend);
    /// A warning when reading leniently, else an error.
    void lenient(Place place, std::string_view rule, std::string what, std::string mend);

    bool refused() const noexcept { return m_refused; }

    const std::vector<Finding>& list() const noexcept { return m_list; }

private:
    void add(Finding finding);

    Level m_level;
    bool m_refused = false;
    std::vector<Finding> m_list;
};

} // namespace torgo::maml
