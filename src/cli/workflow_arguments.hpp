#pragma once

// What a block gives to a service is checked in one place, before anything is done with it:
// a block may be an attacker's (docs/spec/workflow.md 7).

#include "base/error.hpp"
#include "gospel/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::cli {

inline constexpr std::int64_t workflow_text_max = 4096; ///< bytes: of a path, and of a pattern
inline constexpr std::int64_t workflow_texts_max = 32;

/// One argument that a service takes.
struct Parameter {
    enum class Kind : std::uint8_t {
        text,  ///< of one line; `most` bytes
        texts, ///< 1 to `most` of them
        lines, ///< a text of `most` bytes, with line ends
        file,  ///< a text: the name of a file beside the workflow
        files,
        number, ///< whole, `least` to `most`
        real
    };

    std::string_view name;
    Kind kind = Kind::text;
    std::int64_t least = 0;
    std::int64_t most =
        kind == Kind::texts || kind == Kind::files ? workflow_texts_max : workflow_text_max;
    bool optional = false;        ///< may be left out, null or an empty list
    std::string_view option = {}; ///< of the command line: "--tag"; empty: it stands behind "--"
};

using Parameters = std::vector<Parameter>;

/// [RUN-53] Whether a block gave what the service takes: no more, no less, of these kinds and
/// sizes.
///
/// errors  `invalid_argument`, which names the service, the argument, what is wanted and what came
Result<> check_arguments(std::string_view service, const Parameters& takes,
                         const gospel::Value& given);

/// A field of a record: as one text, each of its texts, or the digits of a whole number; none where
/// it is not there.
std::vector<std::string> texts_of(const gospel::Value& record, std::string_view name);

/// A field that is a whole number, or `otherwise`.
std::int64_t whole_field(const gospel::Value& record, std::string_view name,
                         std::int64_t otherwise);

/// A field that is any number, or 0.
double real_field(const gospel::Value& record, std::string_view name);

} // namespace torgo::cli
