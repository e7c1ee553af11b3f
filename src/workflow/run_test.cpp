#include "base/utf8.hpp"
#include "sys/clock.hpp"
#include "sys/file_system.hpp"
#include "workflow/run.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <utility>

namespace torgo::workflow {
namespace {

/// A worker whose messages are written down beforehand.
class Scripted final : public Channel {
public:
    Scripted(std::deque<std::string> says, std::string prints, std::vector<std::string>& heard)
        : m_says(std::move(says)), m_prints(std::move(prints)), m_heard(heard) {}

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

    std::string take_output() override { return std::exchange(m_prints, {}); }

    std::string layers() const override { return "script"; }

private:
    std::deque<std::string> m_says;
    std::string m_prints;
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
                          .specs = {},
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
                auto script = std::exchange(says, m_second);
                return std::make_unique<Scripted>(std::move(script), m_printed, m_heard);
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
    std::string m_printed;              ///< by each worker
    std::deque<std::string> m_second{}; ///< what the worker of the second block says
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
    for (const auto* said :
         {"no json", "[]", R"({"ready":false,"x":1})", R"({"done":{}})",
          R"({"done":{"values":[]}})", R"({"done":{"values":{"a-b":1}}})",
          R"({"call":"","arguments":{}})", R"({"call":"a"})",
          R"({"done":{"values":{},"circuits":[]}})", R"({"done":{"values":{},"circuits":{"q":5}}})",
          R"({"raised":{"exception":5,"text":"x"}})", R"({"raised":null})",
          "{\"done\":{\"values\":{\"a\":\"\xff\"}}}"}) {
        std::filesystem::remove_all(m_folder + "/runs");
        const auto report = run(python, {R"({"ready":true})", said});
        ASSERT_TRUE(report) << said << report.error().detail();
        ASSERT_EQ(report->state, Report::State::failed) << said;
        EXPECT_TRUE(is_utf8(report->wrong.front())) << said;
    }
}

TEST_F(RunTest, a_worker_that_asks_for_ever_is_told_no_also_where_nobody_serves) {
    std::deque<std::string> says(calls_max + 1, R"({"call":"os.system","arguments":{}})");
    says.emplace_front(R"({"ready":true})");
    (void)run(python, says);
    EXPECT_NE(m_heard[m_heard.size() - 2].find("nobody here serves"), std::string::npos);
    EXPECT_NE(m_heard.back().find("10,000 times"), std::string::npos);
}

// RUN-20, RUN-43
TEST_F(RunTest, more_values_than_can_be_read_again_are_not_kept) {
    std::string many = "0";
    for (std::size_t i = 1; i < 60'000; ++i)
        many += ",0";
    const auto done = [&](const std::string& name) {
        return R"({"done":{"values":{")" + name + "\":[" + many + "]}}}";
    };
    const auto ready = R"({"ready":true})";
    m_second = {ready, done("b")};
    const auto report = run(std::string(python) + python, {ready, done("a")});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->state, Report::State::failed);
    EXPECT_EQ(report->blocks_run, 1U);
}

// RUN-42
TEST_F(RunTest, the_trace_holds_whole_characters_whatever_a_block_prints) {
    std::string euros;
    for (int i = 0; i < 200; ++i)
        euros += "\u20ac"; // 3 bytes each: the limit of 500 lies within one
    m_printed = euros + "\xff";
    (void)run(python, {R"({"ready":true})", R"({"done":{"values":{}}})"});
    const auto trace = env::read_file(m_files, m_folder + "/runs/1/trace.jsonl", 1U << 20U);
    ASSERT_TRUE(trace);
    EXPECT_TRUE(is_utf8(as_text(*trace)));
    EXPECT_NE(as_text(*trace).find(euros.substr(0, 498) + "\"}"), std::string_view::npos);
    std::filesystem::remove_all(m_folder + "/runs");
    m_printed = "a\xff";
    (void)run(python, {R"({"ready":true})", R"({"done":{"values":{}}})"});
    const auto bytes = env::read_file(m_files, m_folder + "/runs/1/trace.jsonl", 1U << 20U);
    ASSERT_TRUE(bytes);
    EXPECT_NE(as_text(*bytes).find("a\xEF\xBF\xBD"), std::string_view::npos);
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
