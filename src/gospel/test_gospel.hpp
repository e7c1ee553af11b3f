#pragma once

#include "gospel/contract.hpp"

#include <string>
#include <string_view>
#include <vector>

// What tests of this folder share.
namespace torgo::gospel {

inline std::string errors_of(std::string_view text) {
    return print(parse(text).diagnostics, "f");
}

inline Value json(std::string_view text) {
    auto value = value_of_json(text);
    return value ? *std::move(value) : Value::text("broken JSON: " + value.error().detail());
}

inline std::string lines(const std::vector<Violation>& violations) {
    std::string out;
    for (const auto& violation : violations)
        out += print(violation, "f") + "\n";
    return out;
}

/// What is wrong with the inputs of the file's first value; its diagnostics if it has any.
inline std::string before(std::string_view text, std::string_view inputs) {
    const auto interface = parse(text);
    if (!interface.understood()) return print(interface.diagnostics, "f");
    return lines(check_before(interface, interface.vals.at(0), json(inputs)));
}

inline std::string after(std::string_view text, std::string_view inputs, const Outcome& outcome) {
    const auto interface = parse(text);
    if (!interface.understood()) return print(interface.diagnostics, "f");
    return lines(check_after(interface, interface.vals.at(0), json(inputs), outcome));
}

inline std::string after(std::string_view text, std::string_view inputs, std::string_view outputs) {
    return after(text, inputs, Outcome{.outputs = json(outputs)});
}

/// A formula without free names: `true`, `false`, the words of its error, or its diagnostics.
inline std::string verdict(std::string_view formula) {
    const auto text = "val f : unit -> unit\n(*@ f () requires " + std::string(formula) + " *)";
    const auto interface = parse(text);
    if (!interface.understood()) return interface.diagnostics.at(0).text;
    const auto found = check_before(interface, interface.vals.at(0), json("{}"));
    if (found.empty()) return "true";
    return found[0].kind == Violation::Kind::violated ? "false" : found[0].why;
}

} // namespace torgo::gospel
