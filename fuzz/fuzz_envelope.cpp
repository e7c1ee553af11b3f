// Access payloads as anybody in a mesh may send them. Oracle: nothing opens that was not sealed;
// parts that were cut come together again.
#include "base/ensure.hpp"
#include "envelope/enrolment.hpp"
#include "envelope/exchange.hpp"
#include "envelope/fragments.hpp"
#include "envelope/session.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;
using namespace torgo::envelope;

class NoStore final : public NumberStore {
public:
    Result<> save(const NumberMarks&) override { return {}; }
};

EpochKeys keys() {
    Provision provision;
    provision.secret = crypto::SecretBytes(shared_secret_size);
    return derive_keys(provision, 1, {}, crypto::SecretBytes(32));
}

void open(ByteView payload) {
    NoStore store;
    for (const auto side : {Side::sensor, Side::gateway}) {
        Session session(side, Numbers(store, {}, 1));
        ENSURE(session.install(1, keys()).has_value());
        ENSURE(!session.open(payload));
    }
}

void gather(ByteView payload) {
    Assembler assembler;
    const auto whole = assembler.add(payload);
    if (!whole || !*whole) return;
    const auto parts = split(**whole, assembler.group(), {});
    ENSURE(parts.size() == 1 &&
           std::ranges::equal(ByteView(parts[0]).subspan(opcode_size), payload));
    (void)decode_offer(**whole, 1);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    NoStore store;
    open(bytes);
    gather(bytes);
    (void)decode_offer(bytes, 1);
    if (const auto enrolment = Enrolment::decode(bytes))
        ENSURE(std::ranges::equal(enrolment->encode().view(), bytes));
    (void)Session::restore(bytes, Numbers(store, {}, 1));
    return 0;
}
