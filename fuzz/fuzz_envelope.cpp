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
#include <vector>

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

/// Parts one after the other, each behind its size. A message that comes out was cut: cutting it
/// again gives parts of which each is among those that were given.
void gather_many(ByteView bytes) {
    Assembler assembler;
    std::vector<ByteView> given;
    while (bytes.size() > 2) {
        const std::size_t size = bytes[0] | std::size_t{bytes[1]} << 8U;
        bytes = bytes.subspan(2);
        given.push_back(bytes.first(std::min(size, bytes.size())));
        bytes = bytes.subspan(given.back().size());
        const auto whole = assembler.add(given.back());
        if (!whole || !*whole) continue;
        for (const auto& part : split(**whole, assembler.group(), {})) {
            const auto cut = ByteView(part).subspan(opcode_size);
            ENSURE(std::ranges::any_of(given,
                                       [&](ByteView one) { return std::ranges::equal(one, cut); }));
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    NoStore store;
    open(bytes);
    gather(bytes);
    gather_many(bytes);
    (void)decode_offer(bytes, 1);
    if (const auto enrolment = Enrolment::decode(bytes))
        ENSURE(std::ranges::equal(enrolment->encode().view(), bytes));
    (void)Session::restore(bytes, Numbers(store, {}, 1));
    return 0;
}
