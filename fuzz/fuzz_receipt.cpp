// Receipts as anybody may hand them in. Oracle: what is taken has one spelling, and what is written
// of it means the same.
#include "base/ensure.hpp"
#include "markup/fields.hpp"
#include "markup/receipt_text.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace torgo;
    using namespace torgo::markup;
    const auto text = as_text({data, size});
    if (const auto receipt = parse_receipt(text)) {
        const auto written = write_receipt(*receipt);
        ENSURE(split_front(text)->front == front_matter(*receipt));
        const auto again = parse_receipt(written);
        ENSURE(again.has_value() && *again == *receipt);
        ENSURE(bounded(*receipt) == *receipt);
    }
    if (const auto value = unquoted(text)) ENSURE(quoted(*value) == text);
    return 0;
}
