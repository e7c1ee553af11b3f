// What a run reads that others wrote: values, lines of a Context, URIs of stores.
#include "maml/document.hpp"
#include "workflow/inputs.hpp"
#include "workflow/storage_uri.hpp"
#include "workflow/values.hpp"
#include "workflow/worker.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace torgo;
    const auto text = as_text(ByteView(data, size));
    // What is read is written so that the same is read again.
    if (const auto values = workflow::values_of(text)) {
        const auto again = workflow::values_of(workflow::json_of(*values));
        if (!again || workflow::json_of(*again) != workflow::json_of(*values)) __builtin_trap();
    }
    if (const auto reading = maml::read(text, maml::Level::lenient); reading.document)
        (void)workflow::inputs_of(*reading.document, {});
    if (const auto uri = workflow::read_storage_uri(text);
        uri && "tor://" + uri->socks + "/" + uri->network != text)
        __builtin_trap();
    (void)workflow::mode_of(text);
    (void)workflow::slow_imports(text);
    return 0;
}
