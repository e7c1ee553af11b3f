#pragma once

#include "env/clock.hpp"
#include "head/call.hpp"
#include "head/head.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace torgo::head {

/// What goes wrong with some calls of one kind. Without more it does nothing: say when, and what.
///
///     faults.on(Call::put_root).nth(3).fail(Errc::no_space);
///     faults.on(Call::read_segment).always().flip_bit(17);
class Fault {
public:
    explicit Fault(Call call) : m_call(call) {}

    /// The first call hit, counted from now; 1 is the next.
    Fault& nth(std::uint64_t n);
    /// How many calls in a row are hit; 1 when not said.
    Fault& times(std::uint64_t n);
    Fault& always();

    /// The call is not done and fails.
    Fault& fail(Errc code);
    /// The call is done, and its answer lost on the way.
    Fault& fail_after(Errc code);
    /// Turns a bit of what is read or written, where it has that many.
    Fault& flip_bit(std::uint64_t bit);
    /// Success, but only the first `size` bytes are right: the rest of a segment read is zero, a
    /// root ends there, of a write only these arrive.
    Fault& cut_to(std::size_t size);
    /// Success, and nothing was done: what is written is lost, a list is empty, a read is all zero.
    Fault& lie();
    /// Time passes before anything else happens.
    Fault& hang(env::Clock& clock, std::int64_t duration_ns);

private:
    friend class FaultHead;

    bool hits(Call call);

    Call m_call;
    std::uint64_t m_skip = 0;
    std::uint64_t m_left = 1;
    std::optional<Errc> m_before;
    std::optional<Errc> m_after;
    std::optional<std::uint64_t> m_bit;
    std::optional<std::size_t> m_cut;
    bool m_lie = false;
    env::Clock* m_clock = nullptr;
    std::int64_t m_duration_ns = 0;
};

/// A head that fails as it is told to: for tests of what uses heads. Thread-safe; faults are
/// described before the calls they are for.
class FaultHead final : public Head {
public:
    explicit FaultHead(std::unique_ptr<Head> inner);

    /// A new fault, to be described by the caller. Of several that hit a call, all take effect.
    Fault& on(Call call);

    /// From now on, or no longer, every call fails with `unavailable`.
    void vanish();
    void reappear();

    /// How often it was called.
    std::uint64_t calls(Call call) const;

    const std::string& uri() const override { return m_inner->uri(); }

    Result<> probe() override;
    Result<std::unique_ptr<SegmentWriter>> begin_segment(std::uint64_t expected_size) override;
    Result<> read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) override;
    Result<std::uint64_t> segment_size(const SegmentId& segment) override;
    Result<std::vector<SegmentId>> list_segments(const SegmentId& after, std::size_t max) override;
    Result<> remove_segment(const SegmentId& segment) override;
    Result<> put_root(const std::string& name, ByteView content) override;
    Result<Bytes> get_root(const std::string& name) override;
    Result<std::vector<std::string>> list_roots(const std::string& prefix) override;
    Result<> remove_root(const std::string& name) override;
    Result<HeadStatus> status() override;

private:
    class Writer;

    static constexpr std::size_t call_count = static_cast<std::size_t>(Call::status) + 1;

    /// All that hits one call.
    struct Effect {
        std::optional<Errc> before;
        std::optional<Errc> after;
        std::vector<std::uint64_t> bits;
        std::optional<std::size_t> cut;
        bool lie = false;

        Bytes spoil(ByteView content) const;
    };

    Effect meet(Call call);
    template <class Act, class Lie>
    auto run(Call call, Act act, Lie lie) -> decltype(lie());

    std::unique_ptr<Head> m_inner;
    mutable std::mutex m_mutex;
    std::vector<std::unique_ptr<Fault>> m_faults;
    std::array<std::uint64_t, call_count> m_calls{};
    bool m_vanished = false;
};

} // namespace torgo::head
