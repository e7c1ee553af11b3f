#include "gospel/test_gospel.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>
#include <optional>

namespace torgo::gospel {
namespace {

// [GOSPEL-14]
TEST(Evaluate, integers_have_64_bits_and_overflow_is_an_error) {
    EXPECT_EQ(verdict("7 / 2 = 3 /\\ -7 / 2 = -3 /\\ -7 mod 2 = -1 /\\ 7 mod -2 = 1"), "true");
    EXPECT_EQ(verdict("9223372036854775807 + 1 > 0"),
              "overflow: 9223372036854775807 + 1 leaves 64 bits");
    EXPECT_EQ(verdict("-9223372036854775808 - 1 < 0"),
              "overflow: -9223372036854775808 - 1 leaves 64 bits");
    EXPECT_EQ(verdict("4294967296 * 2147483648 > 0"),
              "overflow: 4294967296 * 2147483648 leaves 64 bits");
    EXPECT_EQ(verdict("(-9223372036854775808) / -1 > 0"),
              "overflow: -9223372036854775808 / -1 leaves 64 bits");
    EXPECT_EQ(verdict("(-9223372036854775808) mod -1 = 0"), "true");
    EXPECT_EQ(verdict("let x = -9223372036854775808 in - x > 0"),
              "overflow: 0 - -9223372036854775808 leaves 64 bits");
    EXPECT_EQ(verdict("abs (-9223372036854775808) > 0"), "overflow: abs leaves 64 bits");
    EXPECT_EQ(verdict("succ 9223372036854775807 > 0"), "overflow: succ leaves 64 bits");
    EXPECT_EQ(verdict("pred (-9223372036854775808) < 0"), "overflow: pred leaves 64 bits");
    EXPECT_EQ(verdict("int_of_float 1e19 > 0"), "overflow: int_of_float leaves 64 bits");
    EXPECT_EQ(verdict("int_of_float (0. /. 0.) = 0"), "overflow: int_of_float leaves 64 bits");
    EXPECT_EQ(verdict("int_of_float (-1.9) = -1"), "true");
    EXPECT_EQ(verdict("1 / 0 = 1"), "division by zero");
    EXPECT_EQ(verdict("1 mod 0 = 1"), "division by zero");
    EXPECT_EQ(verdict("max_int = 4611686018427387903 /\\ min_int = - max_int - 1"), "true");
}

// [GOSPEL-15]
TEST(Evaluate, floats_are_those_of_ieee_754) {
    EXPECT_EQ(verdict("0.1 +. 0.2 <> 0.3"), "true");
    EXPECT_EQ(verdict("1. /. 0. = infinity"), "true");
    EXPECT_EQ(verdict("let n = 0. /. 0. in n <> n /\\ not (n < 1.) /\\ not (n >= 1.)"), "true");
    EXPECT_EQ(verdict("Float.is_nan (0. /. 0.) /\\ not Float.is_nan 1."), "true");
    EXPECT_EQ(verdict("2. ** 10. = 1024. /\\ sqrt 9. = 3. /\\ Float.abs (-.2.) = 2."), "true");
    EXPECT_EQ(verdict("float_of_int 3 *. 0.5 = 1.5 -. 0."), "true");
}

// [GOSPEL-16]
TEST(Evaluate, strings_are_bytes) {
    EXPECT_EQ(verdict("String.length \"\\195\\169\" = 2"), "true");
    EXPECT_EQ(verdict("\"ab\" ^ \"c\" = \"abc\" /\\ \"abc\"[2] = 'c' /\\ \"abc\".[0] < 'b'"),
              "true");
    EXPECT_EQ(verdict("\"a\" < \"b\" /\\ \"ab\" > \"a\" /\\ \"\" <= \"\""), "true");
    EXPECT_EQ(verdict("\"abc\"[3] = 'c'"), "index 3 of 3 items");
    EXPECT_EQ(verdict("String.get \"abc\" (-1) = 'c'"), "index -1 of 3 items");
    EXPECT_EQ(verdict("String.contains \"abc\" 'b' /\\ not String.contains \"\" 'b'"), "true");
}

// [GOSPEL-12]
TEST(Evaluate, lists_options_and_tuples) {
    EXPECT_EQ(verdict("[1; 2] @ [3] = 1 :: 2 :: [3]"), "true");
    EXPECT_EQ(verdict("List.length [1; 2] = 2 /\\ length \"abc\" = 3 /\\ length [] = 0"), "true");
    EXPECT_EQ(verdict("List.nth [1; 2] 1 = 2 /\\ [1; 2].(0) = 1 /\\ [[7]][0][0] = 7"), "true");
    EXPECT_EQ(verdict("List.hd [1; 2] = 1 /\\ List.tl [1; 2] = [2] /\\ List.rev [1; 2] = [2; 1]"),
              "true");
    EXPECT_EQ(verdict("List.mem 2 [1; 2] /\\ 2 in [1; 2] /\\ not (3 in [1; 2])"), "true");
    EXPECT_EQ(verdict("List.hd [] = 1"), "the head of an empty list");
    EXPECT_EQ(verdict("List.tl [] = [1]"), "the tail of an empty list");
    EXPECT_EQ(verdict("Option.get None = 1"), "the content of None");
    EXPECT_EQ(
        verdict("Option.is_some (Some 1) /\\ Option.is_none None /\\ Option.get (Some 1) = 1"),
        "true");
    EXPECT_EQ(verdict("fst (1, 'a') = 1 /\\ snd (1, 'a') = 'a' /\\ (1, 2) <> (1, 3)"), "true");
    EXPECT_EQ(verdict("min 1 2 = 1 /\\ max 'a' 'b' = 'b' /\\ min 2. 1. = 1."), "true");
}

TEST(Evaluate, names_are_bound_by_let_and_match) {
    EXPECT_EQ(verdict("let a, (b, _) = 1, (2, 3) in let a = a + b in a = 3"), "true");
    EXPECT_EQ(verdict("match Some 3 with None -> false | Some 2 -> false | Some x -> x = 3"),
              "true");
    EXPECT_EQ(verdict("match [1; 2; 3] with [] -> false | a :: _ :: t -> a = 1 /\\ t = [3] | _ -> "
                      "false"),
              "true");
    EXPECT_EQ(verdict("match 'x', \"y\", -1, true, () with 'x', \"y\", -1, true, () -> true | _ -> "
                      "false"),
              "true");
    EXPECT_EQ(verdict("match 3 with 1 -> true | 2 -> true"), "no case of `match` fits 3");
    EXPECT_EQ(verdict("let Some x = None in x = 1"), "None does not fit the pattern of `let`");
    EXPECT_EQ(verdict("(if 1 > 2 then 3 else 4) = 4"), "true");
}

// [GOSPEL-17]
TEST(Evaluate, the_right_side_waits_for_the_left) {
    EXPECT_EQ(verdict("false /\\ 1 / 0 = 1"), "false");
    EXPECT_EQ(verdict("not (false && 1 / 0 = 1)"), "true");
    EXPECT_EQ(verdict("true \\/ 1 / 0 = 1"), "true");
    EXPECT_EQ(verdict("false -> 1 / 0 = 1"), "true");
    EXPECT_EQ(verdict("1 > 2 > 1 / 0"), "false");
    EXPECT_EQ(verdict("true <-> 1 / 0 = 1"), "division by zero");
    EXPECT_EQ(verdict("(false <-> false) /\\ not (true <-> false)"), "true");
}

// [GOSPEL-13]
TEST(Evaluate, quantifiers_run_over_their_ranges) {
    EXPECT_EQ(verdict("forall i. 0 <= i < 10 -> i * i <= 81"), "true");
    EXPECT_EQ(verdict("forall i. 0 <= i <= 10 -> i * i <= 81"), "false");
    EXPECT_EQ(verdict("forall i. 10 > i > 0 -> i <> 10 /\\ i <> 0"), "true");
    EXPECT_EQ(verdict("exists i. 0 <= i /\\ i < 10 /\\ i * i = 81"), "true");
    EXPECT_EQ(verdict("exists i. 0 <= i /\\ i < 9 /\\ i * i = 81"), "false");
    EXPECT_EQ(verdict("forall i j. 0 <= i < j < 5 -> [1; 2; 3; 4; 5][i] < [1; 2; 3; 4; 5][j]"),
              "true");
    EXPECT_EQ(verdict("forall i. 0 <= i -> i < 3 -> forall j. 0 <= j < i -> j < 2"), "true");
    EXPECT_EQ(verdict("forall i. 5 <= i < 5 -> false"), "true");
    EXPECT_EQ(verdict("exists i. 5 < i <= 5 /\\ true"), "false");
    EXPECT_EQ(verdict("forall x. List.mem x [1; 2] -> x > 0"), "true");
    EXPECT_EQ(verdict("exists x. x in [\"a\"; \"b\"] /\\ x = \"b\""), "true");
    EXPECT_EQ(verdict("forall p q : bool. p /\\ q <-> q /\\ p"), "true");
    EXPECT_EQ(verdict("forall i. 9223372036854775807 < i < 3 -> false"), "true");
    EXPECT_EQ(verdict("forall i. 9223372036854775806 <= i <= 9223372036854775807 -> i > 0"),
              "true");
    EXPECT_EQ(verdict("forall i. -9223372036854775808 <= i < -9223372036854775808 -> false"),
              "true");
}

// [GOSPEL-13]
TEST(Evaluate, bounds_count_only_where_what_stands_before_them_holds) {
    EXPECT_EQ(verdict("forall i. 0 > 1 /\\ 0 <= i < 10 / 0 -> false"), "true");
    EXPECT_EQ(verdict("forall i. 0 > 1 -> 0 <= i < 10 / 0 -> false"), "true");
    EXPECT_EQ(verdict("exists i. 0 > 1 /\\ 0 <= i < 10 / 0 /\\ true"), "false");
    EXPECT_EQ(verdict("forall i j. 0 <= i < 5 /\\ i < 2 /\\ 0 <= j < [1; 2][i] -> j < 2"), "true");
    EXPECT_EQ(verdict("forall i j. 0 <= i < 5 /\\ i < 2 /\\ 0 <= j < [1; 2][i] -> j < 1"), "false");
    EXPECT_NE(verdict("forall i. 1 > 0 /\\ 0 <= i < 10 / 0 -> false").find("division by zero"),
              std::string::npos);
    EXPECT_NE(verdict("forall i. 0 <= i < 10 / 0 /\\ 0 > 1 -> false").find("division by zero"),
              std::string::npos);
    EXPECT_NE(verdict("forall i. 1 / 0 > 1 /\\ 0 <= i < 3 -> false").find("division by zero"),
              std::string::npos);
    EXPECT_EQ(verdict("forall i. 1 / 0 > 1 /\\ 5 <= i < 3 -> false"), "true");
}

/// All of them, nested no deeper than need be.
std::string all_of(const std::vector<std::string>& formulas, std::size_t from, std::size_t to) {
    if (to - from == 1) return formulas[from];
    const auto middle = (from + to) / 2;
    return "(" + all_of(formulas, from, middle) + " /\\ " + all_of(formulas, middle, to) + ")";
}

// [GOSPEL-18] What stands before many variables is looked at once, not once for each.
TEST(Evaluate, many_guards_before_many_variables_take_little) {
    constexpr std::size_t guards = 9'000;
    constexpr std::size_t variables = 900;
    std::string names;
    std::vector<std::string> formulas(guards, "1 < 2");
    for (std::size_t i = 0; i < variables; ++i) {
        const auto name = "v" + std::to_string(i);
        names += " " + name;
        formulas.push_back("0 <= " + name + " < 1");
    }
    EXPECT_EQ(verdict("forall" + names + ". " + all_of(formulas, 0, formulas.size()) + " -> true"),
              "true");
    formulas[guards - 1] = "1 > 2";
    EXPECT_EQ(verdict("forall" + names + ". " + all_of(formulas, 0, formulas.size()) + " -> false"),
              "true");
}

// [GOSPEL-13]
TEST(Evaluate, a_quantifier_without_a_range_is_refused) {
    const std::string why = "`i` has no range; write a <= i < b -> …, or List.mem i l -> …";
    EXPECT_EQ(verdict("forall i. i * i >= 0"), why);
    EXPECT_EQ(verdict("forall i. 0 <= i -> i >= 0"), why);
    EXPECT_EQ(verdict("exists i. 0 <= i < 5 -> i = 3"), why);
    EXPECT_EQ(verdict("forall i j. 0 <= i < j -> 0 <= j < 3 -> true"), why);
    EXPECT_EQ(verdict("forall i j. 0 <= i -> i < j -> 0 <= j < 3 -> true"), why);
    EXPECT_EQ(verdict("forall i. 0 <= i <> 5 -> i < 5 \\/ true"), why);
    EXPECT_EQ(
        verdict("forall i. 0 <= i < (if exists j. 0 <= j < 3 /\\ j = 1 then 5 else 6) -> i < 6"),
        why);
}

// [GOSPEL-18]
TEST(Evaluate, every_formula_ends) {
    const std::string why = "more than 1000000 steps";
    EXPECT_EQ(verdict("forall i. 0 <= i < 9223372036854775807 -> i >= 0"), why);
    EXPECT_EQ(verdict("forall i j k l. 0 <= i < 99 -> 0 <= j < 99 -> 0 <= k < 99 -> 0 <= l < 99 -> "
                      "true"),
              why);
    EXPECT_EQ(verdict("forall b c. 0 <= b < 1000 -> 0 <= c < 1000 -> b + c < 1999"), why);
    std::string doubled = "let a = [1] in ";
    for (int i = 0; i < 40; ++i)
        doubled += "let a = a @ a in ";
    EXPECT_EQ(verdict(doubled + "a = a"), why);
    std::string text = "let a = \"0123456789\" in ";
    for (int i = 0; i < 40; ++i)
        text += "let a = a ^ a in ";
    EXPECT_EQ(verdict(text + "a = a"), why);
    EXPECT_EQ(verdict("let s = \"" + std::string(200'000, 'a') +
                      "\" in forall i. 0 <= i < 900000 -> match s with \"b\" -> false | _ -> true"),
              why);
    // Shared parts take no memory, but comparing them would take as long as if they did.
    std::string nested = "[1]";
    std::string pairs = "let a, b = 1, 2 in ";
    for (int i = 0; i < 20; ++i) {
        nested = "let l = " + nested + " in [l; l]";
        pairs += "let a = a, a in let b = b, b in ";
    }
    EXPECT_EQ(verdict("let a = " + nested + " in a = a"), why);
    EXPECT_EQ(verdict(pairs + "a = b"), "the types are too large");
}

// [GOSPEL-19]
TEST(Evaluate, a_clause_without_a_value_is_broken) {
    EXPECT_EQ(before("val f : int -> unit\n(*@ f x requires 10 / x > 0 *)", R"({"x":0})"),
              "f: requires 10 / x > 0 (f:2:18) undefined: division by zero; x = 0\n");
}

__extension__ using Wide = __int128;

// A second evaluator, of nothing but sums in 128 bits, and its formulas as text.
struct Sum {
    std::string text;
    std::optional<Wide> value; ///< none where it overflows or divides by zero
};

std::optional<Wide> in_64_bits(Wide value) {
    if (value < std::numeric_limits<std::int64_t>::min()) return std::nullopt;
    if (value > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    return value;
}

Sum any_sum(int depth) {
    if (depth == 0) {
        const auto value = *rc::gen::arbitrary<bool>() ? *rc::gen::inRange<std::int64_t>(-4, 5)
                                                       : *rc::gen::arbitrary<std::int64_t>();
        return {"(" + std::to_string(value) + ")", value};
    }
    const auto a = any_sum(depth - 1);
    const auto b = any_sum(depth - 1);
    const std::string ops[] = {"+", "-", "*", "/", "mod"};
    const int op = *rc::gen::inRange(0, 5);
    Sum out{"(" + a.text + " " + ops[op] + " " + b.text + ")", std::nullopt};
    if (!a.value || !b.value || (op > 2 && *b.value == 0)) return out;
    const Wide x = *a.value;
    const Wide y = *b.value;
    out.value = in_64_bits(op == 0   ? x + y
                           : op == 1 ? x - y
                           : op == 2 ? x * y
                           : op == 3 ? x / y
                                     : x % y);
    return out;
}

// [GOSPEL-14]
TEST(Evaluate, sums_are_those_of_a_plain_evaluator) {
    rc::check([] {
        const auto a = any_sum(*rc::gen::inRange(0, 4));
        const auto b = any_sum(*rc::gen::inRange(0, 3));
        const auto seen = verdict(a.text + " < " + b.text);
        if (a.value && b.value)
            RC_ASSERT(seen == (*a.value < *b.value ? "true" : "false"));
        else
            RC_ASSERT(seen.starts_with("overflow") || seen == "division by zero");
    });
}

// [GOSPEL-13]
TEST(Evaluate, quantifiers_say_what_a_plain_loop_says) {
    rc::check([] {
        const auto numbers =
            *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(-3, 4)));
        const int least = *rc::gen::inRange(-3, 4);
        std::string list;
        bool all = true;
        bool sorted = true;
        bool some = false;
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            list += (i == 0 ? "" : "; ") + std::string("(") + std::to_string(numbers[i]) + ")";
            all = all && numbers[i] >= least;
            some = some || numbers[i] == least;
            for (std::size_t j = i + 1; j < numbers.size(); ++j)
                sorted = sorted && numbers[i] <= numbers[j];
        }
        const auto with = "let l = [" + list + "] in let m = (" + std::to_string(least) + ") in ";
        const auto truth = [](bool b) {
            return std::string(b ? "true" : "false");
        };
        RC_ASSERT(verdict(with + "forall i. 0 <= i < List.length l -> l[i] >= m") == truth(all));
        RC_ASSERT(verdict(with + "forall x. x in l -> x >= m") == truth(all));
        RC_ASSERT(verdict(with + "exists i. 0 <= i < length l /\\ l[i] = m") == truth(some));
        RC_ASSERT(verdict(with + "forall i j. 0 <= i < j < length l -> l[i] <= l[j]") ==
                  truth(sorted));
    });
}

} // namespace
} // namespace torgo::gospel
