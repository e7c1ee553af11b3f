// tests/vectors/gospel: whole interfaces, with what must be said of some runs. The answers were
// worked out by hand from docs/spec/gospel-subset.md.
#include "gospel/test_gospel.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace torgo::gospel {
namespace {

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string vector_file(std::string_view name) {
    return text_of(std::filesystem::path(TORGO_VECTORS) / "gospel" / name);
}

std::string place(const Position& position) {
    return std::to_string(position.line) + ":" + std::to_string(position.column);
}

std::string brief(const Violation& violation) {
    auto out = violation.clause + " " + place(violation.position) + " ";
    out += name(violation.kind);
    for (const auto& [variable, value] : violation.witness)
        out += " " + variable + " = " + quote(value);
    return out;
}

Value brief(const std::vector<Violation>& violations) {
    Value::List out;
    for (const auto& violation : violations)
        out.push_back(Value::text(brief(violation)));
    return Value::list(std::move(out));
}

void check_run(const Interface& interface, const Value& run) {
    const auto* const val = interface.find(run.field("value")->as_text());
    ASSERT_NE(val, nullptr);
    const auto& inputs = *run.field("inputs");
    EXPECT_EQ(print(brief(check_before(interface, *val, inputs))), print(*run.field("before")));
    Outcome outcome;
    if (const auto* outputs = run.field("outputs")) outcome.outputs = *outputs;
    if (const auto* exception = run.field("raised"))
        outcome.raised = Raised{std::string(exception->as_text()), *run.field("argument")};
    EXPECT_EQ(print(brief(check_after(interface, *val, inputs, outcome))),
              print(*run.field("after")));
}

TEST(KnownAnswers, whole_interfaces_say_what_was_worked_out_by_hand) {
    const auto cases = json(vector_file("cases.json"));
    ASSERT_EQ(cases.items().size(), 9U);
    for (const auto& one : cases.items()) {
        const auto interface = parse(vector_file(one.field("file")->as_text()));
        SCOPED_TRACE(print(one));
        Value::List places;
        for (const auto& diagnostic : interface.diagnostics)
            places.push_back(Value::text(place(diagnostic.position)));
        const auto* const wanted = one.field("diagnostics");
        EXPECT_EQ(print(Value::list(places)), wanted != nullptr ? print(*wanted) : "[]");
        if (wanted == nullptr) check_run(interface, one);
    }
}

/// Every file below TORGO_MLI_CORPUS: read to an end, with places inside the text.
TEST(KnownAnswers, every_interface_of_a_given_corpus_is_read_or_refused_with_places) {
    const char* const folder = std::getenv("TORGO_MLI_CORPUS");
    if (folder == nullptr) GTEST_SKIP() << "TORGO_MLI_CORPUS names no folder";
    int understood = 0;
    int refused = 0;
    std::size_t contracts = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        const auto text = text_of(entry.path());
        const auto interface = parse(text);
        ++(interface.understood() ? understood : refused);
        for (const auto& val : interface.vals)
            contracts += static_cast<std::size_t>(val.understood && val.contract);
        const auto end = locate(text, static_cast<Offset>(text.size()));
        for (const auto& diagnostic : interface.diagnostics)
            EXPECT_LE(diagnostic.position.line, end.line) << entry.path();
    }
    std::printf("%d understood, %d refused, %zu contracts\n", understood, refused, contracts);
}

} // namespace
} // namespace torgo::gospel
