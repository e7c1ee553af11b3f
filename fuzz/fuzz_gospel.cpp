// Interfaces with contracts come with workflows of strangers, and so do inputs and outputs: an
// input is the interface, a zero byte, and JSON. Oracle: a formula that is printed reads back as
// the same tree, and every check comes to an end.
#include "base/ensure.hpp"
#include "gospel/contract.hpp"
#include "gospel/parser.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace {

using namespace torgo::gospel;

void read_again(const Expr& formula) {
    const auto text = print(formula);
    std::vector<Token> tokens;
    ENSURE(!tokenize(text, 0, static_cast<Offset>(text.size()), tokens));
    const auto again = Parser(tokens).expression();
    // Printing adds parentheses, and each is one more level.
    ENSURE(again ? same(*again, formula) : again.error().text.ends_with("too deep"));
}

void check(const Interface& interface, const Val& val, const Value& value) {
    (void)check_before(interface, val, value);
    (void)check_after(interface, val, value, {.outputs = value});
    const Raised raised{.exception = interface.exceptions.back().name, .argument = value};
    (void)check_after(interface, val, value, {.outputs = value, .raised = raised});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto zero = input.find('\0');
    const auto interface = parse(input.substr(0, zero));
    const auto value =
        value_of_json(zero == std::string_view::npos ? "{}" : input.substr(zero + 1));
    for (const auto& val : interface.vals) {
        if (val.contract)
            for (const auto& clause : val.contract->clauses)
                read_again(clause.formula);
        if (value) check(interface, val, *value);
    }
    return 0;
}
