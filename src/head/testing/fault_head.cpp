#include "head/testing/fault_head.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace torgo::head {

Fault& Fault::nth(std::uint64_t n) {
    ENSURE(n != 0);
    m_skip = n - 1;
    return *this;
}

Fault& Fault::times(std::uint64_t n) {
    m_left = n;
    return *this;
}

Fault& Fault::always() {
    return times(std::numeric_limits<std::uint64_t>::max());
}

Fault& Fault::fail(Errc code) {
    m_before = code;
    return *this;
}

Fault& Fault::fail_after(Errc code) {
    m_after = code;
    return *this;
}

Fault& Fault::flip_bit(std::uint64_t bit) {
    m_bit = bit;
    return *this;
}

Fault& Fault::cut_to(std::size_t size) {
    m_cut = size;
    return *this;
}

Fault& Fault::lie() {
    m_lie = true;
    return *this;
}

Fault& Fault::hang(env::Clock& clock, std::int64_t duration_ns) {
    m_clock = &clock;
    m_duration_ns = duration_ns;
    return *this;
}

bool Fault::hits(Call call) {
    if (call != m_call || m_left == 0) return false;
    if (m_skip != 0) {
        --m_skip;
        return false;
    }
    --m_left;
    return true;
}

FaultHead::FaultHead(std::unique_ptr<Head> inner) : m_inner(std::move(inner)) {}

Fault& FaultHead::on(Call call) {
    const std::lock_guard lock(m_mutex);
    return *m_faults.emplace_back(std::make_unique<Fault>(call));
}

void FaultHead::vanish() {
    const std::lock_guard lock(m_mutex);
    m_vanished = true;
}

void FaultHead::reappear() {
    const std::lock_guard lock(m_mutex);
    m_vanished = false;
}

std::uint64_t FaultHead::calls(Call call) const {
    const std::lock_guard lock(m_mutex);
    return m_calls.at(static_cast<std::size_t>(call));
}

FaultHead::Effect FaultHead::meet(Call call) {
    Effect effect;
    std::vector<std::pair<env::Clock*, std::int64_t>> hangs;
    {
        const std::lock_guard lock(m_mutex);
        ++m_calls.at(static_cast<std::size_t>(call));
        for (const auto& fault : m_faults) {
            if (!fault->hits(call)) continue;
            if (fault->m_before) effect.before = fault->m_before;
            if (fault->m_after) effect.after = fault->m_after;
            if (fault->m_bit) effect.bits.push_back(*fault->m_bit);
            if (fault->m_cut) effect.cut = fault->m_cut;
            effect.lie = effect.lie || fault->m_lie;
            if (fault->m_clock != nullptr) hangs.emplace_back(fault->m_clock, fault->m_duration_ns);
        }
        if (m_vanished) effect.before = Errc::unavailable;
    }
    for (const auto& [clock, duration] : hangs)
        clock->sleep_ns(duration);
    return effect;
}

