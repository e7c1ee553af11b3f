#pragma once

#include "quantum/gates.hpp"
#include "quantum/qasm_expression.hpp"

#include <map>
#include <memory>
#include <optional>

namespace torgo::quantum {

struct Definition;

/// `ctrl(2) @`, `inv @`, `pow(-3) @`.
struct Modifier {
    enum class What : std::uint8_t { ctrl, negctrl, inv, pow };
    What what = What::inv;
    std::int64_t count = 1; ///< controls, or the power
};

/// A gate called with parameters on places of its own gate's qubits; or a barrier there.
struct Call {
    enum class What : std::uint8_t { standard, defined, u, phase, barrier };
    What what = What::standard;
    const Gate* standard = nullptr;
    std::shared_ptr<const Definition> defined;
    std::vector<Modifier> modifiers; ///< as written; they apply from right to left
    std::vector<Expression> parameters;
    std::vector<std::size_t> qubits; ///< indices into those of the gate around
    Place place;

    /// Parameters and qubits that it must get, controls of modifiers among them.
    std::size_t parameters_wanted() const;
    std::size_t qubits_wanted() const;
};

/// A gate of the file itself ([QASM-9]).
struct Definition {
    std::string name;
    std::vector<std::string> parameters;
    std::vector<std::string> qubits;
    std::vector<Call> body;
};

/// Writes calls out as operations. Counts what it does, so that a small file can fill neither the
/// memory nor the time: a gate of empty gates, or one to the power 0, makes no operation but work.
class Expander {
public:
    /// `out`: the circuit's operations; must outlive this.
    explicit Expander(std::vector<Operation>& out) : m_out(out) {}

    /// Appends the operations of one call, under these conditions.
    /// errors  `limit_exceeded`, `invalid_argument`
    Result<> append(const Call& call, std::span<const Qubit> qubits,
                    const std::vector<Condition>& conditions);

    /// Appends an operation as it is. errors  `limit_exceeded`
    Result<> append(Place place, Operation operation);

private:
    Result<> written(const Call& call, std::span<const double> around,
                     std::span<const Qubit> qubits, int depth);
    Result<> bare(const Call& call, std::span<const double> values, std::span<const Qubit> qubits,
                  int depth);
    Result<> body(const Call& call, std::span<const double> values, std::span<const Qubit> qubits,
                  int depth);
    Result<> powered(const Modifier& modifier, std::size_t from, Place place);
    Result<std::vector<double>> values_of(const Call& call, std::span<const double> around);
    Result<> work(Place place, std::size_t steps);
    Result<> check_room(Place place, std::size_t operations) const;

    std::vector<Operation>& m_out;
    std::size_t m_steps = 0;
};

} // namespace torgo::quantum
