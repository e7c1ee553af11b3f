#include "tor/circuits.hpp"

#include <algorithm>
#include <array>

namespace torgo::tor {

namespace {
constexpr std::array<std::string_view, 3> under_way{"LAUNCHED", "GUARD_WAIT", "EXTENDED"};
constexpr std::array<std::string_view, 2> ended{"FAILED", "CLOSED"};
} // namespace

void Circuits::note(const std::string& id, std::string_view status) {
    const bool is_built = status == "BUILT";
    const bool is_building = std::ranges::contains(under_way, status);
    if (!is_built && !is_building && !std::ranges::contains(ended, status)) return;
    m_built.erase(id);
    m_building.erase(id);
    if (m_built.size() + m_building.size() >= circuits_max) return;
    if (is_built) m_built.insert(id);
    if (is_building) m_building.insert(id);
}

void Circuits::note_all(std::string_view lines) {
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        auto line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        const auto gap = line.find(' ');
        if (gap == std::string_view::npos) continue;
        const auto status = line.substr(gap + 1);
        note(std::string(line.substr(0, gap)), status.substr(0, status.find(' ')));
    }
}

void Circuits::clear() {
    m_built.clear();
    m_building.clear();
}

} // namespace torgo::tor
