#include "workflow/requirements.hpp"

#include <gtest/gtest.h>

namespace torgo::workflow {
namespace {

using State = Resolution::State;

Machine bare_machine() {
    return {
        .program = [](const std::string& name) { return name == "tor" ? "/usr/bin/tor" : ""; },
        .exists = [](const std::string&) { return false; },
        .python_module = [](const std::string& name) { return name == "qiskit" ? "2.2.1" : ""; },
        .own_version = "0.1.0"};
}

Resolution resolved(const std::string& group, const std::string& text) {
    auto need = maml::read_requirement(text);
    need->group = group;
    return resolve({*need}, bare_machine()).front();
}

TEST(Requirements, versions_are_compared_by_their_numbers) {
    EXPECT_TRUE(version_fits("3.10.2", ">=", "3.9"));
    EXPECT_FALSE(version_fits("3.9", ">=", "3.10"));
    EXPECT_TRUE(version_fits("2.0", "==", "2.0.0"));
    EXPECT_TRUE(version_fits("1.4.5", "~=", "1.4.2"));
    EXPECT_FALSE(version_fits("1.5.0", "~=", "1.4.2"));
    EXPECT_FALSE(version_fits("1.4.1", "~=", "1.4.2"));
    EXPECT_TRUE(version_fits("1.0rc1", "<", "1.1"));
    EXPECT_FALSE(version_fits("99999999999999999999", "<", "2"));
    EXPECT_TRUE(version_fits("1.4.5", "==", "1.4.*"));
    EXPECT_FALSE(version_fits("1.40", "==", "1.4.*"));
    EXPECT_FALSE(version_fits("1.4.5", "!=", "1.*"));
}

TEST(Requirements, a_distribution_is_known_by_the_name_of_its_folder) {
    EXPECT_EQ(version_in("numpy-2.2.4.dist-info", "numpy"), "2.2.4");
    EXPECT_EQ(version_in("ruamel_yaml-0.18.6-py3.13.egg-info", "Ruamel.YAML"), "0.18.6");
    EXPECT_EQ(version_in("a_._b-1.dist-info", "a-b"), "1");
    for (const auto* entry : {"", "numpy", ".dist-info", "numpy.dist-info", "numpy-2.2.4",
                              "numpy-.dist-info", "numpy_x-1.dist-info", "-1.dist-info"})
        EXPECT_EQ(version_in(entry, "numpy"), "") << entry;
}

TEST(Requirements, what_another_thing_replaces_is_said_and_not_missing) {
    const auto cuda = resolved("resources", "cuda");
    EXPECT_EQ(cuda.state, State::replaced);
    EXPECT_FALSE(cuda.note.empty());
    EXPECT_EQ(resolved("resources", "bluetooth-meshd").state, State::replaced);
}

TEST(Requirements, a_program_that_is_there_is_found_and_another_is_missing) {
    EXPECT_EQ(resolved("resources", "tor").found, "/usr/bin/tor");
    const auto lost = resolved("tools", "no-such-tool");
    EXPECT_EQ(lost.state, State::missing);
    EXPECT_NE(lost.note.find("no-such-tool"), std::string::npos);
}

TEST(Requirements, a_library_of_another_version_is_missing_and_says_how_to_get_it) {
    EXPECT_EQ(resolved("libs", "qiskit>=0.45").state, State::there);
    EXPECT_EQ(resolved("libs", "qiskit>=0.45,<3").state, State::there);
    EXPECT_EQ(resolved("libs", "qiskit>=0.45,<2").state, State::missing);
    EXPECT_EQ(resolved("libs", "qiskit>=0.45,!=2.2.*").state, State::missing);
    const auto old = resolved("libs", "qiskit>=3");
    EXPECT_EQ(old.state, State::missing);
    EXPECT_EQ(old.found, "2.2.1");
    EXPECT_NE(old.note.find("pip install 'qiskit>=3'"), std::string::npos);
    EXPECT_EQ(resolved("tools", "torgo>=0.1").state, State::there);
    EXPECT_EQ(resolved("tools", "torgo>=9").state, State::missing);
}

} // namespace
} // namespace torgo::workflow
