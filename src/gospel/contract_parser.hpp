#pragma once

#include "gospel/interface.hpp"
#include "gospel/interface_parser.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::gospel {

/// `r = f x ~y ()`, as it is written.
struct Header {
    struct Name {
        Argument::Kind kind = Argument::Kind::plain;
        std::string name{}; ///< empty of `()` and `_`
        bool unit = false;
    };

    std::vector<std::string> results{};
    std::string function{};
    std::vector<Name> parameters{};
    Offset at = 0;
};

struct ContractText {
    std::optional<Header> header{};
    Contract contract{};
    std::vector<std::string> unchecked{}; ///< clauses that are understood and not checked
};

/// The contract in the comment's token, in either form. Its formulas have no types yet.
///
/// errors  a Fault: what is not understood
Parsed<ContractText> read_contract(std::string_view text, const Token& comment);

} // namespace torgo::gospel
