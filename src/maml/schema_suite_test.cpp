// The published test suite of JSON Schema 2020-12 (tests/vectors/json-schema/README.md).
#include "maml/schema.hpp"

#include <gtest/gtest.h>
#include <jsoncons/json.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

namespace torgo::maml {
namespace {

using jsoncons::ojson;

const std::string folder = TORGO_VECTORS "/json-schema";

std::string content_of(const std::filesystem::path& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
}

/// [MAML-29] Why a schema is refused; nothing where that is not said there.
std::string reason_of(const std::string& detail) {
    for (const std::string reason :
         {"$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "pattern", "patternProperties"})
        if (detail.contains("the keyword \"" + reason + "\" is not supported")) return reason;
    if (detail.contains("leads elsewhere")) return "$ref";
    if (detail.contains("$defs stands within a subschema")) return "$defs";
    if (detail.contains("of another dialect")) return "$schema";
    return "not said: " + detail;
}

std::set<std::string> listed() {
    std::set<std::string> out;
    std::istringstream lines(content_of(folder + "/refused.txt"));
    for (std::string line; std::getline(lines, line);)
        if (!line.empty() && !line.starts_with('#')) out.insert(line);
    return out;
}

struct Outcome {
    std::size_t groups = 0;
    std::size_t cases = 0;
    std::set<std::string> refused;
};

void run_group(const std::string& name, const ojson& group, Outcome& outcome) {
    const auto schema = Schema::make(group.at("schema").to_string());
    if (!schema) {
        outcome.refused.insert(reason_of(schema.error().detail()) + ": " + name);
        return;
    }
    ++outcome.groups;
    for (const auto& one : group.at("tests").array_range()) {
        const auto what = name + ": " + one.at("description").as<std::string>();
        const auto faults = schema->judge(one.at("data").to_string());
        ASSERT_TRUE(faults.has_value()) << what << ": " << faults.error().detail();
        EXPECT_EQ(faults->empty(), one.at("valid").as<bool>()) << what;
        ++outcome.cases;
    }
}

TEST(SchemaSuite, what_is_not_refused_by_name_is_judged_as_published) {
    Outcome outcome;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".json") continue;
        const auto groups = ojson::parse(content_of(entry.path()));
        for (const auto& group : groups.array_range())
            run_group(entry.path().stem().string() + ": " +
                          group.at("description").as<std::string>(),
                      group, outcome);
    }
    std::cout << outcome.cases << " cases of " << outcome.groups << " schemas judged, "
              << outcome.refused.size() << " schemas refused\n";
    EXPECT_GT(outcome.cases, 1000U);
    EXPECT_EQ(outcome.refused, listed()) << "see refused.txt there";
}

} // namespace
} // namespace torgo::maml
