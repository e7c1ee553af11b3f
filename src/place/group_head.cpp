#include "place/group_head.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace torgo::place {

namespace {

/// Places kept in memory: some 64 bytes each.
constexpr std::size_t places_max = 32768;

/// What the failures of all members together mean. A full disk tells more than an absent one.
class Verdict {
public:
    void add(Error error) {
        const auto code = error.code();
        if (code == Errc::not_found) {
            if (!m_not_found) m_not_found = std::move(error);
            return;
        }
        if (!m_worst || weight(code) > weight(m_worst->code())) m_worst = std::move(error);
    }

    /// There was at least one failure.
    std::unexpected<Error> error() {
        auto& which = m_worst ? m_worst : m_not_found;
        ENSURE(which.has_value());
        return std::unexpected(*std::move(which));
    }

private:
    static int weight(Errc code) {
        switch (code) {
        case Errc::corrupt:
            return 4;
        case Errc::no_space:
            return 3;
        case Errc::unsupported:
            return 2;
        case Errc::unavailable:
            return 1;
        default:
            return 0;
        }
    }

    std::optional<Error> m_not_found;
    std::optional<Error> m_worst;
};

/// What is wrong with the call itself, or its end: no other member would say otherwise.
bool is_final(Errc code) {
    return code == Errc::cancelled || code == Errc::invalid_argument ||
           code == Errc::limit_exceeded;
}

struct Answered {};

std::function<Result<Answered>(head::Head&)> whether(std::function<Result<>(head::Head&)> act) {
    return [act = std::move(act)](head::Head& head) -> Result<Answered> {
        CHECK_OK(act(head));
        return Answered{};
    };
}

} // namespace

GroupHead::GroupHead(std::string uri, std::vector<Opened> members, env::Clock& clock)
    : m_uri(std::move(uri)) {
    ENSURE(!members.empty() && members.size() <= max_members);
    for (auto& [who, head] : members) {
        m_members.push_back(who);
        m_seats.push_back(std::make_unique<Seat>(who, std::move(head), clock));
    }
}

GroupHead::~GroupHead() = default;

bool GroupHead::is_distant() const {
    return std::ranges::any_of(m_seats, [](const auto& seat) { return seat->head().is_distant(); });
}

/// The members share what bounds them, so that it counts once.
std::int64_t GroupHead::own_wait_ns() const {
    std::int64_t longest = 0;
    for (const auto& seat : m_seats)
        longest = std::max(longest, seat->head().own_wait_ns());
    return longest;
}

std::int64_t GroupHead::own_write_wait_ns(std::uint64_t bytes) const {
    std::int64_t longest = 0;
    for (const auto& seat : m_seats)
        longest = std::max(longest, seat->head().own_write_wait_ns(bytes));
    return longest;
}

std::vector<head::MemberView> GroupHead::members() const {
    std::vector<head::MemberView> out;
    for (const auto& seat : m_seats)
        out.push_back({.head = &seat->head(), .domain = seat->who().domain});
    return out;
}

void GroupHead::cancel() noexcept {
    for (const auto& seat : m_seats)
        seat->head().cancel();
}

/// Usable with one member: what it has is worth asking for.
Result<> GroupHead::probe() {
    const auto answers =
        ask_all<Answered>(m_seats, seats_to_read(m_seats, majority()), majority(), grace_of_reading,
                          whether([](head::Head& head) { return head.probe(); }));
    Verdict verdict;
    std::optional<Error> writes_refused;
    for (const auto& answer : answers) {
        if (!answer) continue;
        if (*answer) return {};
        const auto& error = answer->error();
        if (error.code() == Errc::read_only || error.code() == Errc::permission)
            writes_refused = error;
        verdict.add(error);
    }
    if (writes_refused) return std::unexpected(*std::move(writes_refused));
    return verdict.error();
}

