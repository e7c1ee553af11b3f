#include "maml/permission.hpp"

#include <gtest/gtest.h>

namespace torgo::maml {
namespace {

TEST(Permission, patterns_match_exactly_wholly_or_below) { // MAML-41
    EXPECT_TRUE(matches("agent://a", "agent://a"));
    EXPECT_TRUE(matches("agent://*", "agent://a"));
    EXPECT_TRUE(matches("agent://*", "agent://a/b"));
    EXPECT_TRUE(matches("gateway://c/*", "gateway://c/n1"));
    EXPECT_TRUE(matches("gateway://c/n/*", "gateway://c/n/1"));
    EXPECT_FALSE(matches("gateway://c/*", "gateway://c"));
    EXPECT_FALSE(matches("gateway://c/*", "gateway://c2/n"));
    EXPECT_FALSE(matches("gateway://c", "gateway://c/n"));
    EXPECT_FALSE(matches("agent://*", "agents://a"));
    EXPECT_FALSE(matches("agent://A", "agent://a"));
    EXPECT_FALSE(matches("agent://a*", "agent://ab"));
    EXPECT_FALSE(matches("*", "agent://a"));
    EXPECT_FALSE(matches("*://a", "agent://a"));
    EXPECT_FALSE(matches("agent://*/b", "agent://a/b"));
}

TEST(Permission, a_name_has_one_spelling) {
    for (const char* name : {"agent://a", "gateway://c.d:80/n_1/x~y-z", "a2a://u@h"})
        EXPECT_TRUE(is_principal(name)) << name;
    for (const char* name : {"",
                             "agent",
                             "agent:a",
                             "agent:/a",
                             "agent://",
                             "agent:///a",
                             "agent://a/",
                             "agent://a//b",
                             "agent://a/../b",
                             "agent://a/.",
                             "agent://..",
                             "agent://a%2fb",
                             "agent://a b",
                             "Agent://a",
                             "agent://a?x",
                             "agent://a#x",
                             "agent://*",
                             "agent://a/*",
                             "agent://a\\b",
                             "agent://ä"})
        EXPECT_FALSE(is_principal(name)) << name;
    EXPECT_FALSE(is_principal("agent://" + std::string(300, 'a')));
}

/// One of the three that a right is made of.
struct Part {
    bool file;
    bool token;
    bool node;
};

bool decided(Part part, Operation operation) {
    const std::vector<std::string> yes = {"agent://a"};
    const std::vector<std::string> no;
    const std::vector<std::string> here = {"gateway://c/*"};
    const Permissions file = {.read = part.file ? yes : no,
                              .write = part.file ? yes : no,
                              .execute = part.file ? here : yes};
    const Caller caller = {.principal = "agent://a",
                           .may_read = part.token,
                           .may_write = part.token,
                           .may_execute = part.token};
    const NodePolicy policy = {.node = "gateway://c/n",
                               .callers = {.read = part.node ? yes : no,
                                           .write = part.node ? yes : no,
                                           .execute = part.node ? yes : no}};
    const auto decision = may(file, caller, policy, operation);
    EXPECT_EQ(decision.allowed, decision.why.empty());
    return decision.allowed;
}

TEST(Permission, a_right_is_that_of_file_and_token_and_node) { // MAML-40
    for (const auto operation : {Operation::fetch, Operation::list, Operation::replace,
                                 Operation::append, Operation::execute})
        for (const bool file : {false, true})
            for (const bool token : {false, true})
                for (const bool node : {false, true})
                    EXPECT_EQ(decided({.file = file, .token = token, .node = node}, operation),
                              file && token && node)
                        << name(operation) << file << token << node;
}

TEST(Permission, no_operation_borrows_the_right_of_another) { // MAML-40
    const std::vector<std::string> all = {"agent://*"};
    const std::vector<std::string> everywhere = {"gateway://*"};
    const NodePolicy policy = {.node = "gateway://c/n",
                               .callers = {.read = all, .write = all, .execute = all}};
    const auto allowed = [&](const Permissions& file, const Caller& caller, Operation operation) {
        return may(file, caller, policy, operation).allowed;
    };
    const Permissions reads = {.read = all, .write = {}, .execute = {}};
    const Permissions writes = {.read = {}, .write = all, .execute = {}};
    const Permissions runs = {.read = {}, .write = {}, .execute = everywhere};
    const Permissions open = {.read = all, .write = all, .execute = everywhere};
    const Caller any = {
        .principal = "agent://a", .may_read = true, .may_write = true, .may_execute = true};
    const Caller reader = {
        .principal = "agent://a", .may_read = true, .may_write = false, .may_execute = false};
    EXPECT_TRUE(allowed(reads, any, Operation::fetch) && allowed(reads, any, Operation::list));
    EXPECT_FALSE(allowed(reads, any, Operation::append) || allowed(reads, any, Operation::execute));
    EXPECT_TRUE(allowed(writes, any, Operation::replace) &&
                allowed(writes, any, Operation::append));
    EXPECT_FALSE(allowed(writes, any, Operation::fetch) ||
                 allowed(writes, any, Operation::execute));
    EXPECT_TRUE(allowed(runs, any, Operation::execute));
    EXPECT_FALSE(allowed(runs, any, Operation::fetch) || allowed(runs, any, Operation::replace));
    EXPECT_TRUE(allowed(open, reader, Operation::list));
    EXPECT_FALSE(allowed(open, reader, Operation::replace) ||
                 allowed(open, reader, Operation::execute));
}

} // namespace
} // namespace torgo::maml
