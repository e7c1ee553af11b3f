#include "sys/clock.hpp"
#include "sys/file_system.hpp"
#include "workflow/run.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <filesystem>

namespace torgo::workflow {
namespace {

/// A worker whose messages are written down beforehand.
class Scripted final : public Channel {
public:
    Scripted(std::deque<std::string> says, std::vector<std::string>& heard)
        : m_says(std::move(says)), m_heard(heard) {}

    Result<std::string> receive(env::Deadline, const std::stop_token& stop) override {
        if (stop.stop_requested()) return fail(Errc::cancelled, "stopped");
        if (m_says.empty()) return fail(Errc::unavailable, "the process ended with status 1");
        auto out = m_says.front();
        m_says.pop_front();
        return out;
    }

    Result<> send(std::string_view frame, env::Deadline) override {
        m_heard.emplace_back(frame);
        return {};
    }

    void kill() noexcept override {}

    std::string take_output() override { return ""; }

    std::string layers() const override { return "script"; }

private:
    std::deque<std::string> m_says;
    std::vector<std::string>& m_heard;
};

class RunTest : public testing::Test {
protected:
    RunTest() {
        std::string name = testing::TempDir() + "torgo-run-XXXXXX";
        m_folder = ::mkdtemp(name.data());
        m_world.clock = &m_clock;
        m_world.files = &m_files;
    }

    ~RunTest() override { std::filesystem::remove_all(m_folder); }

    Result<Report> run(const std::string& blocks, std::deque<std::string> says,
                       const std::string& permissions = "write: [\"agent://*\"]") {
        auto reading = maml::read("---\nmaml_version: \"2.0.0\"\ntype: workflow\npermissions:\n"
                                  "  execute: [\"gateway://local\"]\n  " +
                                      permissions +
                                      "\n---\n## Intent\nx\n## Context\n## Code_Blocks\n" + blocks,
                                  maml::Level::lenient);
        EXPECT_TRUE(reading.document) << maml::first_error(reading.findings);
        const Order order{.document = *reading.document,
                          .name = "a.maml.md",
                          .folder = m_folder,
                          .file_hash = {},
                          .given = {},
                          .caller = {.principal = "agent://a",
                                     .may_read = true,
                                     .may_write = true,
                                     .may_execute = true},
                          .policy = {.node = "gateway://local",
                                     .callers = {.read = {"agent://*"},
                                                 .write = {"agent://*"},
                                                 .execute = {"agent://*"}}},
                          .run_folder = m_folder + "/runs/1",
                          .run_id = "1"};
        Bytes seed(32, 1);
        const auto key = *crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_65,
                                                        crypto::SecretBytes::copy_of(seed));
        const Surroundings around{
            .world = m_world,
            .open = [&](const WorkerNeeds&) -> Result<std::unique_ptr<Channel>> {
                return std::make_unique<Scripted>(says, m_heard);
            },
            .key = key,
            .machine = {},
            .tell = [](const Event&) {},
            .now = [] { return "2026-11-22T08:00:00Z"; },
            .stop = {}};
        TRY(auto prepared, Prepared::make(order, around));
        return prepared.run(
            {{"ward.count", maml::Operation::append,
              [](const gospel::Value&, const std::stop_token&) -> Result<gospel::Value> {
                  return gospel::Value::integer(7);
              }}});
    }

    sys::Clock m_clock;
    sys::FileSystem m_files;
    env::World m_world;
    std::string m_folder;
    std::vector<std::string> m_heard;
};

constexpr const char* python = "```python\na = 1\n```\n";

TEST_F(RunTest, a_call_is_answered_when_it_is_allowed) {
    const auto report = run(python, {R"({"ready":true})", R"({"call":"ward.count","arguments":{}})",
                                     R"({"done":{"values":{"a":7}}})"});
    ASSERT_TRUE(report) << report.error().detail();
    EXPECT_EQ(report->state, Report::State::completed);
    EXPECT_EQ(json_of(report->outputs), R"({"a":7})");
    EXPECT_EQ(m_heard.back(), R"({"result":7})");
}

TEST_F(RunTest, a_call_without_the_right_is_told_no_and_not_made) {
    const auto report = run(python,
                            {R"({"ready":true})", R"({"call":"ward.count","arguments":{}})",
                             R"({"done":{"values":{}}})"},
                            "read: [\"agent://*\"]");
    ASSERT_TRUE(report);
    EXPECT_NE(m_heard.back().find("append is denied to agent://a"), std::string::npos);
}

TEST_F(RunTest, a_service_that_nobody_has_is_refused) {
    (void)run(python, {R"({"ready":true})", R"({"call":"os.system","arguments":{}})",
                       R"({"done":{"values":{}}})"});
    EXPECT_NE(m_heard.back().find(R"(nobody here serves \"os.system\"; served are ward.count)"),
              std::string::npos);
}

// RUN-33
TEST_F(RunTest, what_a_worker_says_is_not_believed) {
    for (const auto* said : {"no json", "[]", R"({"ready":false,"x":1})", R"({"done":{}})",
                             R"({"done":{"values":[]}})", R"({"done":{"values":{"a-b":1}}})",
                             R"({"call":"","arguments":{}})", R"({"call":"a"})"}) {
        std::filesystem::remove_all(m_folder + "/runs");
        const auto report = run(python, {R"({"ready":true})", said});
        ASSERT_TRUE(report) << said << report.error().detail();
        EXPECT_EQ(report->state, Report::State::failed) << said;
    }
}

TEST_F(RunTest, a_worker_that_ends_fails_the_run_and_says_how) {
    const auto report = run(python, {R"({"ready":true})"});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->state, Report::State::failed);
    EXPECT_NE(report->wrong.front().find("ended with status 1"), std::string::npos);
}

TEST_F(RunTest, a_block_in_another_language_refuses_all_blocks_before_the_first) {
    const auto report = run(std::string(python) + "```ruby\nputs 1\n```\n", {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), Errc::unsupported);
    EXPECT_NE(report.error().detail().find("\"ruby\""), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(m_folder + "/runs"));
}

TEST_F(RunTest, imports_that_take_long_are_found_in_the_source) {
    EXPECT_EQ(slow_imports("import qiskit\n  from numpy import x\nimport os\n"),
              (std::vector<std::string>{"qiskit", "numpy"}));
    EXPECT_TRUE(slow_imports("# qiskit\nprint('import numpy')\n").empty());
}

} // namespace
} // namespace torgo::workflow
