// docs/spec/maml-front-matter.schema.json is for editors and other programs: it has to say what the
// reader says.
#include "maml/document.hpp"

#include <gtest/gtest.h>
#include <jsoncons/json.hpp>
#include <jsoncons_ext/jsonschema/jsonschema.hpp>

#include <algorithm>
#include <fstream>
#include <set>

namespace torgo::maml {
namespace {

using jsoncons::json;

json load(const std::string& path) {
    std::ifstream file(std::string(TORGO_VECTORS) + path);
    return json::parse(file);
}

/// By the core schema of YAML 1.2, as far as the front matter needs it.
json as_json(const Value& value) {
    if (value.is_null()) return json::null();
    if (value.kind == Value::Kind::scalar) {
        const bool whole =
            value.plain && value.text.find_first_not_of("0123456789") == std::string::npos;
        return whole ? json(std::stoull(value.text)) : json(value.text);
    }
    json out(value.kind == Value::Kind::map ? json(jsoncons::json_object_arg)
                                            : json(jsoncons::json_array_arg));
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (value.kind == Value::Kind::map)
            out.insert_or_assign(value.keys[i].name, as_json(value.items[i]));
        else
            out.push_back(as_json(value.items[i]));
    }
    return out;
}

/// The keys of the table in docs/spec/maml.md 2.
bool is_of_a_key(const std::string& rule) {
    static const std::set<std::string> rules = {"MAML-7",  "MAML-8",  "MAML-9",
                                                "MAML-10", "MAML-11", "MAML-12",
                                                "MAML-13", "MAML-14", "MAML-15"};
    return rules.contains(rule);
}

// MAML-17
TEST(PublishedSchema, says_of_each_known_answer_what_the_reader_says) {
    const auto schema = jsoncons::jsonschema::make_json_schema(
        load("/../../docs/spec/maml-front-matter.schema.json"));
    int good = 0;
    int bad = 0;
    const auto cases = load("/maml/cases.json");
    for (const auto& one : cases.array_range()) {
        const auto name = one["name"].as<std::string>();
        if (name == "no such day") continue; // beyond the words of a schema
        Findings findings(Level::strict);
        const auto text = Text::from(one["text"].as<std::string>(), findings);
        const auto end = text ? text->str().find("\n---\n") : std::string::npos;
        if (end == std::string::npos) continue;
        const auto front = read_front_matter(*text, 4, end - 3, findings);
        if (!front) continue;
        const bool expected = std::ranges::none_of(
            findings.list(), [](const Finding& each) { return is_of_a_key(each.rule); });
        EXPECT_EQ(schema.is_valid(as_json(front->values)), expected) << name;
        ++(expected ? good : bad);
    }
    EXPECT_GE(good, 10);
    EXPECT_GE(bad, 10);
}

} // namespace
} // namespace torgo::maml