/// The room of all. Who is another head than most of the others is left out from here on.
Result<head::HeadStatus> GroupHead::status() {
    const auto answers =
        ask_all<head::HeadStatus>(m_seats, seats_to_read(m_seats, majority()), majority(),
                                  grace_of_reading, [](head::Head& head) { return head.status(); });
    using Whose = std::pair<RepoId, unsigned>;
    std::map<Whose, head::HeadStatus> sums;
    std::map<Whose, std::size_t> votes;
    Verdict verdict;
    for (const auto& answer : answers) {
        if (answer && !*answer) verdict.add(answer->error());
        if (!answer || !*answer) continue;
        const Whose whose((*answer)->repository, (*answer)->index);
        auto& sum = sums.try_emplace(whose, head::HeadStatus{.repository = whose.first,
                                                             .index = whose.second})
                        .first->second;
        sum.free_bytes += (*answer)->free_bytes;
        sum.total_bytes += (*answer)->total_bytes;
        ++votes[whose];
    }
    if (votes.empty()) return verdict.error();
    const auto most =
        std::ranges::max_element(votes, {}, &std::pair<const Whose, std::size_t>::second);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto& answer = answers[i];
        if (answer && *answer && Whose((*answer)->repository, (*answer)->index) != most->first)
            m_seats[i]->expel();
    }
    return sums.at(most->first);
}

std::optional<std::size_t> GroupHead::known_place(const SegmentId& segment) const {
    const std::lock_guard lock(m_mutex);
    const auto found = m_places.find(segment);
    if (found == m_places.end()) return std::nullopt;
    return found->second;
}

void GroupHead::note_place(const SegmentId& segment, std::size_t at) {
    const std::lock_guard lock(m_mutex);
    if (m_places.size() >= places_max) m_places.clear();
    m_places.insert_or_assign(segment, static_cast<std::uint8_t>(at));
}

void GroupHead::forget_place(const SegmentId& segment) {
    const std::lock_guard lock(m_mutex);
    m_places.erase(segment);
}

/// Where it was last, then its ranking; those that rest, last.
std::vector<std::size_t> GroupHead::search_order(const SegmentId& segment) const {
    auto order = rank(m_members, segment);
    std::erase_if(order, [this](std::size_t at) { return m_seats[at]->foreign(); });
    const auto known = known_place(segment);
    std::ranges::stable_partition(order, [&](std::size_t at) { return at == known; });
    std::ranges::stable_partition(order, [this](std::size_t at) { return !m_seats[at]->rests(); });
    return order;
}

/// The first good answer of a member. [HEAD-34]
template <class T, class Ask>
Result<T> GroupHead::find(const SegmentId& segment, const Ask& ask) {
    Verdict verdict;
    const auto order = search_order(segment);
    if (order.size() < m_seats.size())
        verdict.add({Errc::unavailable, m_uri + " has a member that is another head"});
    for (const auto at : order) {
        if (m_seats[at]->just_failed()) {
            verdict.add({Errc::unavailable, m_members[at].name + " did not answer just now"});
            continue;
        }
        auto answer = m_seats[at]->call(ask);
        if (answer) {
            note_place(segment, at);
            return answer;
        }
        if (is_final(answer.error().code())) return answer;
        verdict.add(std::move(answer).error());
    }
    return verdict.error();
}

Result<> GroupHead::read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) {
    return find<void>(segment,
                      [&](head::Head& head) { return head.read_segment(segment, offset, out); });
}

Result<> GroupHead::read_combined(const SegmentId& segment, std::uint64_t first_cell,
                                  std::uint8_t factor, ByteSpan out) {
    return find<void>(segment, [&](head::Head& head) {
        return head.read_combined(segment, first_cell, factor, out);
    });
}

Result<std::uint64_t> GroupHead::segment_size(const SegmentId& segment) {
    return find<std::uint64_t>(segment,
                               [&](head::Head& head) { return head.segment_size(segment); });
}

/// Each page holds the first names of its member, so the first of all of them are among them.
Result<std::vector<SegmentId>> GroupHead::list_segments(const SegmentId& after, std::size_t max) {
    using Names = std::vector<SegmentId>;
    max = std::min(max, head::max_list_page);
    const auto answers =
        ask_all<Names>(m_seats, seats_to_ask(m_seats), m_seats.size(), grace_of_reading,
                       [after, max](head::Head& head) { return head.list_segments(after, max); });
    Names all;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto& answer = answers[i];
        if (!answer) return fail(Errc::unavailable, m_members[i].name + " is another head");
        if (!*answer) return std::unexpected(answer->error());
        all.insert(all.end(), (*answer)->begin(), (*answer)->end());
    }
    std::ranges::sort(all);
    const auto rest = std::ranges::unique(all);
    all.erase(rest.begin(), rest.end());
    all.resize(std::min(all.size(), max));
    return all;
}

