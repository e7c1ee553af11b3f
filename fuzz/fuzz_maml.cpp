// Whole MAML files, documents that show some, and signature files. Oracle: a file is read or
// refused with a place; formatting is done after once and keeps what is signed; a line of history
// can be added to whatever is read.
#include "base/ensure.hpp"
#include "maml/document.hpp"
#include "maml/extract.hpp"
#include "maml/signature.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;
using namespace torgo::maml;

void check_reading(const Reading& reading) {
    ENSURE(reading.document.has_value() != reading.findings.refused());
    for (const auto& finding : reading.findings.list())
        ENSURE(finding.place.line > 0 && finding.place.column > 0 && !finding.mend.empty());
}

void check_document(const Document& document, std::string_view text) {
    const auto once = formatted(document);
    const auto again = read(once, Level::lenient);
    ENSURE(again.document.has_value());
    ENSURE(formatted(*again.document) == once);
    ENSURE(canonical(*again.document) == canonical(document));
    const auto longer =
        with_history(text, {.time = "2026-01-02T03:04:05Z", .verb = "RUN", .text = "a"});
    ENSURE(longer.has_value());
    const auto grown = read(*longer, Level::lenient);
    ENSURE(grown.document.has_value());
    ENSURE(grown.document->history.size() == document.history.size() + 1);
    ENSURE(canonical(*grown.document) == canonical(document));
    ENSURE(!verify(document, {}, text, std::string(64, '0')).has_value());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = as_text(ByteView(data, size));
    check_reading(read(text, Level::strict));
    const auto reading = read(text, Level::lenient);
    check_reading(reading);
    if (reading.document) check_document(*reading.document, text);
    for (const auto& sample : extract(text).samples)
        check_reading(read(sample.text, Level::lenient));
    return 0;
}
