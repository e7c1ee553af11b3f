#include "gospel/test_gospel.hpp"

#include <gtest/gtest.h>

namespace torgo::gospel {
namespace {

constexpr std::string_view divide = R"(val divide : int -> int -> int * int
(*@ q, r = divide x y
    requires x >= 0
    checks   y > 0
    ensures  x = q * y + r /\
             0 <= r < y
    raises   Failure _ -> x > 1000 *))";

Outcome raised(std::string exception, std::optional<Value> argument = std::nullopt) {
    return {.raised = Raised{std::move(exception), std::move(argument)}};
}

// [GOSPEL-24] [GOSPEL-26]
TEST(Contract, what_must_hold_before_is_quoted_with_its_values) {
    EXPECT_EQ(before(divide, R"({"x":7,"y":2})"), "");
    EXPECT_EQ(before(divide, R"({"x":-7,"y":0})"),
              "divide: requires x >= 0 (f:3:14) violated; x = (-7)\n"
              "divide: checks y > 0 (f:4:14) violated; y = 0\n");
    EXPECT_EQ(before("val f : int -> int", "{}"), "");
}

// [GOSPEL-25] [GOSPEL-26]
TEST(Contract, what_must_hold_after_is_quoted_with_its_values) {
    EXPECT_EQ(after(divide, R"({"x":7,"y":2})", R"({"q":3,"r":1})"), "");
    EXPECT_EQ(after(divide, R"({"x":7,"y":2})", "[3,1]"), "");
    EXPECT_EQ(
        after(divide, R"({"x":7,"y":2})", R"({"q":2,"r":3})"),
        "divide: ensures x = q * y + r /\\ 0 <= r < y (f:5:14) violated; x = 7, q = 2, y = 2, "
        "r = 3\n");
    EXPECT_EQ(after(divide, R"({"x":7,"y":2})", R"({"q":9223372036854775807,"r":1})"),
              "divide: ensures x = q * y + r /\\ 0 <= r < y (f:5:14) undefined: overflow: "
              "9223372036854775807 * 2 leaves 64 bits; x = 7, q = 9223372036854775807, y = 2, r = "
              "1\n");
}

// [GOSPEL-25]
TEST(Contract, exceptions_are_those_that_are_listed) {
    const auto failure = raised("Failure", Value::text("no"));
    EXPECT_EQ(after(divide, R"({"x":1001,"y":2})", failure), "");
    EXPECT_EQ(after(divide, R"({"x":7,"y":2})", failure),
              "divide: raises Failure _ -> x > 1000 (f:7:14) violated; x = 7, Failure = \"no\"\n");
    EXPECT_EQ(after(divide, R"({"x":7,"y":2})", raised("Not_found")),
              "divide: (f:1:5) unlisted: no clause allows the exception `Not_found`\n");
    EXPECT_EQ(after(divide, R"({"x":7,"y":2})", raised("Nobody")),
              "divide: (f:1:5) unlisted: no clause allows the exception `Nobody`\n");
    EXPECT_EQ(after(divide, R"({"x":7,"y":2})", raised("Out_of_memory")), "");
}

// [GOSPEL-25]
TEST(Contract, a_broken_check_wants_invalid_argument_and_nothing_more) {
    EXPECT_EQ(after(divide, R"({"x":7,"y":0})", raised("Invalid_argument", Value::text("y"))), "");
    EXPECT_EQ(after(divide, R"({"x":7,"y":0})", R"({"q":3,"r":1})"),
              "divide: checks y > 0 (f:4:14) violated; y = 0\n");
    EXPECT_EQ(after(divide, R"({"x":7,"y":2})", raised("Invalid_argument", Value::text("y"))),
              "divide: (f:1:5) unlisted: no clause allows the exception `Invalid_argument` with "
              "\"y\"\n");
}

// [GOSPEL-6]
TEST(Contract, the_first_case_that_fits_counts_in_each_clause) {
    constexpr std::string_view text =
        "exception E of int * string\nval f : int -> int\n"
        "(*@ f x raises E (0, _) -> x = 0 | E (n, s) -> n = x /\\ s <> \"\" | Exit\n"
        "        raises E (n, _) -> n < 9 *)";
    const auto e = [](std::int64_t n, std::string s) {
        return raised("E", Value::list({Value::integer(n), Value::text(std::move(s))}));
    };
    EXPECT_EQ(after(text, R"({"x":0})", e(0, "")), "");
    EXPECT_EQ(after(text, R"({"x":5})", e(5, "a")), "");
    EXPECT_EQ(after(text, R"({"x":5})", raised("Exit")), "");
    EXPECT_EQ(after(text, R"({"x":5})", e(0, "a")),
              "f: raises E (0, _) -> x = 0 (f:3:16) violated; x = 5, E = (0, \"a\")\n");
    EXPECT_EQ(after(text, R"({"x":9})", e(9, "")),
              "f: raises E (n, s) -> n = x /\\ s <> \"\" (f:3:36) violated; x = 9, E = (9, \"\")\n"
              "f: raises E (n, _) -> n < 9 (f:4:16) violated; E = (9, \"\")\n");
    EXPECT_EQ(after(text, R"({"x":9})", raised("E")),
              "f: (f:2:5) unlisted: no clause allows the exception `E`\n");
}

// [GOSPEL-26]
TEST(Contract, a_failing_forall_says_for_which_values) {
    constexpr std::string_view text =
        "val sort : int list -> int list\n(*@ s = sort l ensures length s = length l /\\\n"
        "  (forall i. 0 <= i -> forall j. i < j < length s -> s[i] <= s[j]) *)";
    EXPECT_EQ(errors_of(text).substr(0, 9), "f:3:11: e");
    constexpr std::string_view better =
        "val sort : int list -> int list\n(*@ s = sort l ensures length s = length l /\\\n"
        "  (forall i. 0 <= i < length s -> forall j. i < j < length s -> s[i] <= s[j]) *)";
    EXPECT_EQ(after(better, R"({"l":[3,1,2]})", R"({"s":[1,2,3]})"), "");
    EXPECT_EQ(
        after(better, R"({"l":[3,1,2]})", R"({"s":[1,3,2]})"),
        "sort: ensures length s = length l /\\ (forall i. 0 <= i < length s -> forall j. i < j "
        "< length s -> s[i] <= s[j]) (f:2:24) violated; s = [1; 3; 2], l = [3; 1; 2]; fails for "
        "i = 1, j = 2\n");
}

// [GOSPEL-23]
TEST(Contract, old_is_the_value_before_and_modified_ones_come_from_the_outputs) {
    constexpr std::string_view text =
        "type t = {items : int list; size : int}\nval push : t -> int -> unit\n"
        "(*@ push t x modifies t.items, t\n"
        "    ensures t.items = x :: old t.items ensures old x = x ensures t.size = old t.size *)";
    constexpr std::string_view inputs = R"({"t":{"items":[1],"size":9},"x":2})";
    EXPECT_EQ(after(text, inputs, R"({"t":{"items":[2,1],"size":9}})"), "");
    EXPECT_EQ(after(text, inputs, R"({"t":{"items":[1,2],"size":9}})"),
              "push: ensures t.items = x :: old t.items (f:4:13) violated; t = {items = [1; 2]; "
              "size = 9}, x = 2, old t = {items = [1]; size = 9}\n");
    EXPECT_EQ(after(text, inputs, "{}"), "push: (f:2:5) missing: the modified `t` is missing\n");
}

// [GOSPEL-21]
TEST(Contract, values_are_found_by_name_or_are_the_whole) {
    constexpr std::string_view text = R"(type inputs = {dataset : string; mesh_nodes : int option}
type outputs = {status : string; result : int}
val run : inputs -> outputs
(*@ result = run i requires match i.mesh_nodes with None -> true | Some n -> 0 < n <= 32767
    ensures result.status = "ok" /\ result.result = 1 *))";
    EXPECT_EQ(before(text, R"({"dataset":"vitals.csv","mesh_nodes":9600})"), "");
    EXPECT_EQ(before(text, R"({"dataset":"vitals.csv"})"), "");
    EXPECT_EQ(before(text, R"({"i":{"dataset":"vitals.csv","mesh_nodes":0}})"),
              "run: requires match i.mesh_nodes with None -> true | Some n -> 0 < n <= 32767 "
              "(f:4:29) violated; i = {dataset = \"vitals.csv\"; mesh_nodes = Some 0}\n");
    EXPECT_EQ(after(text, R"({"dataset":""})", R"({"status":"ok","result":1})"), "");
    constexpr std::string_view one = "val f : int -> unit -> int (*@ y = f x () ensures y = x *)";
    EXPECT_EQ(after(one, "5", "5"), "");
    EXPECT_EQ(after(one, R"({"x":5})", R"({"y":5,"z":6})"), "");
}

// [GOSPEL-22]
TEST(Contract, what_is_missing_or_of_another_type_is_said_before_any_formula) {
    EXPECT_EQ(before(divide, R"({"y":"2"})"),
              "divide: (f:1:5) missing: the input `x` is missing\n"
              "divide: (f:1:5) missing: the input `y`: \"2\" is no int\n");
    EXPECT_EQ(after(divide, R"({"x":7,"y":2})", R"({"q":3.5})"),
              "divide: (f:1:5) missing: the output `q`: 3.5 is no int\n"
              "divide: (f:1:5) missing: the output `r` is missing\n");
    EXPECT_EQ(before("val f : ?x:int -> int -> int (*@ f ?x y requires x = None *)", R"({"y":1})"),
              "");
}

} // namespace
} // namespace torgo::gospel