Bytes FaultHead::Effect::spoil(ByteView content) const {
    Bytes out(content.begin(), content.end());
    for (const auto bit : bits)
        if (bit / 8 < out.size()) out[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    if (cut && *cut < out.size()) out.resize(*cut);
    return out;
}

/// `act` gets the effect, for what it does to content; `lie` makes the answer of a head that did
/// nothing.
template <class Act, class Lie>
auto FaultHead::run(Call call, Act act, Lie lie) -> decltype(lie()) {
    const auto effect = meet(call);
    const auto asked_for = std::string(name(call)) + ": a fault was asked for";
    if (effect.before) return torgo::fail(*effect.before, asked_for);
    auto result = effect.lie ? lie() : act(effect);
    if (effect.after) return torgo::fail(*effect.after, asked_for);
    return result;
}

class FaultHead::Writer final : public SegmentWriter {
public:
    Writer(FaultHead& head, std::unique_ptr<SegmentWriter> inner)
        : m_head(head), m_inner(std::move(inner)) {}

    Result<> append(ByteView bytes) override {
        const auto act = [&](const Effect& effect) {
            return m_inner->append(effect.spoil(bytes));
        };
        return m_head.run(Call::append, act, [] { return Result<>{}; });
    }

    Result<> commit(const SegmentId& name) override {
        const auto act = [&](const Effect&) {
            return m_inner->commit(name);
        };
        return m_head.run(Call::commit, act, [] { return Result<>{}; });
    }

private:
    FaultHead& m_head;
    std::unique_ptr<SegmentWriter> m_inner;
};

Result<> FaultHead::probe() {
    const auto act = [&](const Effect&) {
        return m_inner->probe();
    };
    return run(Call::probe, act, [] { return Result<>{}; });
}

Result<std::unique_ptr<SegmentWriter>> FaultHead::begin_segment(std::uint64_t expected_size) {
    using Answer = Result<std::unique_ptr<SegmentWriter>>;
    const auto act = [&](const Effect&) -> Answer {
        TRY(auto writer, m_inner->begin_segment(expected_size));
        return std::make_unique<Writer>(*this, std::move(writer));
    };
    // A lie of the writer itself is told by its commit.
    return run(Call::begin_segment, act, [&] { return act(Effect{}); });
}

Result<> FaultHead::read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) {
    const auto act = [&](const Effect& effect) -> Result<> {
        CHECK_OK(m_inner->read_segment(segment, offset, out));
        auto seen = effect.spoil(out);
        seen.resize(out.size());
        std::ranges::copy(seen, out.begin());
        return {};
    };
    const auto lie = [&]() -> Result<> {
        std::ranges::fill(out, std::uint8_t{0});
        return {};
    };
    return run(Call::read_segment, act, lie);
}

Result<std::uint64_t> FaultHead::segment_size(const SegmentId& segment) {
    const auto act = [&](const Effect&) {
        return m_inner->segment_size(segment);
    };
    return run(Call::segment_size, act, [] { return Result<std::uint64_t>{0}; });
}

Result<std::vector<SegmentId>> FaultHead::list_segments(const SegmentId& after, std::size_t max) {
    const auto act = [&](const Effect&) {
        return m_inner->list_segments(after, max);
    };
    return run(Call::list_segments, act, [] { return Result<std::vector<SegmentId>>{}; });
}

Result<> FaultHead::remove_segment(const SegmentId& segment) {
    const auto act = [&](const Effect&) {
        return m_inner->remove_segment(segment);
    };
    return run(Call::remove_segment, act, [] { return Result<>{}; });
}

Result<> FaultHead::put_root(const std::string& name, ByteView content) {
    const auto act = [&](const Effect& effect) {
        return m_inner->put_root(name, effect.spoil(content));
    };
    return run(Call::put_root, act, [] { return Result<>{}; });
}

Result<Bytes> FaultHead::get_root(const std::string& name) {
    const auto act = [&](const Effect& effect) -> Result<Bytes> {
        TRY(const auto content, m_inner->get_root(name));
        return effect.spoil(content);
    };
    return run(Call::get_root, act, [] { return Result<Bytes>{}; });
}

Result<std::vector<std::string>> FaultHead::list_roots(const std::string& prefix) {
    const auto act = [&](const Effect&) {
        return m_inner->list_roots(prefix);
    };
    return run(Call::list_roots, act, [] { return Result<std::vector<std::string>>{}; });
}

Result<> FaultHead::remove_root(const std::string& name) {
    const auto act = [&](const Effect&) {
        return m_inner->remove_root(name);
    };
    return run(Call::remove_root, act, [] { return Result<>{}; });
}

Result<HeadStatus> FaultHead::status() {
    const auto act = [&](const Effect&) {
        return m_inner->status();
    };
    return run(Call::status, act, [] { return Result<HeadStatus>{}; });
}

} // namespace torgo::head
