#include "reading/fhir.hpp"
#include "reading/test_readings.hpp"

#include <gtest/gtest.h>

namespace torgo::reading {
namespace {

std::string observation(const std::string& code, const std::string& rest) {
    return R"({"resourceType":"Observation","id":"x","status":"final","code":{"coding":[)"
           R"({"system":"http://loinc.org","code":")" +
           code + R"("}]},"subject":{"reference":"Patient/17"},)" +
           R"("effectiveDateTime":"2026-11-22T20:06:45.5+01:00",)" + rest + "}";
}

std::string quantity(const std::string& value, const std::string& unit) {
    return R"("valueQuantity":{"value":)" + value +
           R"(,"unit":"whatever","system":"http://unitsofmeasure.org","code":")" + unit + "\"}";
}

// [READING-21]
TEST(Fhir, each_vital_sign_is_read_with_its_digits) {
    struct Case {
        const char* code;
        const char* unit;
        const char* value;
        std::size_t field;
    };
    for (const auto& one :
         {Case{"8867-4", "/min", "72", 0}, Case{"8867-4", "{beats}/min", "72", 0},
          Case{"59408-5", "%", "98", 1}, Case{"2708-6", "%", "97.5", 1},
          Case{"8310-5", "Cel", "36.60", 2}, Case{"9279-1", "{breaths}/min", "16", 3}}) {
        FhirCounts counts;
        const auto readings =
            parse_fhir_line(observation(one.code, quantity(one.value, one.unit)), counts);
        ASSERT_TRUE(readings && readings->size() == 1) << one.code;
        const auto& reading = readings->front();
        EXPECT_EQ(print(*reading.values[one.field]), one.value);
        EXPECT_EQ(print(reading.time), "2026-11-22T19:06:45.5Z");
        EXPECT_EQ(reading.source, source_of("Patient/17"));
        EXPECT_TRUE(counts.left_out.empty());
    }
}

TEST(Fhir, blood_pressure_has_two_components) {
    const auto component = [](const std::string& code, const std::string& value) {
        return R"({"code":{"coding":[{"system":"http://loinc.org","code":")" + code + "\"}]}," +
               quantity(value, "mm[Hg]") + "}";
    };
    FhirCounts counts;
    const auto readings =
        parse_fhir_line(observation("85354-9", "\"component\":[" + component("8480-6", "120") +
                                                   "," + component("8462-4", "80") + "," +
                                                   component("8478-0", "93") + "]"),
                        counts);
    ASSERT_TRUE(readings && readings->size() == 1);
    EXPECT_EQ(readings->front().values[4], decimal(120));
    EXPECT_EQ(readings->front().values[5], decimal(80));
    EXPECT_EQ(counts.left_out, (std::map<std::string, std::uint64_t>{{"code 8478-0", 1}}));
}

TEST(Fhir, what_is_not_understood_is_counted_by_name) {
    FhirCounts counts;
    const auto good = quantity("72", "/min");
    const auto refuse = [&](const std::string& line, const std::string& name) {
        const auto before = counts.left_out[name];
        const auto readings = parse_fhir_line(line, counts);
        EXPECT_TRUE(readings && readings->empty()) << name;
        EXPECT_EQ(counts.left_out[name], before + 1) << name;
    };
    refuse(R"({"resourceType":"Patient"})", "resource Patient");
    refuse(observation("8867-4", quantity("72", "Hz")), "heart_rate in unit Hz");
    refuse(observation("8310-5", quantity("98.6", "[degF]")), "temperature in unit [degF]");
    refuse(observation("8867-4", quantity("7e1", "/min")),
           "heart_rate that is no plain decimal number");
    refuse(observation("8867-4", "\"dataAbsentReason\":{}"), "heart_rate without a value");
    EXPECT_EQ(counts.left_out["member dataAbsentReason"], 1U);
    refuse(observation("2339-0", good), "code 2339-0");
    auto line = observation("8867-4", good);
    line.replace(line.find("final"), 5, "entered-in-error");
    refuse(line, "status entered-in-error");
    line = observation("8867-4", good);
    line.replace(line.find("subject"), 7, "encount");
    refuse(line, "neither subject nor device");
    line = observation("8867-4", good);
    line.replace(line.find("2026-11"), 7, "2026-15");
    refuse(line, "no time that is understood");
    const auto noted = parse_fhir_line(observation("8867-4", good + R"(,"note":[])"), counts);
    EXPECT_EQ(noted->size(), 1U);
    EXPECT_EQ(counts.left_out["member note"], 1U);
    const auto pressure = [](const std::string& rest) {
        return observation("85354-9", rest);
    };
    const std::string systolic =
        R"({"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},)" +
        quantity("120", "mm[Hg]");
    refuse(pressure(R"("status2":1)"), "blood pressure without components");
    refuse(pressure(R"("component":[])"), "blood pressure without components");
    refuse(pressure(quantity("120", "mm[Hg]")), "blood pressure with a value of its own");
    refuse(pressure(R"("component":[{"valueQuantity":{"value":1}}])"),
           "component without a LOINC code");
    const auto odd = parse_fhir_line(
        pressure(R"("component":[)" + systolic + R"(,"interpretation":[]}])"), counts);
    EXPECT_EQ(odd->size(), 1U);
    EXPECT_EQ(counts.left_out["member component.interpretation"], 1U);
    auto extended = observation("8867-4", good);
    extended.replace(extended.find("\"value\""), 7, R"("extension":[],"value")");
    EXPECT_EQ(parse_fhir_line(extended, counts)->size(), 1U);
    EXPECT_EQ(counts.left_out["member valueQuantity.extension"], 1U);
    EXPECT_FALSE(parse_fhir_line("[]", counts));
    EXPECT_FALSE(parse_fhir_line("{", counts));
}

TEST(Fhir, the_list_of_names_is_bounded) {
    FhirCounts counts;
    for (int i = 0; i < 1000; ++i)
        (void)parse_fhir_line(R"({"resourceType":"R)" + std::to_string(i) + "\"}", counts);
    EXPECT_LE(counts.left_out.size(), fhir_names_max + 1);
    EXPECT_EQ(counts.left_out["others"], 1000 - fhir_names_max);
}

// [READING-22]
TEST(Fhir, what_is_printed_is_understood_again) {
    Reading reading;
    reading.profile = 1;
    reading.source = 0x1122;
    reading.time = *parse_moment("2026-11-22T19:06:45.250Z");
    reading.values = {decimal(72), decimal(98),  decimal(3660, 2),
                      decimal(16), decimal(120), decimal(80)};
    FhirCounts counts;
    Reading merged = reading;
    merged.values.fill(std::nullopt);
    const auto text = print_fhir_lines(reading);
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        const auto found = parse_fhir_line(std::string_view(text).substr(at, end - at), counts);
        ASSERT_TRUE(found && found->size() == 1);
        EXPECT_EQ(found->front().time, reading.time);
        for (std::size_t i = 0; i < values_max; ++i)
            if (found->front().values[i]) merged.values[i] = found->front().values[i];
        at = end + 1;
    }
    EXPECT_EQ(merged, reading);
    EXPECT_EQ(counts.lines, 5U);
    EXPECT_TRUE(counts.left_out.empty());
}

} // namespace
} // namespace torgo::reading
