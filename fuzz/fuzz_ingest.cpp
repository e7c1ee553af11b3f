// CSV and FHIR as people bring them. Oracle: a row that is accepted is printed as the same bytes; a
// reading of FHIR is understood again when it is printed.
#include "base/ensure.hpp"
#include "reading/csv.hpp"
#include "reading/fhir.hpp"
#include "reading/json.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace torgo;
using namespace torgo::reading;

void read_csv(std::string_view text) {
    const auto table = parse_csv(text, 100);
    if (!table) return;
    auto back = print_csv_header(table->layout) + "\n";
    for (const auto& row : table->rows)
        back += print_csv_row(row, table->layout) + "\n";
    ENSURE(back == text);
}

void read_fhir(std::string_view text) {
    FhirCounts counts;
    const auto readings = parse_fhir_line(text, counts);
    if (!readings) return;
    for (const auto& reading : *readings) {
        const auto printed = print_fhir_lines(reading);
        const auto first = std::string_view(printed).substr(0, printed.find('\n'));
        FhirCounts again;
        ENSURE(parse_fhir_line(first, again)->size() == 1 && again.left_out.empty());
    }
}

/// Every value is counted against the limit, and an object has as many names as values.
std::size_t count(const Json& json) {
    ENSURE(json.keys.size() == (json.is(Json::Type::object) ? json.items.size() : 0));
    std::size_t values = 1;
    for (const auto& item : json.items)
        values += count(item);
    ENSURE(values <= json_values_max);
    return values;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = as_text(ByteView(data, size));
    read_csv(text);
    read_fhir(text);
    if (const auto json = parse_json(text)) count(*json);
    (void)parse_decimal(text);
    if (const auto moment = parse_moment(text)) ENSURE(print(*moment) == text);
    return 0;
}
