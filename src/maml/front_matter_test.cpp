#include "maml/document.hpp"
#include "maml/front_matter.hpp"
#include "maml/test_documents.hpp"

#include <gtest/gtest.h>

namespace torgo::maml {
namespace {

FrontMatter front(const std::string& more) {
    const auto reading = read(workflow_with(more, ""), Level::lenient);
    EXPECT_TRUE(reading.document) << first_error(reading.findings);
    return reading.document ? reading.document->front : FrontMatter{};
}

TEST(FrontMatter, keeps_unknown_keys_byte_for_byte) { // MAML-6
    const auto read = front("wallet:\n  hash:   'a''b'  # kept\n");
    EXPECT_TRUE(read.raw.ends_with("wallet:\n  hash:   'a''b'  # kept\n"));
}

TEST(FrontMatter, takes_requirements_apart) { // MAML-11
    const auto read = front("requires:\n  libs: [\"qiskit >= 0.45\", torch==2.0.1, tor]\n"
                            "  python: \">=3.10\"\n");
    ASSERT_EQ(read.needs.size(), 4U);
    EXPECT_EQ(read.needs[0].name, "qiskit");
    EXPECT_EQ(read.needs[0].conditions.at(0).comparison, ">=");
    EXPECT_EQ(read.needs[0].conditions.at(0).version, "0.45");
    EXPECT_TRUE(read.needs[2].conditions.empty());
    EXPECT_EQ(read.needs[3].name, "python");
    EXPECT_EQ(read.needs[3].conditions.at(0).version, "3.10");
    const auto between = read_requirement(" qiskit >= 0.45 , <2,!=1.*");
    ASSERT_TRUE(between);
    EXPECT_EQ(between->text(), "qiskit>=0.45,<2,!=1.*");
    for (const auto* wrong : {"a>=1,", "a>=1,,<2", "a>=1,2", "a,>=1", "a>=1<2", "a>=1 <2"})
        EXPECT_FALSE(read_requirement(wrong)) << wrong;
    EXPECT_FALSE(read_requirement("a b"));
    EXPECT_FALSE(read_requirement("a>="));
    EXPECT_FALSE(read_requirement("a; rm"));
}

TEST(FrontMatter, what_is_no_pattern_allows_nobody) { // MAML-12
    const auto reading = read(workflow_with("encryption: 512\n", ""), Level::strict);
    ASSERT_TRUE(reading.document);
    EXPECT_EQ(reading.document->front.permissions.read, std::vector<std::string>{"agent://*"});
    EXPECT_TRUE(reading.document->front.permissions.write.empty());
    auto text = workflow();
    text.replace(text.find("[\"agent://*\"]"), 13, "public");
    const auto lenient = read(text, Level::lenient);
    ASSERT_TRUE(lenient.document);
    EXPECT_TRUE(lenient.document->front.permissions.read.empty());
    EXPECT_FALSE(read(text, Level::strict).document);
}

TEST(FrontMatter, knows_its_versions) { // MAML-7
    const auto with = [](const std::string& version) {
        auto text = workflow();
        text.replace(text.find("2.0.0"), 5, version);
        return read(text, Level::lenient).document.has_value();
    };
    EXPECT_TRUE(with("0.1.0") && with("1.0.0") && with("2.99.7") && with("2.0"));
    EXPECT_FALSE(with("0.0.9") || with("3.0.0") || with("2") || with("2.0.0.0") || with("2.00.1"));
    EXPECT_FALSE(with("99999.0.0") || with("-1.0.0") || with("2.0.x") || with(""));
}

} // namespace
} // namespace torgo::maml
