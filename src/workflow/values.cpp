#include "workflow/values.hpp"

#include "base/utf8_cut.hpp"

#include <algorithm>

namespace torgo::workflow {

namespace {

constexpr std::size_t name_bytes_max = 64;

bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

} // namespace

bool is_value_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= name_bytes_max && is_letter(text.front()) &&
           std::ranges::all_of(text, [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

gospel::Value record_of(const Values& values) {
    gospel::Value::Names names;
    gospel::Value::List items;
    for (const auto& [name, value] : values) {
        names.push_back(name);
        items.push_back(value);
    }
    return gospel::Value::record(std::move(names), std::move(items));
}

Result<Values> values_of(const gospel::Value& record) {
    if (!record.is(gospel::Value::Kind::record))
        return fail(Errc::invalid_argument, "no JSON object: {\"name\": value, …} is needed");
    Values out;
    for (std::size_t i = 0; i < record.names().size(); ++i) {
        const auto& name = record.names()[i];
        if (!is_value_name(name))
            return fail(Errc::invalid_argument,
                        "\"" + std::string(cut_utf8(name, name_bytes_max)) +
                            "\" is no name: letters, digits and _, at most 64, no digit first");
        out.emplace(name, record.items()[i]);
    }
    return out;
}

Result<Values> values_of(std::string_view json) {
    TRY(const auto record, gospel::value_of_json(json));
    return values_of(record);
}

std::string json_of(const Values& values) {
    return gospel::json_of_value(record_of(values));
}

std::string text_field(const gospel::Value& record, std::string_view name) {
    const auto* field = record.field(name);
    return field != nullptr && field->is(gospel::Value::Kind::text) ? std::string(field->as_text())
                                                                    : std::string();
}

} // namespace torgo::workflow
