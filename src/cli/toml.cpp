#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0

#include "cli/toml.hpp"

#include "base/utf8.hpp"

#include <toml++/toml.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace torgo::cli {

namespace {

/// Reads one document into a flat list.
class Flattener {
public:
    explicit Flattener(std::string_view file) : m_file(file) {}

    Result<> table(const toml::table& table) {
        for (const auto& [key, node] : table) {
            m_path.emplace_back(key.str());
            CHECK_OK(add(node, key.source().begin.line));
            m_path.pop_back();
        }
        return {};
    }

    std::vector<TomlEntry> take() && {
        std::ranges::stable_sort(m_out, {}, &TomlEntry::line);
        return std::move(m_out);
    }

private:
    Result<> add(const toml::node& node, std::size_t line) {
        TomlEntry entry{m_path, line, {}};
        if (const auto* nested = node.as_table()) {
            m_out.push_back(std::move(entry));
            return table(*nested);
        }
        if (const auto* text = node.as_string()) {
            entry.value = text->get();
        } else if (const auto* number = node.as_integer()) {
            entry.value = number->get();
        } else if (const auto* flag = node.as_boolean()) {
            entry.value = flag->get();
        } else if (const auto* list = node.as_array()) {
            TRY(auto texts, strings(*list, line));
            entry.value = std::move(texts);
        } else {
            return unfit(line);
        }
        m_out.push_back(std::move(entry));
        return {};
    }

    Result<std::vector<std::string>> strings(const toml::array& list, std::size_t line) {
        std::vector<std::string> out;
        for (const auto& item : list) {
            const auto* text = item.as_string();
            if (text == nullptr) return unfit(line);
            out.push_back(text->get());
        }
        return out;
    }

    std::unexpected<Error> unfit(std::size_t line) const {
        return fail(Errc::invalid_argument,
                    m_file + ":" + std::to_string(line) + ": \"" + m_path.back() +
                        "\" must be a text, a whole number, true or false, or a list of texts");
    }

    std::string m_file;
    std::vector<std::string> m_path;
    std::vector<TomlEntry> m_out;
};

} // namespace

Result<std::vector<TomlEntry>> read_toml(std::string_view text, std::string_view file) {
    const auto parsed = toml::parse(text);
    if (!parsed) {
        const auto& error = parsed.error();
        return fail(Errc::invalid_argument, std::string(file) + ":" +
                                                std::to_string(error.source().begin.line) + ": " +
                                                std::string(error.description()));
    }
    Flattener flattener(file);
    CHECK_OK(flattener.table(parsed.table()));
    return std::move(flattener).take();
}

Result<std::string> toml_string(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const auto point = next_code_point(text);
        if (!point.valid) {
            return fail(Errc::invalid_argument, "a text with bytes that are no UTF-8");
        }
        if (point.value == U'"' || point.value == U'\\') out += '\\';
        if (point.value < 0x20 || point.value == 0x7F) {
            std::array<char, 8> code{};
            std::snprintf(code.data(), code.size(), "\\u%04X", static_cast<unsigned>(point.value));
            out += code.data();
        } else {
            out += text.substr(0, point.size);
        }
        text.remove_prefix(point.size);
    }
    return out + "\"";
}

} // namespace torgo::cli
