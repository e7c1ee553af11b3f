// What a run reads that others wrote: a worker's messages, lines of a Context, URIs of stores,
// signed tickets.
#include "maml/document.hpp"
#include "workflow/inputs.hpp"
#include "workflow/storage_uri.hpp"
#include "workflow/ticket.hpp"
#include "workflow/values.hpp"
#include "workflow/worker.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

constexpr std::size_t public_key_size = 1952;

} // namespace

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
    (void)workflow::read_storage_uri(text);
    (void)workflow::slow_imports(text);
    const Bytes key(public_key_size);
    if (workflow::read_ticket(text, key)) __builtin_trap(); // nobody has that key
    return 0;
}
