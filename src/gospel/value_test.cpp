#include "gospel/test_gospel.hpp"
#include "gospel/types.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace torgo::gospel {
namespace {

// [GOSPEL-20]
TEST(Value, json_is_read_strictly_and_within_limits) {
    EXPECT_EQ(print(json(R"({"a":[1,-2,1.0,1e2,true,null,"x\u00e9"],"b":{}})")),
              "{a = [1; (-2); 1.; 100.; true; None; \"x\xC3\xA9\"]; b = {}}");
    EXPECT_EQ(value_of_json("9223372036854775808").error().code(), Errc::limit_exceeded);
    EXPECT_EQ(value_of_json("1e999").error().code(), Errc::limit_exceeded);
    EXPECT_EQ(json("1e-999"), Value::real(0));
    EXPECT_EQ(json("0." + std::string(400, '0') + "1"), Value::real(0));
    EXPECT_EQ(json("-1e-99999999999999999999"), Value::real(0));
    // Too large, whatever the sign of the power says.
    for (const auto& large :
         {"1" + std::string(400, '0') + "e-1", "-1" + std::string(400, '0') + ".5",
          std::string("0.0001e+400"), std::string("1e99999999999999999999"),
          "1" + std::string(800, '0') + "e-400"})
        EXPECT_EQ(value_of_json(large).error().code(), Errc::limit_exceeded) << large;
    EXPECT_EQ(json("-9223372036854775808"),
              Value::integer(std::numeric_limits<std::int64_t>::min()));
    EXPECT_FALSE(value_of_json(R"({"a":1,"b":2,"a":3})"));
    EXPECT_FALSE(value_of_json("[1,]"));
    std::string list = "[1";
    for (std::size_t i = 2; i < value_json_values_max; ++i)
        list += ",1";
    EXPECT_TRUE(value_of_json(list + "]"));
    EXPECT_EQ(value_of_json(list + ",1,1]").error().code(), Errc::limit_exceeded);
    EXPECT_EQ(value_of_json(std::string(value_json_size_max + 1, ' ')).error().code(),
              Errc::limit_exceeded);
    EXPECT_TRUE(value_of_json(std::string(32, '[') + std::string(32, ']')));
    EXPECT_FALSE(value_of_json(std::string(34, '[') + std::string(34, ']')));
}

Value any_value(int depth) {
    switch (*rc::gen::inRange(0, depth == 0 ? 5 : 7)) {
    case 0:
        return Value::none();
    case 1:
        return Value::boolean(*rc::gen::arbitrary<bool>());
    case 2:
        return Value::integer(*rc::gen::arbitrary<std::int64_t>());
    case 3:
        return Value::real(*rc::gen::arbitrary<double>());
    case 4:
        return Value::text(*rc::gen::string<std::string>());
    case 5: {
        Value::List items;
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
            items.push_back(any_value(depth - 1));
        return Value::list(std::move(items));
    }
    default:
        return Value::record({"a", "b\n"}, {any_value(depth - 1), any_value(depth - 1)});
    }
}

// [GOSPEL-20]
TEST(Value, json_that_is_written_reads_back_as_the_same) {
    rc::check([] {
        const auto value = any_value(3);
        const auto again = value_of_json(json_of_value(value));
        RC_ASSERT(again.has_value());
        RC_ASSERT(*again == value);
    });
    EXPECT_EQ(json_of_value(Value::tuple({Value::some(Value::integer(1)), Value::character('c'),
                                          Value::constructor("Red"), Value()})),
              R"([1,"c","Red",null])");
    EXPECT_EQ(json_of_value(Value::real(1.0 / 0.0)), "null");
    EXPECT_EQ(json_of_value(Value::character(0xE9)), R"("\u00e9")");
}

// [GOSPEL-20]
TEST(Value, fits_its_type_or_is_refused) {
    const auto interface =
        parse("type c = Red | Green type a type r = {n : int; o : float option}\n"
              "val f : x:float -> c:c -> a:a -> r:r -> k:char -> u:unit -> "
              "t:(int * string) -> l:int list -> ?b:bool -> int");
    ASSERT_TRUE(interface.understood()) << print(interface.diagnostics, "f");
    const auto as = [&](std::string_view name, std::string_view text) {
        for (const auto& parameter : interface.vals[0].parameters) {
            if (parameter.name != name) continue;
            const auto value = fit(interface.types, parameter.type, json(text));
            return value ? print(*value) : "error: " + value.error().detail();
        }
        return std::string("no such parameter");
    };
    EXPECT_EQ(as("x", "3"), "3.");
    EXPECT_EQ(as("x", "\"3\""), "error: \"3\" is no float");
    EXPECT_EQ(as("c", "\"Green\""), "Green");
    EXPECT_EQ(as("c", "\"Blue\""), "error: \"Blue\" is no c");
    EXPECT_EQ(as("a", "[1,{}]"), "[1; {}]");
    EXPECT_EQ(as("r", R"({"o":2,"n":1,"more":0})"), "{n = 1; o = Some 2.}");
    EXPECT_EQ(as("r", R"({"n":1})"), "{n = 1; o = None}");
    EXPECT_EQ(as("r", R"({"n":1,"o":null})"), "{n = 1; o = None}");
    EXPECT_EQ(as("r", R"({"o":1})"), "error: the field `n` is missing");
    EXPECT_EQ(as("r", R"({"n":1.0})"), "error: field `n`: 1. is no int");
    EXPECT_EQ(as("r", "[]"), "error: [] is no r");
    EXPECT_EQ(as("k", "\"a\""), "'a'");
    EXPECT_EQ(as("k", "\"ab\""), "error: \"ab\" is no char");
    EXPECT_EQ(as("u", "null"), "()");
    EXPECT_EQ(as("u", "0"), "error: 0 is no unit");
    EXPECT_EQ(as("t", R"([1,"a"])"), "(1, \"a\")");
    EXPECT_EQ(as("t", "[1]"), "error: [1] is no (int * string)");
    EXPECT_EQ(as("l", "[1,2]"), "[1; 2]");
    EXPECT_EQ(as("l", "[1,true]"), "error: item 1: true is no int");
    EXPECT_EQ(as("b", "true"), "Some true");
    EXPECT_EQ(as("b", "null"), "None");
}

// [GOSPEL-26]
TEST(Value, quotes_are_cut_between_characters) {
    std::string text;
    for (int i = 0; i < 1000; ++i)
        text += "é";
    const auto quoted = quote(Value::text(text));
    EXPECT_EQ(quoted.size(), 199 + std::string_view("…").size());
    EXPECT_TRUE(quoted.ends_with("é…"));
    Value::List zeros(100'000, Value::integer(0));
    EXPECT_TRUE(quote(Value::list(zeros)).starts_with("[0; 0; 0"));
    EXPECT_LT(quote(Value::list(zeros)).size(), 210U);
    EXPECT_EQ(weight(Value::list(zeros), 50), 50U);
    EXPECT_EQ(weight(Value::tuple({Value::text(std::string(128, 'a')), Value()}), 50), 5U);
}

} // namespace
} // namespace torgo::gospel
