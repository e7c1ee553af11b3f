// Packs over the heads: how HeadSet spreads one and how it reads the parts of one again.
#include "repo/head_set.hpp"
#include "segment/splitter.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <variant>

namespace torgo::repo {

namespace {

constexpr std::size_t write_stripes = 16; ///< handed over at a time: 2 MiB of a pack at 2 of 4

using Committed = std::monostate;

/// One pack on its way to the heads: a writer for each segment, or none after its head failed.
class Spread {
public:
    explicit Spread(std::size_t count) : m_writers(count), m_spools(count), m_errors(count) {}

    void begin(std::size_t segment, head::Head& head, std::uint64_t size) {
        auto writer = head.begin_segment(size);
        if (writer)
            m_writers[segment] = *std::move(writer);
        else
            m_errors[segment] = std::move(writer).error();
    }

    /// The same bytes also go into a spool, from the first one on: what a head has not taken at the
    /// end is gone from memory by then.
    void begin_spool(std::size_t segment, head::Head& spool, std::uint64_t size) {
        auto writer = spool.begin_segment(size);
        if (writer)
            m_spools[segment] = *std::move(writer);
        else
            m_spool_error = std::move(writer).error();
    }

    void leave_out(std::size_t segment, Error reason) { m_errors[segment] = std::move(reason); }

    Result<> append(std::size_t segment, ByteView bytes) {
        if (auto& spool = m_spools[segment]) {
            if (auto kept = spool->append(bytes); !kept) give_up_spool(segment, kept.error());
        }
        auto& writer = m_writers[segment];
        if (!writer) return {};
        if (auto done = writer->append(bytes); !done) give_up(segment, std::move(done).error());
        m_bytes += bytes.size();
        return {};
    }

    /// SPOOL-3: for the segments that no head took until now. What the others left in the spool
    /// goes. out     the segments that are durable in a spool
    std::vector<std::size_t> commit_spools(const std::vector<SegmentId>& names) {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < m_spools.size(); ++i) {
            const auto spool = std::move(m_spools[i]);
            if (!spool || !m_errors[i]) continue;
            if (auto kept = spool->commit(names[i]); !kept) {
                m_spool_error = std::move(kept).error();
                continue;
            }
            m_errors[i].reset();
            out.push_back(i);
        }
        return out;
    }

    /// All at once: each commit waits for its own disk. The lane of each segment is `lane(i)`, and
    /// `slots_of(i)` are the names of those that lie on the same head. False when it was stopped
    /// before there were `enough`; who is not done then has `tail` more.
    template <class LaneOf, class SlotsOf, class Enough>
    bool commit(const std::vector<SegmentId>& names, const LaneOf& lane, const SlotsOf& slots_of,
                const std::stop_token& stop, Lane::Clock::duration tail, const Enough& enough) {
        Inbox<Committed> inbox;
        std::vector<std::size_t> asked; // by ticket - 1
        for (std::size_t i = 0; i < m_writers.size(); ++i) {
            if (!m_writers[i]) continue;
            inbox.ask(lane(i),
                      [writer = std::move(m_writers[i]), name = names[i],
                       slots = slots_of(i)]() -> Result<Committed> {
                          CHECK_OK(writer->commit_beside(name, slots));
                          return Committed{};
                      });
            m_errors[i] = Error(Errc::timeout, "it takes too long");
            asked.push_back(i);
        }
        return inbox.gather(tail, stop, [&](Inbox<Committed>::Answer answer) {
            auto& error = m_errors[asked[answer.ticket - 1]];
            if (answer.value)
                error.reset();
            else
                error.emplace(std::move(answer.value).error());
            return enough() ? Inbox<Committed>::More::enough : Inbox<Committed>::More::needed;
        });
    }

    /// Whether k segments are left when those `margin` heads are lost that have most of them.
    bool survives(unsigned k, std::size_t heads, std::size_t margin) const {
        std::vector<std::size_t> counts(heads);
        for (std::size_t i = 0; i < m_errors.size(); ++i)
            if (!m_errors[i]) ++counts[i % heads];
        std::ranges::sort(counts);
        counts.resize(heads - std::min(margin, heads));
        return std::accumulate(counts.begin(), counts.end(), std::size_t{0}) >= k;
    }

    std::vector<std::size_t> missing() const {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < m_errors.size(); ++i)
            if (m_errors[i]) out.push_back(i);
        return out;
    }

    std::uint64_t bytes() const { return m_bytes; }

    /// The most telling reason: a full spool, then a full disk, before a missing one.
    std::optional<Error> reason() const {
        if (m_spool_error) return m_spool_error;
        std::optional<Error> first;
        for (const auto& error : m_errors) {
            if (!error) continue;
            if (error->code() == Errc::no_space) return error;
            if (!first) first = error;
        }
        return first;
    }

private:
    void give_up(std::size_t segment, Error error) {
        m_errors[segment] = std::move(error);
        m_writers[segment].reset();
    }

    void give_up_spool(std::size_t segment, const Error& error) {
        m_spool_error = error;
        m_spools[segment].reset();
    }

    std::vector<std::unique_ptr<head::SegmentWriter>> m_writers;
    std::vector<std::unique_ptr<head::SegmentWriter>> m_spools;
    std::vector<std::optional<Error>> m_errors;
    std::optional<Error> m_spool_error;
    std::uint64_t m_bytes = 0;
};

/// Asks the heads for parts of one pack: folders here and now, distant heads in their lanes.
class HeadFetcher final : public segment::Fetcher {
public:
    HeadFetcher(const HeadSet& heads, const segment::PackInfo& pack)
        : m_heads(heads), m_pack(pack) {}

