#include "quantum/pauli.hpp"

#include <bit>
#include <charconv>
#include <cmath>

namespace torgo::quantum {

namespace {

constexpr std::size_t text_max = 4096;
constexpr std::size_t look_for_stop = std::size_t{1} << 16U; ///< amplitudes

constexpr Complex powers_of_i[] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};

/// What the word makes of the basis state j is this times the state j ^ x: Y is i·X·Z.
Complex factor(const PauliWord& word, std::size_t j) {
    const auto turns = static_cast<unsigned>(std::popcount(word.x & word.z)) +
                       2 * static_cast<unsigned>(std::popcount(word.z & j));
    return powers_of_i[turns % 4];
}

std::string without_blanks(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (c != ' ') out += c;
    return out;
}

struct Reader {
    std::string_view left;
    std::uint32_t qubits;

    std::unexpected<Error> wrong() const {
        return fail(Errc::invalid_argument,
                    left.empty() ? "an operator ends too early: write it as 0.5*Z0*Z1 - X2"
                                 : "\"" + std::string(left.substr(0, 20)) +
                                       "\" is no operator: write it as 0.5*Z0*Z1 - X2");
    }

    bool take(char c) {
        if (!left.starts_with(c)) return false;
        left.remove_prefix(1);
        return true;
    }

    template <class T>
    Result<T> number() {
        T out{};
        const auto read = std::from_chars(left.data(), left.data() + left.size(), out);
        if (read.ec != std::errc{}) return wrong();
        left.remove_prefix(static_cast<std::size_t>(read.ptr - left.data()));
        return out;
    }

    Result<> factor(PauliTerm& term) {
        const char letter = left.empty() ? '\0' : left.front();
        if (letter != 'X' && letter != 'Y' && letter != 'Z' && letter != 'I') {
            const bool digit = (letter >= '0' && letter <= '9') || letter == '.';
            if (!digit) return wrong();
            TRY(const auto value, number<double>());
            term.coefficient *= value;
            return {};
        }
        left.remove_prefix(1);
        TRY(const auto qubit, number<std::uint32_t>());
        if (qubit >= qubits)
            return fail(Errc::invalid_argument, "there is no qubit " + std::to_string(qubit) +
                                                    ": the circuit has " + std::to_string(qubits));
        const auto bit = std::size_t{1} << qubit;
        if (((term.word.x | term.word.z) & bit) != 0)
            return fail(Errc::invalid_argument,
                        "qubit " + std::to_string(qubit) + " stands twice in one product");
        if (letter == 'X' || letter == 'Y') term.word.x |= bit;
        if (letter == 'Z' || letter == 'Y') term.word.z |= bit;
        return {};
    }
};

} // namespace

Result<PauliSum> read_pauli_sum(std::string_view text, std::uint32_t qubits) {
    if (text.size() > text_max)
        return fail(Errc::limit_exceeded,
                    "an operator of more than " + std::to_string(text_max) + " bytes");
    const auto plain = without_blanks(text);
    Reader reader{plain, qubits};
    PauliSum out;
    bool minus = reader.take('-');
    for (bool more = true; more;) {
        PauliTerm term;
        do
            CHECK_OK(reader.factor(term));
        while (reader.take('*'));
        if (!std::isfinite(term.coefficient)) return reader.wrong();
        if (minus) term.coefficient = -term.coefficient;
        out.push_back(term);
        minus = reader.take('-');
        more = minus || reader.take('+');
    }
    if (!reader.left.empty()) return reader.wrong();
    return out;
}

double expectation(const State& state, const PauliSum& sum, const std::stop_token& stop) {
    const auto all = state.amplitudes();
    double out = 0;
    for (const auto& term : sum) {
        double part = 0;
        for (std::size_t j = 0; j < all.size(); ++j) {
            if (j % look_for_stop == 0 && stop.stop_requested()) return 0;
            part += (std::conj(all[j ^ term.word.x]) * all[j] * factor(term.word, j)).real();
        }
        out += term.coefficient * part;
    }
    return out;
}

std::vector<Complex> applied(const PauliSum& sum, std::span<const Complex> amplitudes) {
    std::vector<Complex> out(amplitudes.size());
    for (const auto& term : sum)
        for (std::size_t j = 0; j < amplitudes.size(); ++j)
            out[j ^ term.word.x] += term.coefficient * factor(term.word, j) * amplitudes[j];
    return out;
}

PauliProduct multiplied(const PauliWord& left, const PauliWord& right) {
    PauliProduct out;
    out.word = {left.x ^ right.x, left.z ^ right.z};
    // With Y = i·X·Z: i for each Y of both, one less for each of the product, and −1 for each Z
    // that moves past an X.
    const auto count = [](std::size_t bits) {
        return static_cast<unsigned>(std::popcount(bits));
    };
    out.power = (count(left.x & left.z) + count(right.x & right.z) + 2 * count(left.z & right.x) +
                 3 * count(out.word.x & out.word.z)) %
                4;
    return out;
}

} // namespace torgo::quantum