Result<> GroupHead::remove_segment(const SegmentId& segment) {
    const auto answers = ask_all<Answered>(
        m_seats, seats_to_ask(m_seats), majority(), grace_of_writing,
        whether([segment](head::Head& head) { return head.remove_segment(segment); }));
    forget_place(segment);
    Verdict verdict;
    bool done = false;
    for (const auto& answer : answers) {
        if (!answer) continue;
        done = done || answer->has_value();
        if (*answer) continue;
        const auto code = answer->error().code();
        if (code != Errc::unavailable && code != Errc::timeout)
            return std::unexpected(answer->error());
        verdict.add(answer->error());
    }
    if (done) return {};
    return verdict.error();
}

/// Keeps the bytes until their name says where they belong.
class GroupHead::Writer final : public head::SegmentWriter {
public:
    Writer(GroupHead& group, std::size_t expected_size) : m_group(group) {
        m_bytes.reserve(expected_size);
    }

    Result<> append(ByteView bytes) override {
        if (m_ended) return fail(Errc::invalid_argument, "this segment is stored already");
        if (bytes.size() > max_group_segment - m_bytes.size())
            return fail(Errc::limit_exceeded, "a segment of a group is at most 80 MiB");
        m_bytes.insert(m_bytes.end(), bytes.begin(), bytes.end());
        return {};
    }

    Result<> commit(const SegmentId& name) override { return commit_beside(name, {&name, 1}); }

    Result<> commit_beside(const SegmentId& name, std::span<const SegmentId> slots) override {
        if (m_ended) return fail(Errc::invalid_argument, "this segment is stored already");
        CHECK_OK(m_group.store(name, slots, m_bytes));
        m_ended = true;
        m_bytes = {};
        return {};
    }

private:
    GroupHead& m_group;
    Bytes m_bytes;
    bool m_ended = false;
};

Result<std::unique_ptr<head::SegmentWriter>> GroupHead::begin_segment(std::uint64_t expected_size) {
    if (expected_size > max_group_segment)
        return fail(Errc::limit_exceeded, "a segment of a group is at most 80 MiB");
    return std::make_unique<Writer>(*this, expected_size);
}

MemberMask GroupHead::unfit(bool resting_too) const {
    MemberMask out = 0;
    for (std::size_t i = 0; i < m_seats.size(); ++i)
        if (m_seats[i]->foreign() || (resting_too && m_seats[i]->rests())) out |= mask_of(i);
    return out;
}

/// Where the segment is to go now: to its place, or else beside the others of its pack. Noted at
/// once, for those others may be looking for a place too. [PLACE-6]
std::optional<std::size_t> GroupHead::reserve(const SegmentId& name,
                                              std::span<const SegmentId> slots, MemberMask failed) {
    auto places = assign(m_members, slots);
    const auto own = static_cast<std::size_t>(std::ranges::find(slots, name) - slots.begin());
    ENSURE(own < slots.size());
    const auto left_out = failed | unfit(/*resting_too=*/true);
    std::optional<std::size_t> at = places[own];
    bool elsewhere = (left_out & mask_of(*at)) != 0;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (i == own) continue;
        const auto known = known_place(slots[i]).value_or(places[i]);
        elsewhere = elsewhere || known != places[i];
        places[i] = known;
    }
    if (elsewhere) {
        places.erase(places.begin() + static_cast<std::ptrdiff_t>(own));
        at = choose(m_members, name, places, left_out);
        if (!at) at = choose(m_members, name, places, failed | unfit(/*resting_too=*/false));
    }
    if (at) note_place(name, *at);
    return at;
}

Result<> GroupHead::store_on(std::size_t at, const SegmentId& name, ByteView bytes) {
    return m_seats[at]->call([&](head::Head& head) -> Result<> {
        TRY(const auto writer, head.begin_segment(bytes.size()));
        CHECK_OK(writer->append(bytes));
        return writer->commit(name);
    });
}

Result<> GroupHead::store(const SegmentId& name, std::span<const SegmentId> slots, ByteView bytes) {
    MemberMask failed = 0;
    Verdict verdict;
    while (const auto at = reserve(name, slots, failed)) {
        auto done = store_on(*at, name, bytes);
        if (done) return done;
        forget_place(name);
        if (is_final(done.error().code())) return done;
        verdict.add(std::move(done).error().with(m_members[*at].name));
        failed |= mask_of(*at);
    }
    if (failed == 0) return fail(Errc::unavailable, m_uri + " has no member that can be used");
    return verdict.error();
}

} // namespace torgo::place
