// A ticket's text before its signature is looked at: whoever can write the run's folder can put one
// there. What is accepted is written as it stood there. Read once as it is, and once with key and
// signature put behind it.
#include "base/ensure.hpp"
#include "workflow/ticket.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace torgo;

void parse(std::string_view text) {
    const auto ticket = workflow::parse_ticket(text);
    if (ticket)
        ENSURE(workflow::format_ticket(*ticket) == text && ticket->ticket.id.size() == 32);
    else
        ENSURE(ticket.error().code() == Errc::corrupt ||
               ticket.error().code() == Errc::unsupported);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = as_text(ByteView(data, size));
    parse(text);
    parse(std::string(text) + "\nkey 00\nsignature 00\n");
    const Bytes key(1952);                     // of ML-DSA-65
    ENSURE(!workflow::read_ticket(text, key)); // nobody has that key
    return 0;
}
