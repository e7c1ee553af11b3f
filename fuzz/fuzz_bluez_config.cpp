// Answers of configuration servers, as a daemon hands them on. Oracle: an answer that passes begins
// as it was asked for and has the status of success; a refusal has a text.
#include "base/ensure.hpp"
#include "bluez/config.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;
using namespace torgo::bluez;

const auto& questions() {
    static const std::array asked{bind_model(1, 0, {0x05f1, 1}),
                                  subscribe_model(1, 0xc000, {0, 2}),
                                  set_publication(1, {}, {0, 2}),
                                  set_heartbeat_publication({}),
                                  get_heartbeat_subscription(),
                                  set_relay(true, 2, 1),
                                  set_default_ttl(5),
                                  set_network_transmit(2, 1),
                                  get_composition(0),
                                  application_key_answer(),
                                  network_key_answer(),
                                  reset_node()};
    return asked;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView answer(data + 1, size - 1);
    const auto& asked = questions()[data[0] % questions().size()];
    const auto payload = check_answer(asked, answer);
    if (!payload) {
        ENSURE(!payload.error().detail().empty());
        return 0;
    }
    const auto& opcode = asked.answer_opcode;
    ENSURE(answers(asked, answer) && std::ranges::equal(opcode, answer.first(opcode.size())));
    ENSURE(payload->size() + opcode.size() + (asked.has_status ? 1 : 0) == answer.size());
    ENSURE(!asked.has_status || answer[opcode.size()] == 0);
    const auto heard = parse_heartbeats_heard(*payload);
    ENSURE(!heard || payload->size() == 8);
    return 0;
}
