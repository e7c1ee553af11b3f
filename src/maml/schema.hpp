#pragma once

#include "base/error.hpp"
#include "maml/finding.hpp"
#include "maml/text.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Input_Schema and Output_Schema: JSON Schema 2020-12, as far as its cost can be bounded before it
// is used.
namespace torgo::maml {

inline constexpr std::size_t json_depth_max = 64;
inline constexpr std::size_t json_size_max = 1U << 20U; ///< of an input or output
inline constexpr std::size_t schema_size_max = 64U << 10U;
/// Subschemas, counted once for every way that leads to them through $ref.
inline constexpr std::size_t schema_ways_max = 10'000;
/// Subschemas one below the other, also through $ref: each takes of the stack that judges.
inline constexpr std::size_t schema_depth_max = 128;
/// Elements of an array, where the schema asks that they differ: each is compared with each.
inline constexpr std::size_t unique_items_max = 1'000;

/// Steps of judging: subschemas and data in them times the values of the text, and comparisons.
inline constexpr std::size_t judge_work_max = 20'000'000;

/// The bytes from the { that `text` begins with to the } that closes it, both included; 0 where it
/// is never closed. Braces in strings do not count.
std::size_t balanced_size(std::string_view text) noexcept;

/// Checks a schema of `size` bytes at `offset` of the text: [MAML-28] JSON without a key twice,
/// [MAML-29] a schema of 2020-12 that stands alone and whose cost is bounded.
void check_schema(const Text& text, std::size_t offset, std::size_t size, Findings& findings);

/// A schema, ready to judge. Not for several threads at once.
class Schema {
public:
    /// errors  `invalid_argument`: what check_schema() finds
    static Result<Schema> make(std::string_view json);

    Schema(Schema&&) noexcept;
    Schema& operator=(Schema&&) noexcept;
    ~Schema();

    /// What is wrong with a JSON text, each "PATH: what", at most 20; nothing where it fits.
    ///
    /// errors  `invalid_argument` for what is no JSON, or too large or deep; `limit_exceeded` where
    ///         it could take more than judge_work_max steps
    /// cost    at most judge_work_max steps
    Result<std::vector<std::string>> judge(std::string_view json) const;

private:
    struct State;
    explicit Schema(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace torgo::maml
