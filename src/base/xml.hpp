#pragma once

#include <string>
#include <string_view>

namespace torgo {

/// Text as XML, SVG and HTML may hold it between tags: markup is escaped, and control characters
/// but tab and line feed, which XML 1.0 does not allow, are left out.
inline std::string xml_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t')
            out += c;
    }
    return out;
}

} // namespace torgo
