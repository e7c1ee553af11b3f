#include "reading/intake.hpp"

namespace torgo::reading {

namespace {
void count(IntakeCounts& counts, Taken taken) {
    if (taken == Taken::fresh)
        counts.fresh += 1;
    else if (taken == Taken::duplicate)
        counts.duplicates += 1;
    else
        counts.refused += 1;
}
} // namespace

Result<IntakeCounts> take(const envelope::Opened& opened, std::uint64_t source, const Plan& plan,
                          Collector& collector, std::int64_t arrival_ns) {
    IntakeCounts out;
    if (opened.kind == envelope::Kind::short_up) {
        const auto* const profile = plan.profile_of(opened.slot);
        if (profile == nullptr) return fail(Errc::unsupported, "a slot without a profile");
        TRY(const auto taken, collector.take_packed(source, *profile, opened.slot, opened.number,
                                                    opened.value, arrival_ns));
        count(out, taken);
        return out;
    }
    TRY(const auto bundle, decode_bundle(opened.body, plan, source));
    for (const auto& gone : bundle.gone)
        CHECK_OK(collector.take_gone(source, gone));
    for (const auto& sent : bundle.readings) {
        TRY(const auto taken, collector.take(sent));
        count(out, taken);
    }
    return out;
}

Result<std::optional<Bytes>> request(envelope::Session& session) {
    if (!session.wants_new_epoch() && !session.is_out_of_step()) return std::optional<Bytes>();
    const auto wanted = session.wants_new_epoch() ? Request::exchange : Request::resend;
    TRY(auto payload, session.seal_long(encode(wanted)));
    return std::optional(std::move(payload));
}

Result<Bytes> acknowledge(envelope::Session& session, const Ack& ack) {
    const auto small = encode_small(ack);
    if (small && !session.wants_long()) {
        TRY(auto sealed, session.seal_short(0, *small));
        return std::move(sealed.payload);
    }
    return session.seal_long(encode(ack));
}

} // namespace torgo::reading
