#include "workflow/inputs.hpp"

#include "maml/schema.hpp"

#include <algorithm>

namespace torgo::workflow {

namespace {

gospel::Value value_of_text(std::string_view text) {
    auto json = gospel::value_of_json(text);
    return json ? *json : gospel::Value::text(std::string(text));
}

/// The names of a schema's `properties`; nothing where it has none.
std::vector<std::string> named_by(const std::string& schema) {
    const auto value = gospel::value_of_json(schema);
    const auto* properties = value ? value->field("properties") : nullptr;
    return properties == nullptr ? std::vector<std::string>{} : properties->names();
}

Values named_only(const Values& values, const std::vector<std::string>& names) {
    if (names.empty()) return values;
    Values out;
    for (const auto& name : names) {
        const auto at = values.find(name);
        if (at != values.end()) out.insert(*at);
    }
    return out;
}

Result<> fits(const std::string& schema, const Values& values, std::string_view what) {
    if (schema.empty()) return {};
    TRY(const auto judge, maml::Schema::make(schema));
    TRY(const auto problems, judge.judge(json_of(values)));
    if (problems.empty()) return {};
    std::string text(what);
    for (const auto& problem : problems)
        text += "\n  " + problem;
    return fail(Errc::invalid_argument, std::move(text));
}

} // namespace

bool schema_names(const std::string& schema, std::string_view name) {
    return std::ranges::contains(named_by(schema), name);
}

Values context_values(const maml::Document& document) {
    Values out;
    const auto* section = maml::find_section(document.body, maml::section_key("Context"));
    if (section == nullptr) return out;
    const auto& text = document.text;
    for (auto i = text.line_of(section->begin);
         i < text.lines() && text.line_start(i) < section->end; ++i) {
        if (document.body.literal[i]) continue;
        const auto line = maml::trimmed(text.line(i));
        const auto colon = line.find(": ");
        if (colon == std::string_view::npos || !is_value_name(line.substr(0, colon))) continue;
        out.insert_or_assign(std::string(line.substr(0, colon)),
                             value_of_text(maml::trimmed(line.substr(colon + 2))));
    }
    return out;
}

Result<Values> inputs_of(const maml::Document& document, const Values& given) {
    auto out = named_only(context_values(document), named_by(document.input_schema));
    for (const auto& [name, value] : given)
        out.insert_or_assign(name, value);
    CHECK_OK(fits(document.input_schema, out, "the inputs do not fit Input_Schema:"));
    return out;
}

Result<Values> outputs_of(const maml::Document& document, const Values& values) {
    auto out = named_only(values, named_by(document.output_schema));
    CHECK_OK(fits(document.output_schema, out, "the outputs do not fit Output_Schema:"));
    return out;
}

} // namespace torgo::workflow
