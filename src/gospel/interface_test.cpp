#include "gospel/test_gospel.hpp"

#include <gtest/gtest.h>

namespace torgo::gospel {
namespace {

/// The only diagnostic of a contract of `val f : int -> int`.
std::string refusal(std::string_view contract) {
    const auto text = "val f : int -> int\n(*@ " + std::string(contract) + " *)";
    const auto interface = parse(text);
    return interface.diagnostics.size() == 1 ? interface.diagnostics[0].text
                                             : print(interface.diagnostics, "f");
}

// [GOSPEL-3] [GOSPEL-5]
TEST(Interface, reads_values_types_and_exceptions) {
    const auto interface = parse(R"f((** Documentation @param x is no contract. *)
type model
type label = Cat | Dog (** woof *) | Other
type ids = int array
and patient = { name : string; (** the name *) mutable ids : ids; next : patient option }
exception Full
exception Bad of string * int
val admit : ?room:string -> patient -> model -> unit -> (label * 'a list) option
(* a comment (* in a comment *) with "a string *)" and '"' and {q| " *) |} |q} *)
val plain : float -> bool)f");
    EXPECT_TRUE(interface.understood()) << print(interface.diagnostics, "f");
    EXPECT_EQ(interface.type_names, (std::vector<std::string>{"model", "label", "ids", "patient"}));
    ASSERT_EQ(interface.vals.size(), 2U);
    const auto& admit = interface.vals[0];
    ASSERT_EQ(admit.parameters.size(), 4U);
    EXPECT_EQ(interface.types.print(admit.parameters[0].type), "string option");
    EXPECT_TRUE(admit.parameters[0].may_lack);
    EXPECT_EQ(interface.types.print(admit.parameters[1].type), "patient");
    EXPECT_EQ(interface.types.print(admit.result), "(label * 'a list) option");
    EXPECT_EQ(interface.find_exception("Bad")->argument.has_value(), true);
    EXPECT_EQ(interface.find("plain")->position, (Position{10, 5}));
    EXPECT_EQ(interface.find("other"), nullptr);
}

// [GOSPEL-3]
TEST(Interface, says_all_that_it_does_not_understand_with_its_place) {
    EXPECT_EQ(errors_of(R"(open Gospelstdlib
type 'a t
type shape = Circle of float
val x : int
val f : (int -> int) -> int
val g : M.t -> int
module M : sig end
(*@ predicate p (x: int) = x > 0 *)
type u (*@ invariant true *)
val ok : int -> int)"),
              "f:1:1: error: `open` is not understood\n"
              "f:2:6: error: types with arguments of their own are not understood\n"
              "f:3:21: error: constructors with arguments are not understood\n"
              "f:4:5: error: `x` is no function: only functions are understood\n"
              "f:5:14: error: functions as arguments are not understood\n"
              "f:6:9: error: types of modules are not understood\n"
              "f:7:1: error: `module` is not understood\n"
              "f:8:4: error: this contract stands behind no value: `predicate` is not understood\n"
              "f:9:11: error: contracts of types are not understood\n");
    EXPECT_NE(parse("open A\nval ok : int -> int").find("ok"), nullptr);
    EXPECT_EQ(errors_of("val f : int -> (* "), "f:1:16: error: a comment without end\n");
    EXPECT_EQ(errors_of("val f : int -> (* \" *)"),
              "f:1:16: error: a string without end in a comment\n");
    EXPECT_EQ(errors_of("val ( + ) : int -> int"), "f:1:5: error: operators are not understood\n");
    EXPECT_EQ(errors_of("let x = 1"),
              "f:1:1: error: `val`, `type` or `exception` is expected, not `let`\n");
    EXPECT_EQ(errors_of("val f : ('a, 'b) t -> int"),
              "f:1:12: error: types with several arguments are not understood\n");
}

// [GOSPEL-5]
TEST(Interface, types_are_declared_once_and_before_use) {
    EXPECT_EQ(errors_of("val f : nowhere -> int"),
              "f:1:9: error: the type `nowhere` is not declared\n");
    EXPECT_EQ(errors_of("type t = u\ntype u = t\nval f : t -> u"),
              "f:1:10: error: the type `u` is not declared\n"
              "f:2:10: error: the type `t` is not declared\n"
              "f:3:9: error: the type `t` is not declared\n");
    EXPECT_EQ(errors_of("type t\ntype t = A"), "f:2:6: error: a second type `t`\n");
    EXPECT_EQ(errors_of("val f : int -> int val f : int -> int"),
              "f:1:24: error: a second value `f`\n");
    EXPECT_EQ(errors_of("exception Failure"), "f:1:11: error: a second exception `Failure`\n");
    EXPECT_EQ(errors_of("type r = {a : int; a : int}"), "f:1:22: error: two fields of one name\n");
    EXPECT_EQ(errors_of("type r = {a : s}"), "f:1:15: error: the type `s` is not declared\n");
    EXPECT_EQ(errors_of("type t = A | A"), "f:1:14: error: the constructor `A` is there already\n");
    EXPECT_EQ(errors_of("val f : int option option -> int"),
              "f:1:20: error: an option of an option has no values here\n");
    EXPECT_EQ(errors_of("val f : ?x:int option -> int"),
              "f:1:16: error: an option of an option has no values here\n");
    EXPECT_EQ(errors_of("val f : int set -> int"),
              "f:1:13: error: the type `set` with an argument is not understood\n");
}

// [GOSPEL-4]
TEST(Interface, a_contract_belongs_to_the_value_before_it) {
    EXPECT_EQ(errors_of("(*@ requires true *) val f : int -> int"),
              "f:1:4: error: this contract stands behind no value: `requires` is not understood\n");
    EXPECT_EQ(errors_of("val f : int -> int (*@ requires true *) (*@ requires true *)"),
              "f:1:44: error: a second contract of one value\n");
    const auto interface = parse("val f : int -> int (*@ requires true *) (** words *)\n"
                                 "val g : int -> int (** @return one @raises Not_found often *)");
    EXPECT_TRUE(interface.understood()) << print(interface.diagnostics, "f");
    EXPECT_TRUE(interface.vals[0].contract.has_value());
    EXPECT_FALSE(interface.vals[1].contract.has_value());
}

// [GOSPEL-6]
TEST(Interface, a_header_names_its_value_and_all_its_arguments) {
    EXPECT_EQ(refusal("y = f x ensures y > x"), "");
    EXPECT_EQ(refusal("let y = f x ensures y > x"), "");
    EXPECT_EQ(refusal("y = g x"), "the contract of `g` stands behind `f`");
    EXPECT_EQ(refusal("y = f x z"), "`f` has 1 arguments, not 2");
    EXPECT_EQ(refusal("y = f ~x"), "argument 1 has another label");
    EXPECT_EQ(refusal("y = f ()"), "argument 1 is no unit");
    EXPECT_EQ(refusal("y = f x [z: int]"), "ghost arguments are not understood");
    EXPECT_EQ(refusal("a, b = f x"), "the result is int, and has not 2 parts");
    EXPECT_EQ(refusal("x = f x ensures true"), "two things are named `x`");
    EXPECT_EQ(refusal("y = f _ ensures y > 0"), "");
    EXPECT_EQ(refusal("y = f x ensures"), "an expression is expected, not the end");
    EXPECT_EQ(refusal("f x requires x > 0 x"), "an operator is expected, not `x`");
    EXPECT_EQ(refusal("f x requires x > 0 )"), "a clause is expected, not `)`");
    EXPECT_EQ(errors_of("val f : x:int -> ?y:int -> unit -> int * bool\n"
                        "(*@ (a, b) = f ~x ?y () ensures b = (y = Some x) *)"),
              "");
    EXPECT_EQ(errors_of("val f : x:int -> int (*@ f ?x *)"),
              "f:1:26: error: argument 1 has another label\n");
}

// [GOSPEL-7]
TEST(Interface, clauses_that_are_not_understood_are_refused_and_unchecked_ones_noted) {
    EXPECT_EQ(refusal("f x consumes x"), "`consumes` is not understood");
    EXPECT_EQ(refusal("f x equivalent \"x\""), "`equivalent` is not understood");
    EXPECT_EQ(refusal("f x variant x"), "`variant` is not understood");
    EXPECT_EQ(refusal("f x modifies y"), "`modifies y` names no argument");
    EXPECT_EQ(refusal("f x modifies 1"), "only arguments can be modified");
    EXPECT_EQ(refusal("f x raises Unknown"), "the exception `Unknown` is not declared");
    EXPECT_EQ(refusal("f x raises Not_found y -> true"), "the exception has no argument");
    EXPECT_EQ(refusal("f x raises not_found"), "an exception's name is expected, not `not_found`");
    const auto interface = parse("val f : int -> int (*@ f x pure diverges *)");
    EXPECT_TRUE(interface.understood());
    EXPECT_EQ(print(interface.diagnostics, "f"), "f:1:23: note: `pure` is not checked\n"
                                                 "f:1:23: note: `diverges` is not checked\n");
}

// [GOSPEL-8] [GOSPEL-9]
TEST(Interface, the_older_form_has_tags_and_finds_its_names) {
    const auto interface = parse(R"(type model
type label = Cat | Dog | Other
val predict : model -> float array -> label
(** Says what it is.
    @requires Array.length features = 128
    @ensures result in [Cat; Dog; Other]
    @raises Failure when tired. @since 2 *)
val control : model -> int list
(** @requires length [model] = 1 @ensures forall i. 0 <= i < length result -> result[i] @ [] = [] *)
)");
    EXPECT_EQ(print(interface.diagnostics, "f"),
              "f:9:79: error: this is int, where _ list is wanted\n");
    const auto& predict = interface.vals.at(0);
    EXPECT_EQ(predict.parameters[0].name, "");
    EXPECT_EQ(predict.parameters[1].name, "features");
    EXPECT_EQ(predict.results, std::vector<std::string>{"result"});
    ASSERT_EQ(predict.contract->clauses.size(), 2U);
    EXPECT_EQ(predict.contract->clauses[1].text, "result in [Cat; Dog; Other]");
    EXPECT_EQ(predict.contract->clauses[1].position, (Position{6, 14}));
    EXPECT_EQ(predict.contract->raises.at(0).at(0).exception, "Failure");
    EXPECT_EQ(interface.vals.at(1).parameters[0].name, "model");
    EXPECT_FALSE(interface.vals.at(1).understood);
}

// [GOSPEL-9]
TEST(Interface, names_that_could_mean_several_arguments_are_not_guessed) {
    EXPECT_EQ(errors_of("val f : int -> int -> int\n(** @requires a > 0 *)"),
              "f:2:15: error: the name `a` is not known\n");
    EXPECT_EQ(errors_of("val f : int -> string\n(** @requires a > b *)"),
              "f:2:15: error: the name `a` is not known\n");
    EXPECT_EQ(errors_of("type m val f : m -> m -> string\n(** @requires m = m *)"),
              "f:2:15: error: the name `m` is not known\n");
    EXPECT_EQ(errors_of("val f : x:int -> string -> int\n"
                        "(*@ requires x > 0 /\\ forall i. 0 <= i < x -> s[i] = 'a' *)"),
              "");
}

// [GOSPEL-11]
TEST(Interface, formulas_are_bools_and_their_types_fit) {
    const auto typed = [](std::string_view formula) {
        const auto interface =
            parse("type t = A | B type a type r = {f : int} type s = {g : int; f : bool}\n"
                  "val v : int -> float -> string -> a -> r -> int list -> t option -> 'b -> int\n"
                  "(*@ y = v i x s a r l o b ensures " +
                  std::string(formula) + " *)");
        return interface.understood() ? "" : interface.diagnostics.at(0).text;
    };
    for (const std::string_view right :
         {"x +. 1. > 0.", "a = a", "b = b", "r.f = 1", "o = Some A", "l = [i; y]", "old i = i",
          "forall e. e in l -> e > 0", "forall c : t. Some c <> o \\/ true", "s.[0] = 'a'",
          "match o with Some A -> true | _ -> false", "forall q. q in [r] -> q.f = 1",
          "length s = length l", "let f = i in f = 1", "(forall c : t. c = A \\/ c = B)"})
        EXPECT_EQ(typed(right), "") << right;
    EXPECT_EQ(typed("i"), "this is int, where bool is wanted");
    EXPECT_EQ(typed("i + x > 0"), "this is float, where int is wanted");
    EXPECT_EQ(typed("i = x"), "this is float, where int is wanted");
    EXPECT_EQ(typed("i +. 1. > 0."), "this is int, where float is wanted");
    EXPECT_EQ(typed("a < a"), "a has no order here");
    EXPECT_EQ(typed("l < l"), "int list has no order here");
    EXPECT_EQ(typed("max a a = a"), "a has no order here");
    EXPECT_EQ(typed("length i = 1"), "int has no length");
    EXPECT_EQ(typed("a = b"), "this is 'b, where a is wanted");
    EXPECT_EQ(typed("r.g = 1"), "r has no field `g`");
    EXPECT_EQ(typed("forall q. q in [] -> q.h = 1"), "no record has `h`");
    EXPECT_EQ(typed("i.f = 1"), "int has no field `f`");
    EXPECT_EQ(typed("o = Some C"), "the constructor `C` is not known");
    EXPECT_EQ(typed("A 1 = A"), "the constructor takes no argument");
    EXPECT_EQ(typed("Some = o"), "`Some` takes one argument");
    EXPECT_EQ(typed("z = 1"), "the name `z` is not known");
    EXPECT_EQ(typed("List.map i = l"), "the function `List.map` is not understood");
    EXPECT_EQ(typed("List.length = l"), "functions as values are not understood: `List.length`");
    EXPECT_EQ(typed("abs i i = 1"), "`abs` takes 1 arguments, not 2");
    EXPECT_EQ(typed("[1; 'a'] = l"), "this is char, where int is wanted");
    EXPECT_EQ(typed("(if true then 1 else 2.) = 1"), "this is float, where int is wanted");
    EXPECT_EQ(typed("match o with Some x -> x = 1 | None -> true"),
              "this is int, where t is wanted");
    EXPECT_EQ(typed("let p, q = i in true"), "this is (_ * _), where int is wanted");
    EXPECT_EQ(typed("old y = 1"), "the result `y` has no value before");
    EXPECT_EQ(typed("old (old i) = 1"), "`old` in `old`");
    EXPECT_EQ(typed("forall q. q in l -> (let z = [q] in z[0] = \"\")"),
              "this is string, where int is wanted");
    EXPECT_EQ(refusal("y = f x requires y = 1"), "the name `y` is not known");
    EXPECT_EQ(refusal("y = f x requires old x = 1"), "`old` has a meaning only after the run");
    EXPECT_EQ(refusal("y = f x raises Not_found -> y = 1"), "the name `y` is not known");
}

// [GOSPEL-2]
TEST(Interface, limits_refuse_and_never_cut) {
    const auto many = [](std::string_view part, std::size_t count) {
        std::string out;
        for (std::size_t i = 0; i < count; ++i)
            out += part;
        return out;
    };
    EXPECT_EQ(errors_of(std::string(interface_bytes_max + 1, ' ')),
              "f:1:1: error: the file has more than 262144 bytes\n");
    EXPECT_EQ(errors_of(std::string(interface_bytes_max, ' ')), "");
    EXPECT_EQ(errors_of(many("(* ", 33)), "f:1:1: error: comments nested too deep\n");
    EXPECT_EQ(errors_of(many("(* ", 32) + many("*)", 32)), "");
    EXPECT_EQ(errors_of(many("type t ", 257)).substr(0, 41),
              "f:1:13: error: a second type `t`\nf:1:20: ");
    EXPECT_EQ(refusal("f x" + many(" requires true", 65)), "too many clauses");
    EXPECT_EQ(refusal("f x requires 0" + many(" < 1", 17)), "too many comparisons in a chain");
    EXPECT_NE(errors_of("val f : " + many("int -> ", 257) + "int").find("too many"),
              std::string::npos);
    EXPECT_NE(errors_of("val f : int" + many(" * int", 256) + " -> int").find("too many parts"),
              std::string::npos);
    std::string names;
    std::string values;
    for (int i = 0; i < 30'000; ++i) {
        names += (i == 0 ? "a" : ",a") + std::to_string(i % 1500);
        values += i == 0 ? "1" : ",1";
    }
    EXPECT_EQ(refusal("requires let " + names + " = " + values + " in true"), "too many names");
    EXPECT_EQ(refusal("requires forall" + many(" a", 2000) + " : int. true"), "too many names");
    EXPECT_EQ(refusal("requires (" + names + ") = ()"), "the name `a0` is not known");
    EXPECT_EQ(parse(many("open A\n", 1000)).diagnostics.size(), diagnostics_max);
}

// [GOSPEL-1] [GOSPEL-27]
TEST(Interface, is_reported_by_its_true_name_and_holds_nothing_that_it_does_not_understand) {
    EXPECT_EQ(checker_name, "torgo-gospel-subset");
    const auto interface = parse("val f : int -> int (*@ f x requires g x *)");
    EXPECT_FALSE(interface.understood());
    EXPECT_EQ(lines(check_before(interface, interface.vals[0], json(R"({"x":1})"))),
              "f: (f:1:5) not_understood: the contract of `f` is not understood\n");
    EXPECT_EQ(lines(check_after(interface, interface.vals[0], json(R"({"x":1})"), {})),
              "f: (f:1:5) not_understood: the contract of `f` is not understood\n");
    for (const auto* const broken : {"val f : int -> int (*@ f x requires x > 5 ensure true *)",
                                     "val f : none -> int (*@ f x requires true *)"}) {
        const auto other = parse(broken);
        ASSERT_TRUE(other.vals[0].contract) << broken;
        EXPECT_EQ(lines(check_before(other, other.vals[0], json(R"({"x":7})"))),
                  "f: (f:1:5) not_understood: the contract of `f` is not understood\n");
    }
}

} // namespace
} // namespace torgo::gospel
