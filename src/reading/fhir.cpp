#include "reading/fhir.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "reading/json.hpp"
#include "reading/profile.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace torgo::reading {

namespace {
constexpr std::string_view loinc_system = "http://loinc.org";
constexpr std::string_view ucum_system = "http://unitsofmeasure.org";
constexpr std::string_view blood_pressure = "85354-9";
constexpr std::uint8_t vitals_profile = 1;

struct Code {
    std::string_view loinc;
    std::string_view field;
};

/// [READING-21]
constexpr std::array<Code, 7> codes{{
    {"8867-4", "heart_rate"},
    {"59408-5", "spo2"},
    {"2708-6", "spo2"},
    {"8310-5", "temperature"},
    {"9279-1", "respiration"},
    {"8480-6", "systolic"},
    {"8462-4", "diastolic"},
}};

/// Members that say nothing about the measurement, or are read.
constexpr std::array<std::string_view, 16> members_known{"resourceType",
                                                         "id",
                                                         "meta",
                                                         "status",
                                                         "category",
                                                         "code",
                                                         "subject",
                                                         "device",
                                                         "issued",
                                                         "effectiveDateTime",
                                                         "effectiveInstant",
                                                         "valueQuantity",
                                                         "component",
                                                         "performer",
                                                         "text",
                                                         "identifier"};

constexpr std::array<std::string_view, 5> quantity_members{"value", "comparator", "unit", "system",
                                                           "code"};
constexpr std::array<std::string_view, 3> component_members{"id", "code", "valueQuantity"};

std::string printable(std::string_view text) {
    constexpr std::size_t size_max = 32;
    std::string out(text.substr(0, size_max));
    std::ranges::replace_if(out, [](unsigned char c) { return c < 0x20 || c > 0x7E; }, '?');
    return out;
}

class Counter {
public:
    explicit Counter(FhirCounts& counts) : m_counts(counts) {}

    void left_out(const std::string& name) {
        auto& names = m_counts.left_out;
        const bool room = names.contains(name) || names.size() < fhir_names_max;
        names[room ? name : "others"] += 1;
    }

    /// Members of `thing` that nobody reads.
    void left_out_of(const Json& thing, std::span<const std::string_view> known,
                     const std::string& what) {
        for (const auto& key : thing.keys)
            if (std::ranges::find(known, key) == known.end()) left_out(what + printable(key));
    }

private:
    FhirCounts& m_counts;
};

/// The first LOINC code, or "".
std::string_view loinc_of(const Json& thing) {
    const auto* const code = thing.find("code");
    const auto* const codings = code != nullptr ? code->find("coding") : nullptr;
    if (codings == nullptr) return {};
    for (const auto& coding : codings->items)
        if (coding.text_of("system") == loinc_system) return coding.text_of("code");
    return {};
}

std::optional<std::size_t> field_of(std::string_view loinc) {
    const auto* const found = std::ranges::find(codes, loinc, &Code::loinc);
    if (found == codes.end()) return std::nullopt;
    const auto fields = find_profile(vitals_profile)->fields;
    const auto field = std::ranges::find(fields, found->field, &Field::name);
    return static_cast<std::size_t>(field - fields.begin());
}

/// UCUM lets people write what is counted: {beats}/min is /min.
std::string without_annotation(std::string_view unit) {
    const auto open = unit.find('{');
    const auto close = unit.find('}');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        return std::string(unit);
    return std::string(unit.substr(0, open)) + std::string(unit.substr(close + 1));
}

/// The value of an Observation or a component, counted and nothing where it is not understood.
std::optional<Decimal> value_of(const Json& thing, const Field& field, Counter& counter) {
    const std::string name(field.name);
    const auto* const quantity = thing.find("valueQuantity");
    const auto* const value = quantity != nullptr ? quantity->find("value") : nullptr;
    if (value == nullptr || !value->is(Json::Type::number)) {
        counter.left_out(name + " without a value");
        return std::nullopt;
    }
    counter.left_out_of(*quantity, quantity_members, "member valueQuantity.");
    const auto unit = quantity->text_of("code");
    if (quantity->text_of("system") != ucum_system || without_annotation(unit) != field.unit) {
        counter.left_out(name + " in unit " + printable(unit));
        return std::nullopt;
    }
    if (quantity->find("comparator") != nullptr) {
        counter.left_out(name + " with a comparator");
        return std::nullopt;
    }
    const auto number = parse_decimal(value->text);
    if (!number) {
        counter.left_out(name + " that is no plain decimal number");
        return std::nullopt;
    }
    return *number;
}

std::string_view reference_of(const Json& observation) {
    for (const auto* const name : {"device", "subject"}) {
        const auto* const member = observation.find(name);
        const auto reference = member != nullptr ? member->text_of("reference") : "";
        if (!reference.empty()) return reference;
    }
    return {};
}

std::optional<Moment> time_of(const Json& observation) {
    for (const auto* const name : {"effectiveDateTime", "effectiveInstant"}) {
        const auto text = observation.text_of(name);
        if (text.empty()) continue;
        if (const auto moment = parse_moment(text, true)) return *moment;
    }
    return std::nullopt;
}

/// Fills in the values; false where there was none.
bool fill(const Json& observation, Reading& reading, Counter& counter) {
    const auto fields = find_profile(vitals_profile)->fields;
    const auto put = [&](const Json& thing, std::string_view loinc) {
        const auto field = field_of(loinc);
        if (!field) {
            counter.left_out(loinc.empty() ? "component without a LOINC code"
                                           : "code " + printable(loinc));
            return;
        }
        if (reading.values[*field]) {
            counter.left_out(std::string(fields[*field].name) + " told twice");
            return;
        }
        reading.values[*field] = value_of(thing, fields[*field], counter);
    };
    const auto loinc = loinc_of(observation);
    if (loinc == blood_pressure) {
        const auto* const components = observation.find("component");
        if (components == nullptr || components->items.empty())
            counter.left_out("blood pressure without components");
        else
            for (const auto& component : components->items) {
                counter.left_out_of(component, component_members, "member component.");
                put(component, loinc_of(component));
            }
        if (observation.find("valueQuantity") != nullptr)
            counter.left_out("blood pressure with a value of its own");
    } else {
        put(observation, loinc);
        if (observation.find("component") != nullptr) counter.left_out("component");
    }
    return std::ranges::any_of(reading.values, [](const auto& value) { return value.has_value(); });
}

/// Why an Observation gives no reading; "" where it does.
std::string refusal_of(const Json& observation) {
    if (observation.text_of("resourceType") != "Observation")
        return "resource " + printable(observation.text_of("resourceType"));
    const auto status = observation.text_of("status");
    if (status != "final" && status != "amended" && status != "corrected" &&
        status != "preliminary")
        return "status " + printable(status);
    if (loinc_of(observation).empty()) return "no LOINC code";
    if (reference_of(observation).empty()) return "neither subject nor device";
    if (!time_of(observation)) return "no time that is understood";
    return {};
}

std::string observation_line(const Reading& reading, const std::string& code,
                             const std::string& rest) {
    Writer source;
    source.put(reading.source);
    return R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":")" +
           std::string(loinc_system) + R"(","code":")" + code +
           R"("}]},"device":{"reference":"Device/)" + to_hex(source.view()) +
           R"("},"effectiveDateTime":")" + print(reading.time) + "\"," + rest + "}\n";
}

