#pragma once

#include "quantum/qasm_tokens.hpp"

#include <span>
#include <vector>

namespace torgo::quantum {

/// A parameter as it is written: steps of a stack machine, since the values of a gate's own
/// parameters are known only where it is called.
struct Expression {
    enum class Act : std::uint8_t {
        number,
        parameter,
        negate,
        add,
        subtract,
        multiply,
        divide,
        power,
        sin,
        cos,
        tan,
        exp,
        ln,
        sqrt,
        arcsin,
        arccos,
        arctan
    };

    struct Step {
        Act act = Act::number;
        double number = 0;
        std::size_t parameter = 0; ///< index
    };

    std::vector<Step> steps;
    Place place;
};

/// Reads one, up to what cannot belong to it. `names`: the parameters it may use.
/// errors  `invalid_argument`
Result<Expression> read_expression(Tokens& tokens, std::span<const std::string> names);

/// Its value. errors  `invalid_argument` where that is no finite number ([QASM-11])
Result<double> evaluate(const Expression& expression, std::span<const double> parameters);

} // namespace torgo::quantum
