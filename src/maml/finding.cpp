#include "maml/finding.hpp"

#include "base/utf8_cut.hpp"

#include <algorithm>

namespace torgo::maml {

namespace {
constexpr std::size_t findings_most = 100;
constexpr std::size_t shown_bytes_most = 60;
} // namespace

std::string words(const Finding& finding) {
    return std::to_string(finding.place.line) + ":" + std::to_string(finding.place.column) + ": " +
           finding.what + "; " + finding.mend + " [" + finding.rule + "]";
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    const auto shown = cut_utf8(text, shown_bytes_most);
    std::ranges::transform(shown, std::back_inserter(out), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F ? ' ' : c;
    });
    return out + (shown.size() < text.size() ? "…\"" : "\"");
}

void Findings::error(Place place, std::string_view rule, std::string what, std::string mend) {
    add({.severity = Severity::error,
         .place = place,
         .rule = std::string(rule),
         .what = std::move(what),
         .mend = std::move(mend)});
}

void Findings::lenient(Place place, std::string_view rule, std::string what, std::string mend) {
    add({.severity = m_level == Level::strict ? Severity::error : Severity::warning,
         .place = place,
         .rule = std::string(rule),
         .what = std::move(what),
         .mend = std::move(mend)});
}

void Findings::add(Finding finding) {
    m_refused = m_refused || finding.severity == Severity::error;
    if (m_list.size() < findings_most) {
        m_list.push_back(std::move(finding));
        return;
    }
    // The file stays refused for a reason that can be read.
    if (finding.severity == Severity::error && m_list.back().severity == Severity::warning)
        m_list.back() = std::move(finding);
}

} // namespace torgo::maml
