#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0

#include "cli/toml_value.hpp"

#include "cli/toml.hpp"

#include <toml++/toml.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace torgo::cli {

namespace {

std::string place(std::string_view file, const toml::source_region& source) {
    return std::string(file) + ":" + std::to_string(source.begin.line) + ":" +
           std::to_string(source.begin.column) + ": ";
}

Result<radio::Value> value_of(const toml::node& node, std::string_view file);

Result<radio::Table> table_of(const toml::table& table, std::string_view file) {
    radio::Table out;
    for (const auto& [key, node] : table) {
        TRY(auto value, value_of(node, file));
        out.push_back({std::string(key.str()), std::move(value)});
    }
    return out;
}

Result<radio::List> list_of(const toml::array& array, std::string_view file) {
    radio::List out;
    out.reserve(array.size());
    for (const auto& node : array) {
        TRY(auto value, value_of(node, file));
        out.push_back(std::move(value));
    }
    return out;
}

/// The library bounds how deep values lie in each other.
Result<radio::Value> value_of(const toml::node& node, std::string_view file) {
    radio::Value out{false, node.source().begin.line, node.source().begin.column};
    if (const auto* table = node.as_table()) {
        TRY(out.is, table_of(*table, file));
    } else if (const auto* array = node.as_array()) {
        TRY(out.is, list_of(*array, file));
    } else if (const auto* text = node.as_string()) {
        out.is = text->get();
    } else if (const auto* whole = node.as_integer()) {
        out.is = whole->get();
    } else if (const auto* number = node.as_floating_point()) {
        out.is = number->get();
    } else if (const auto* flag = node.as_boolean()) {
        out.is = flag->get();
    } else {
        return fail(Errc::invalid_argument,
                    place(file, node.source()) + "no date and no time stands in such a file");
    }
    return out;
}

bool is_table(const radio::Value& value) {
    return std::holds_alternative<radio::Table>(value.is);
}

bool is_tables(const radio::Value& value) {
    const auto* list = std::get_if<radio::List>(&value.is);
    return list != nullptr && !list->empty() && std::ranges::all_of(*list, is_table);
}

Result<std::string> inline_text(const radio::Value& value) {
    if (const auto* flag = std::get_if<bool>(&value.is)) return *flag ? "true" : "false";
    if (const auto* text = std::get_if<std::string>(&value.is)) return toml_string(*text);
    if (const auto* whole = std::get_if<std::int64_t>(&value.is)) return std::to_string(*whole);
    if (const auto* number = std::get_if<double>(&value.is)) {
        std::array<char, 32> room{};
        const auto end = std::to_chars(room.data(), room.data() + room.size(), *number).ptr;
        std::string out(room.data(), end);
        // A number without point or exponent would be a whole one.
        return out.find_first_of(".en") == std::string::npos ? out + ".0" : out;
    }
    std::string out = "[";
    for (const auto& item : std::get<radio::List>(value.is)) {
        TRY(const auto text, inline_text(item));
        out += (out.size() == 1 ? "" : ", ") + text;
    }
    return out + "]";
}

/// Tables come last: what stands after a heading belongs to it.
Result<> write_table(const radio::Table& table, const std::string& path, std::string& out) {
    for (const auto& [key, value] : table) {
        if (is_table(value) || is_tables(value)) continue;
        TRY(const auto text, inline_text(value));
        out += key;
        out += " = " + text + "\n";
    }
    for (const auto& [key, value] : table) {
        const auto name = path.empty() ? key : path + "." + key;
        if (const auto* inner = std::get_if<radio::Table>(&value.is)) {
            out += "\n[" + name + "]\n";
            CHECK_OK(write_table(*inner, name, out));
        } else if (is_tables(value)) {
            for (const auto& item : std::get<radio::List>(value.is)) {
                out += "\n[[" + name + "]]\n";
                CHECK_OK(write_table(std::get<radio::Table>(item.is), name, out));
            }
        }
    }
    return {};
}

} // namespace

Result<radio::Value> read_toml_value(std::string_view text, std::string_view file) {
    const auto parsed = toml::parse(text);
    if (!parsed) {
        const auto& error = parsed.error();
        return fail(Errc::invalid_argument,
                    place(file, error.source()) + std::string(error.description()));
    }
    radio::Value out{radio::Table{}, 1, 1};
    TRY(out.is, table_of(parsed.table(), file));
    return out;
}

Result<std::string> toml_text(const radio::Value& document) {
    std::string out;
    CHECK_OK(write_table(std::get<radio::Table>(document.is), "", out));
    return out;
}

} // namespace torgo::cli