    Ticket ask(unsigned index, std::uint64_t offset, std::size_t size) override {
        const auto at = m_heads.head_of(index);
        auto* const head = m_heads.at(at);
        if (head == nullptr)
            return m_inbox.ask_here(
                [&]() -> Result<Part> { return std::unexpected(*m_heads.why_not(at)); });
        auto read = [head, name = m_pack.segments.at(index), offset, size]() -> Result<Part> {
            auto part = std::make_unique_for_overwrite<std::uint8_t[]>(size);
            CHECK_OK(head->read_segment(name, offset, {part.get(), size}));
            return part;
        };
        if (!head->is_distant()) return m_inbox.ask_here(std::move(read));
        return m_inbox.ask(m_heads.lane(at), std::move(read));
    }

    std::optional<Answer> next() override {
        auto answer = m_inbox.next();
        if (!answer) return std::nullopt;
        return Answer{.ticket = answer->ticket, .bytes = std::move(answer->value)};
    }

    segment::SegmentMask reluctant() const override {
        segment::SegmentMask out = 0;
        for (unsigned i = 0; i < m_pack.code.n; ++i)
            if (m_heads.lane(m_heads.head_of(i)).rests()) out |= segment::mask_of(i);
        return out;
    }

private:
    using Part = std::unique_ptr<std::uint8_t[]>;

    const HeadSet& m_heads;
    const segment::PackInfo& m_pack;
    Inbox<Part> m_inbox;
};

} // namespace

std::vector<SegmentId> HeadSet::slots_on(std::size_t head, const segment::PackInfo& pack) const {
    std::vector<SegmentId> out;
    for (unsigned i = 0; i < pack.segments.size(); ++i)
        if (head_of(i) == head) out.push_back(pack.segments[i]);
    return out;
}

std::size_t HeadSet::heads_to_restore(segment::Code code) const {
    const auto each = std::max<std::size_t>(1, code.n / size());
    return (code.k + each - 1) / each;
}

/// A head that hangs is left out as long as it rests and the others are enough: each pack would
/// wait for it anew.
Result<HeadSet::WrittenPack> HeadSet::write_pack(const RepoId& repo, segment::PackClass cls,
                                                 segment::Code code, ByteView pack,
                                                 std::size_t needed, const Done& done_with) {
    TRY(auto splitter, segment::Splitter::create(code, cls, repo, pack.size()));
    segment::PackInfo shape{.cls = cls, .code = code, .size = pack.size(), .segments = {}};
    Spread spread(code.n);
    const bool choosy = ready() >= needed;
    // Those that certainly need their spool come first, should it get full.
    for (const bool there : {false, true})
        for (unsigned i = 0; i < code.n && m_spooling; ++i)
            if (is_there(head_of(i)) == there && spool_of(head_of(i)) != nullptr)
                spread.begin_spool(i, *spool_of(head_of(i)), shape.segment_file_size());
    for (unsigned i = 0; i < code.n; ++i) {
        const auto at = head_of(i);
        if (!is_there(at))
            spread.leave_out(i, *m_errors[at]);
        else if (choosy && m_lanes[at]->hangs())
            spread.leave_out(i, Error(Errc::unavailable, label(at) + " did not answer lately"));
        else
            spread.begin(i, *m_heads[at], shape.segment_file_size());
    }
    const auto sink = [&](unsigned index, ByteView bytes) {
        return spread.append(index, bytes);
    };
    // In steps, so that the caller can let go of memory behind the writing.
    const auto step = write_stripes * code.k * segment::cell_size;
    for (std::size_t at = 0; at < pack.size(); at += step) {
        CHECK_OK(splitter.add(pack.subspan(at, std::min(step, pack.size() - at)), sink));
        done_with(at + std::min(step, pack.size() - at));
    }
    TRY(auto info, splitter.finish(sink));
    const auto to_restore = heads_to_restore(code);
    const auto stored = [&] {
        return spread.survives(code.k, size(), needed - std::min(needed, to_restore));
    };
    const bool ended = spread.commit(
        info.segments,
        [this](std::size_t segment) -> Lane& {
            return lane(head_of(static_cast<unsigned>(segment)));
        },
        [&](std::size_t segment) {
            return slots_on(head_of(static_cast<unsigned>(segment)), info);
        },
        m_opener.stop_token(), writing_tail(code.n * shape.segment_file_size()), stored);
    auto waiting = spread.commit_spools(info.segments);
    WrittenPack written{.info = std::move(info),
                        .missing = spread.missing(),
                        .waiting = std::move(waiting),
                        .bytes = spread.bytes()};
    for (const auto segment : written.missing)
        m_lacks[head_of(static_cast<unsigned>(segment))] = true;
    if (stored()) return written;
    if (!ended) return fail(Errc::cancelled, "stopped while heads did not answer");
    std::set<std::size_t> lacking;
    for (const auto segment : written.missing)
        lacking.insert(head_of(static_cast<unsigned>(segment)));
    const auto reason = spread.reason();
    return std::unexpected(
        too_few(size() - lacking.size(), size(), needed, reason ? &*reason : nullptr));
}

segment::Fetch HeadSet::fetch(const segment::PackInfo& pack) const {
    return [this, &pack](unsigned index, std::uint64_t offset, ByteSpan out) -> Result<> {
        const auto& head = m_heads[head_of(index)];
        if (!head) return std::unexpected(*m_errors[head_of(index)]);
        return head->read_segment(pack.segments.at(index), offset, out);
    };
}

std::unique_ptr<segment::Fetcher> HeadSet::fetcher(const segment::PackInfo& pack) const {
    return std::make_unique<HeadFetcher>(*this, pack);
}

} // namespace torgo::repo
