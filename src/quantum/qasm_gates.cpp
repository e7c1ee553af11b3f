#include "quantum/qasm_gates.hpp"

#include <algorithm>

namespace torgo::quantum {

namespace {

constexpr int depth_max = 64;
/// Calls, parts of their parameters, and operations that a modifier or a condition touches. The
/// largest circuit may touch each of its operations so often.
constexpr std::size_t steps_max = 8 * max_operations;

std::string at(Place place) {
    return fail_at(place, "").error().detail();
}

void inverted(std::span<Operation> operations) {
    std::ranges::reverse(operations);
    for (auto& one : operations) {
        if (one.kind != Kind::gate) continue;
        one.matrix = adjoint(one.matrix);
        one.name =
            one.name.ends_with("†") ? one.name.substr(0, one.name.size() - 3) : one.name + "†";
    }
}

void controlled(std::span<Operation> operations, std::span<const Qubit> by, bool value) {
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

Result<> Expander::work(Place place, std::size_t steps) {
    m_steps += steps;
    if (m_steps <= steps_max) return {};
    return fail(Errc::limit_exceeded, at(place) + "writing the circuit out takes more than " +
                                          std::to_string(steps_max) +
                                          " steps: gates are called or changed too often");
}

Result<> Expander::check_room(Place place, std::size_t operations) const {
    if (operations <= max_operations - m_out.size()) return {};
    return fail(Errc::limit_exceeded, at(place) + "the circuit has more than " +
                                          std::to_string(max_operations) +
                                          " operations when it is written out");
}

Result<> Expander::append(Place place, Operation operation) {
    CHECK_OK(check_room(place, 1));
    CHECK_OK(work(place, operation.conditions.size()));
    m_out.push_back(std::move(operation));
    return {};
}

Result<> Expander::append(const Call& call, std::span<const Qubit> qubits,
                          const std::vector<Condition>& conditions) {
    const auto from = m_out.size();
    CHECK_OK(written(call, {}, qubits, 0));
    CHECK_OK(work(call.place, conditions.size() * (m_out.size() - from)));
    for (auto& operation : std::span(m_out).subspan(from))
        operation.conditions = conditions;
    return {};
}

Result<std::vector<double>> Expander::values_of(const Call& call, std::span<const double> around) {
    std::vector<double> out;
    for (const auto& expression : call.parameters) {
        CHECK_OK(work(call.place, expression.steps.size()));
        TRY(out.emplace_back(), evaluate(expression, around));
    }
    return out;
}

// [QASM-10]
Result<> Expander::written(const Call& call, std::span<const double> around,
                           std::span<const Qubit> qubits, int depth) {
    TRY(const auto values, values_of(call, around));
    const auto from = m_out.size();
    auto controls = modifier_qubits(call);
    CHECK_OK(bare(call, values, qubits.subspan(controls), depth));
    for (auto modifier = call.modifiers.rbegin(); modifier != call.modifiers.rend(); ++modifier) {
        const auto touched = std::span(m_out).subspan(from);
        CHECK_OK(work(call.place, 1 + touched.size()));
        const auto own = controls_of(*modifier);
        controls -= own;
        if (own > 0)
            controlled(touched, qubits.subspan(controls, own),
                       modifier->what == Modifier::What::ctrl);
        if (modifier->what == Modifier::What::inv || modifier->count < 0) inverted(touched);
        if (modifier->what == Modifier::What::pow) CHECK_OK(powered(*modifier, from, call.place));
    }
    return {};
}

/// The operations from `from` on so many times; a power of 0 leaves none.
Result<> Expander::powered(const Modifier& modifier, std::size_t from, Place place) {
    const auto once = m_out.size() - from;
    const auto times = static_cast<std::size_t>(std::abs(modifier.count));
    if (times == 0) m_out.resize(from);
    if (times == 0 || once == 0) return {};
    CHECK_OK(check_room(place, once * (times - 1)));
    CHECK_OK(work(place, once * (times - 1)));
    m_out.reserve(m_out.size() + once * (times - 1));
    for (std::size_t i = 0; i < once * (times - 1); ++i)
        m_out.push_back(m_out[from + i]);
    return {};
}

Result<> Expander::bare(const Call& call, std::span<const double> values,
                        std::span<const Qubit> qubits, int depth) {
    if (depth == depth_max)
        return fail(Errc::limit_exceeded, at(call.place) + "gates are called too deep here");
    CHECK_OK(work(call.place, 1));
    if (call.what == Call::What::defined) return body(call, values, qubits, depth);
    CHECK_OK(check_room(call.place, 1));
    if (call.what == Call::What::standard)
        m_out.push_back(gate_operation(*call.standard, values, qubits));
    else if (call.what == Call::What::u)
        m_out.push_back(named("u", values, u_matrix(values[0], values[1], values[2]), qubits));
    else if (call.what == Call::What::phase)
        m_out.push_back(named("phase", values, {std::polar(1.0, values[0])}, {}));
    else
        m_out.push_back(barrier(qubits));
    return {};
}

Result<> Expander::body(const Call& call, std::span<const double> values,
                        std::span<const Qubit> qubits, int depth) {
    for (const auto& inner : call.defined->body) {
        std::vector<Qubit> on;
        for (const auto index : inner.qubits)
            on.push_back(qubits[index]);
        CHECK_OK(written(inner, values, on, depth + 1));
    }
    return {};
}

} // namespace torgo::quantum
