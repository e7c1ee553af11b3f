#pragma once

#include "base/error.hpp"
#include "reading/reading.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// Vital signs of HL7 FHIR R4: one Observation a line of NDJSON (docs/spec/readings.md 8).
namespace torgo::reading {

/// What came of lines, and the names of everything that was left out of a reading.
struct FhirCounts {
    std::uint64_t lines = 0;
    std::uint64_t readings = 0;
    std::map<std::string, std::uint64_t> left_out;
};

inline constexpr std::size_t fhir_names_max = 64; ///< further ones are counted as "others"

/// The readings of one line: none, where it is an Observation that is not understood, which is then
/// counted. Readings have no number yet; the source is source_of() the device, or the subject.
///
/// errors  `invalid_argument` for a line that is no JSON object, with the byte's position
Result<std::vector<Reading>> parse_fhir_line(std::string_view line, FhirCounts& counts);

/// A source's number made of a reference like "Patient/17": the first 8 bytes of its SHA-256.
std::uint64_t source_of(std::string_view reference);

/// One reading as Observations, one a line, each line ended. [READING-22]
std::string print_fhir_lines(const Reading& reading);

} // namespace torgo::reading
