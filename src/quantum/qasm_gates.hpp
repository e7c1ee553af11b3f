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

/// Writes calls out as operations. Counts them, so that a small file cannot fill the memory.
class Expander {
public:
    /// The operations of one call. `around`: the values of the parameters of the gate around.
    /// errors  `limit_exceeded`, `invalid_argument`
    Result<std::vector<Operation>> expand(const Call& call, std::span<const double> around,
                                          std::span<const Qubit> qubits);

    /// As many more count from now on. errors  `limit_exceeded`
    Result<> count(Place place, std::size_t operations);

private:
    Result<std::vector<Operation>> bare(const Call& call, std::span<const double> values,
                                        std::span<const Qubit> qubits, int depth);
    Result<std::vector<Operation>> body(const Call& call, std::span<const double> values,
                                        std::span<const Qubit> qubits, int depth);
    Result<std::vector<Operation>> modified(const Call& call, std::span<const double> around,
                                            std::span<const Qubit> qubits, int depth);

    std::size_t m_steps = 0;
    std::size_t m_operations = 0;
};

} // namespace torgo::quantum
