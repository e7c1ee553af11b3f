#pragma once

#include "quantum/circuit.hpp"

#include <stop_token>
#include <utility>

namespace torgo::quantum {

struct JobSettings {
    std::uint64_t shots = 1024;
    std::uint64_t seed = 1;
    std::stop_token stop = {}; ///< after it a report is of no use
};

/// What a job found, beside what an ordinary program finds exactly.
struct JobReport {
    std::string title;
    std::vector<std::string> problem; ///< lines
    std::string answer;               ///< of the circuits
    std::string exact;                ///< of the ordinary program
    double value = 0;                 ///< what the answer is worth
    double exact_value = 0;
    std::string unit;
    bool same = false; ///< the answer is as good as the exact one
    std::vector<std::pair<std::string, std::string>> figures;
    std::string note; ///< what quantum adds here, and what not
    Circuit circuit;  ///< the last one run
};

/// Which four of ten heads get a segment each: cheap, and no two in one failure domain where that
/// can be had. By QAOA; exactly by trying all.
JobReport placement_job(const JobSettings& settings);

/// Which passes over ground stations to use, of which some overlap. By QAOA; exactly by trying all.
JobReport contacts_job(const JobSettings& settings);

/// The energy of a hydrogen molecule of this bond length in ångström. By VQE; exactly by
/// diagonalising the same two electrons in the same two orbitals.
///
/// in  0.2 to 4
JobReport h2_job(const JobSettings& settings, double bond = 0.735);

/// When to burn for a rendezvous in orbit around Mars, of 64 slots. By Grover's search for a
/// minimum; exactly by looking at all.
JobReport burn_job(const JobSettings& settings);

/// A number with so many digits after the point.
std::string digits(double number, int after);

} // namespace torgo::quantum
