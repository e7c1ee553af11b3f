#pragma once

#include "maml/finding.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::maml {

/// [MAML-1] A file is read whole into memory; nobody writes a workflow of a megabyte by hand.
inline constexpr std::size_t file_size_max = 1U << 20U;

/// The characters of a file, checked: UTF-8, line feeds only, no control characters. Offsets are
/// bytes of str().
class Text {
public:
    /// Nothing where the bytes cannot be text; the reason is in `findings`. cost linear
    static std::optional<Text> from(std::string_view raw, Findings& findings);

    std::string_view str() const noexcept { return m_text; }

    std::size_t lines() const noexcept { return m_starts.size(); }

    /// Line `index`, counted from 0, without its end.
    std::string_view line(std::size_t index) const noexcept;

    std::size_t line_start(std::size_t index) const noexcept { return m_starts[index]; }

    /// Where the line after `index` starts, or the end of the text.
    std::size_t line_end(std::size_t index) const noexcept;

    /// The index of the line that holds a byte. cost logarithmic
    std::size_t line_of(std::size_t offset) const noexcept;

    /// cost the length of the line
    Place place(std::size_t offset) const noexcept;

private:
    std::string m_text;
    std::vector<std::size_t> m_starts; ///< at least one
};

/// Without spaces and tabs at the end.
std::string_view trimmed_end(std::string_view line) noexcept;
/// Nor at the beginning.
std::string_view trimmed(std::string_view line) noexcept;

} // namespace torgo::maml
