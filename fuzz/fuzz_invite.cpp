// Invites, and the URIs and addresses of nodes, are pasted by people and scanned from pictures.
// What is accepted has exactly one spelling. Read once as it is, and once as the bytes of an invite
// whose check is made to fit.
#include "base/ensure.hpp"
#include "crypto/hash.hpp"
#include "peer/base64url.hpp"
#include "peer/invite.hpp"
#include "peer/node_uri.hpp"
#include "peer/receipt.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace torgo;

void parse(std::string_view text) {
    const auto invite = peer::parse_invite(text);
    if (!invite) return;
    const auto again = peer::format_invite(*invite);
    ENSURE(again && *again == text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input(data, size);
    parse(as_text(input));
    constexpr std::size_t check_size = 4;
    Bytes body(input.begin(), input.end());
    const auto digest = crypto::sha256(input);
    body.insert(body.end(), digest.bytes.begin(), digest.bytes.begin() + check_size);
    parse("torgo-invite:" + peer::to_base64url(body));
    if (const auto address = peer::parse_address(as_text(input)))
        ENSURE(peer::format_address(*address) == as_text(input));
    if (const auto uri = peer::parse_node_uri(as_text(input)))
        ENSURE(peer::parse_node_uri(peer::format_node_uri(*uri)) == *uri);
    (void)peer::parse_traceparent(as_text(input));
    return 0;
}
