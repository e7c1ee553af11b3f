// Known answers of tests/vectors/maml, and any files that the tester has.
#include "base/hex.hpp"
#include "maml/document.hpp"

#include <gtest/gtest.h>
#include <jsoncons/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

namespace torgo::maml {
namespace {

using jsoncons::json;

std::string read_whole(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Made by tests/vectors/make_maml_vectors.py, which shares no code with this program.
const json& cases() {
    static const json all =
        json::parse(read_whole(std::string(TORGO_VECTORS) + "/maml/cases.json"));
    return all;
}

json found_by(const Reading& reading) {
    json out(jsoncons::json_array_arg);
    for (const auto& finding : reading.findings.list()) {
        json one(jsoncons::json_array_arg);
        one.push_back(finding.rule);
        one.push_back(finding.place.line);
        one.push_back(finding.place.column);
        out.push_back(std::move(one));
    }
    return out;
}

// MAML-1 MAML-2 MAML-3 MAML-4 MAML-5 MAML-7 MAML-8 MAML-9 MAML-10 MAML-12 MAML-13 MAML-14 MAML-15
// MAML-16 MAML-21 MAML-22 MAML-23 MAML-24 MAML-27 MAML-28 MAML-29 MAML-30 MAML-31
TEST(MamlVectors, findings_are_where_the_text_says) {
    for (const auto& one : cases().array_range()) {
        const auto text = one["text"].as<std::string>();
        const auto name = one["name"].as<std::string>();
        const auto lenient = read(text, Level::lenient);
        const auto strict = read(text, Level::strict);
        EXPECT_EQ(found_by(lenient), one["lenient"]) << name;
        EXPECT_EQ(found_by(strict), one["strict"]) << name;
        EXPECT_EQ(strict.document.has_value(), one["strict"].empty()) << name;
        EXPECT_EQ(lenient.document.has_value(), !one.get_value_or<bool>("refused_leniently", false))
            << name;
        for (const auto& finding : strict.findings.list())
            EXPECT_TRUE(!finding.what.empty() && !finding.mend.empty()) << name;
    }
}

// MAML-50 MAML-31
TEST(MamlVectors, canonical_form_and_chain_are_those_of_another_program) {
    int seen = 0;
    for (const auto& one : cases().array_range()) {
        if (!one.contains("canonical")) continue;
        const auto reading = read(one["text"].as<std::string>(), Level::strict);
        ASSERT_TRUE(reading.document);
        EXPECT_EQ(canonical(*reading.document), one["canonical"].as<std::string>());
        EXPECT_EQ(to_hex(chain_end(reading.document->history).view()),
                  one["chain_end"].as<std::string>());
        ++seen;
    }
    EXPECT_GE(seen, 3);
}

/// [MAML-51] Formatting changes nothing that is read or signed, and is done after once.
void expect_formatting_holds(const Document& document, const std::string& name) {
    const auto text = formatted(document);
    const auto again = read(text, Level::lenient);
    ASSERT_TRUE(again.document) << name << first_error(again.findings);
    EXPECT_EQ(formatted(*again.document), text) << name;
    EXPECT_EQ(canonical(*again.document), canonical(document)) << name;
}

TEST(MamlVectors, formatting_is_done_after_once_and_keeps_what_is_signed) {
    for (const auto& one : cases().array_range()) {
        const auto reading = read(one["text"].as<std::string>(), Level::lenient);
        if (reading.document)
            expect_formatting_holds(*reading.document, one["name"].as<std::string>());
    }
}

TEST(MamlCorpus, every_file_is_read_or_refused_with_a_reason) {
    const char* folder = std::getenv("TORGO_MAML_CORPUS");
    if (folder == nullptr) GTEST_SKIP() << "TORGO_MAML_CORPUS names no folder with MAML files";
    std::map<std::string, int> counts;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file() || entry.path().extension() == ".json") continue;
        const auto name = entry.path().filename().string();
        const auto reading = read(read_whole(entry.path()), Level::lenient);
        const auto strict = read(read_whole(entry.path()), Level::strict);
        const auto why = first_error(reading.findings);
        EXPECT_EQ(reading.document.has_value(), why.empty()) << name;
        if (reading.document) expect_formatting_holds(*reading.document, name);
        const auto rule = why.empty() ? "read" : why.substr(why.rfind('['));
        ++counts[rule];
        if (strict.document) ++counts["strict"];
        if (name == "emergency_workflow.maml.md") {
            EXPECT_TRUE(strict.document && strict.findings.list().empty());
        }
    }
    for (const auto& [rule, count] : counts)
        std::cout << rule << " " << count << "\n";
    EXPECT_FALSE(counts.empty());
}

} // namespace
} // namespace torgo::maml
