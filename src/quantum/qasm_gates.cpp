#include "quantum/qasm_gates.hpp"

#include <algorithm>

namespace torgo::quantum {

namespace {

constexpr int depth_max = 64;
/// Calls looked at. A gate of empty gates makes no operation but takes time.
constexpr std::size_t steps_max = 4 * max_operations;

void inverted(std::vector<Operation>& operations) {
    std::ranges::reverse(operations);
    for (auto& one : operations) {
        if (one.kind != Kind::gate) continue;
        one.matrix = adjoint(one.matrix);
        one.name =
            one.name.ends_with("†") ? one.name.substr(0, one.name.size() - 3) : one.name + "†";
    }
}

void controlled(std::vector<Operation>& operations, std::span<const Qubit> by, bool value) {
    for (auto& one : operations) {
        if (one.kind != Kind::gate) continue;
        std::vector<Control> controls;
        for (const auto qubit : by)
            controls.push_back({qubit, value});
        one.controls.insert(one.controls.begin(), controls.begin(), controls.end());
    }
}

std::size_t controls_of(const Modifier& modifier) {
    const bool adds =
        modifier.what == Modifier::What::ctrl || modifier.what == Modifier::What::negctrl;
    return adds ? static_cast<std::size_t>(modifier.count) : 0;
}

Operation named(std::string name, std::span<const double> values, Matrix matrix,
                std::span<const Qubit> targets) {
    Operation out;
    out.name = std::move(name);
    out.parameters.assign(values.begin(), values.end());
    out.matrix = std::move(matrix);
    out.targets.assign(targets.begin(), targets.end());
    return out;
}

Operation barrier(std::span<const Qubit> qubits) {
    Operation out;
    out.kind = Kind::barrier;
    out.targets.assign(qubits.begin(), qubits.end());
    return out;
}

/// Qubits of a gate that stand in front of those of its base.
std::size_t modifier_qubits(const Call& call) {
    std::size_t out = 0;
    for (const auto& modifier : call.modifiers)
        out += controls_of(modifier);
    return out;
}

Result<std::vector<double>> values_of(const Call& call, std::span<const double> around) {
    std::vector<double> out;
    for (const auto& expression : call.parameters) {
        TRY(out.emplace_back(), evaluate(expression, around));
    }
    return out;
}

} // namespace

std::size_t Call::parameters_wanted() const {
    switch (what) {
    case What::standard:
        return standard->parameters;
    case What::defined:
        return defined->parameters.size();
    case What::u:
        return 3;
    case What::phase:
        return 1;
    case What::barrier:
        break;
    }
    return 0;
}

std::size_t Call::qubits_wanted() const {
    const auto more = modifier_qubits(*this);
    switch (what) {
    case What::standard:
        return more + standard->controls + standard->targets;
    case What::defined:
        return more + defined->qubits.size();
    case What::u:
        return more + 1;
    case What::phase:
        return more;
    case What::barrier:
        break;
    }
    return qubits.size();
}

Result<> Expander::count(Place place, std::size_t operations) {
    m_operations += operations;
    if (m_operations <= max_operations) return {};
    return fail(Errc::limit_exceeded,
                fail_at(place, "").error().detail() + "the circuit has more than " +
                    std::to_string(max_operations) + " operations when it is written out");
}

Result<std::vector<Operation>> Expander::expand(const Call& call, std::span<const double> around,
                                                std::span<const Qubit> qubits) {
    TRY(auto out, modified(call, around, qubits, 0));
    CHECK_OK(count(call.place, out.size()));
    return out;
}

// [QASM-10]
Result<std::vector<Operation>> Expander::modified(const Call& call, std::span<const double> around,
                                                  std::span<const Qubit> qubits, int depth) {
    TRY(const auto values, values_of(call, around));
    auto controls = modifier_qubits(call);
    TRY(auto out, bare(call, values, qubits.subspan(controls), depth));
    for (auto modifier = call.modifiers.rbegin(); modifier != call.modifiers.rend(); ++modifier) {
        const auto own = controls_of(*modifier);
        controls -= own;
        if (own > 0)
            controlled(out, qubits.subspan(controls, own), modifier->what == Modifier::What::ctrl);
        if (modifier->what == Modifier::What::inv || modifier->count < 0) inverted(out);
        if (modifier->what != Modifier::What::pow) continue;
        const auto once = std::move(out);
        out = {};
        const auto times = static_cast<std::size_t>(std::abs(modifier->count));
        if (once.size() * times > max_operations)
            return fail_at(call.place, "pow makes more than " + std::to_string(max_operations) +
                                           " operations of this gate");
        for (std::size_t i = 0; i < times; ++i)
            out.insert(out.end(), once.begin(), once.end());
    }
    return out;
}

Result<std::vector<Operation>> Expander::bare(const Call& call, std::span<const double> values,
                                              std::span<const Qubit> qubits, int depth) {
    if (++m_steps > steps_max || depth == depth_max)
        return fail_at(call.place, "gates are called too often or too deep here");
    std::vector<Operation> out;
    switch (call.what) {
    case Call::What::standard:
        out = {gate_operation(*call.standard, values, qubits)};
        break;
    case Call::What::u:
        out = {named("u", values, u_matrix(values[0], values[1], values[2]), qubits)};
        break;
    case Call::What::phase:
        out = {named("phase", values, {std::polar(1.0, values[0])}, {})};
        break;
    case Call::What::barrier:
        out = {barrier(qubits)};
        break;
    case Call::What::defined:
        return body(call, values, qubits, depth);
    }
    return out;
}

Result<std::vector<Operation>> Expander::body(const Call& call, std::span<const double> values,
                                              std::span<const Qubit> qubits, int depth) {
    std::vector<Operation> out;
    for (const auto& inner : call.defined->body) {
        std::vector<Qubit> on;
        for (const auto index : inner.qubits)
            on.push_back(qubits[index]);
        TRY(auto some, modified(inner, values, on, depth + 1));
        if (out.size() + some.size() > max_operations)
            return fail_at(call.place, "this gate has more than " + std::to_string(max_operations) +
                                           " operations when it is written out");
        out.insert(out.end(), std::make_move_iterator(some.begin()),
                   std::make_move_iterator(some.end()));
    }
    return out;
}

} // namespace torgo::quantum