std::string quantity_of(const Field& field, const Decimal& value) {
    return R"("valueQuantity":{"value":)" + print(value) + R"(,"system":")" +
           std::string(ucum_system) + R"(","code":")" + std::string(field.unit) + "\"}";
}

std::string component_of(const Field& field, const Decimal& value) {
    return R"({"code":{"coding":[{"system":")" + std::string(loinc_system) + R"(","code":")" +
           std::string(field.loinc) + "\"}]}," + quantity_of(field, value) + "}";
}
} // namespace

std::uint64_t source_of(std::string_view reference) {
    const auto hash = crypto::sha256(as_bytes(reference));
    return Reader(hash.view()).get<std::uint64_t>().value();
}

Result<std::vector<Reading>> parse_fhir_line(std::string_view line, FhirCounts& counts) {
    counts.lines += 1;
    TRY(const auto observation, parse_json(line));
    if (!observation.is(Json::Type::object))
        return fail(Errc::invalid_argument, "a line that is no JSON object");
    Counter counter(counts);
    if (const auto refusal = refusal_of(observation); !refusal.empty()) {
        counter.left_out(refusal);
        return std::vector<Reading>();
    }
    counter.left_out_of(observation, members_known, "member ");
    Reading reading;
    reading.profile = vitals_profile;
    reading.source = source_of(reference_of(observation));
    reading.time = time_of(observation).value_or(Moment{});
    if (!fill(observation, reading, counter)) return std::vector<Reading>();
    counts.readings += 1;
    return std::vector{reading};
}

std::string print_fhir_lines(const Reading& reading) {
    const auto* const profile = find_profile(reading.profile);
    std::string out;
    std::string pressures;
    for (std::size_t i = 0; profile != nullptr && i < profile->fields.size(); ++i) {
        const auto& field = profile->fields[i];
        const auto& value = reading.values[i];
        if (!value || field.loinc.empty()) continue;
        if (field.name == "systolic" || field.name == "diastolic")
            pressures += (pressures.empty() ? "" : ",") + component_of(field, *value);
        else
            out += observation_line(reading, std::string(field.loinc), quantity_of(field, *value));
    }
    if (!pressures.empty())
        out += observation_line(reading, std::string(blood_pressure),
                                "\"component\":[" + pressures + "]");
    return out;
}

} // namespace torgo::reading
