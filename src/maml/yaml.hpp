#pragma once

#include "maml/finding.hpp"
#include "maml/text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::maml {

inline constexpr std::size_t front_matter_size_max = 64U << 10U;
inline constexpr std::size_t yaml_depth_max = 16;

struct Key {
    std::string name;
    Place place;
};

/// One value of the front matter. A scalar is the text it was written as: what it means is for the
/// reader of its key.
struct Value {
    enum class Kind : std::uint8_t { scalar, list, map };

    Kind kind = Kind::scalar;
    std::string text;   ///< of a scalar
    bool plain = false; ///< a scalar without quotes
    Place place;
    std::vector<Key> keys;    ///< of a map; keys[i] names items[i]
    std::vector<Value> items; ///< of a list or a map

    /// The value of a key, or null.
    const Value* find(std::string_view name) const noexcept;
    /// A plain scalar that says nothing: `key:`, `key: ~`, `key: null`.
    bool is_null() const noexcept;
};

/// [MAML-5] Reads `size` bytes of a text at `offset` as one YAML 1.2 mapping without anchors,
/// aliases, merge keys, tags, or a key twice.
///
/// out     the mapping; nothing where it is refused, and why is in `findings`
/// cost    linear in the bytes; memory about 200 bytes a scalar, so 7 MiB at the limit
std::optional<Value> read_yaml(const Text& text, std::size_t offset, std::size_t size,
                               Findings& findings);

} // namespace torgo::maml
